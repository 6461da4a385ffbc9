#include "sdk/machine/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

namespace lockstep {
namespace {

auto io_failure(const std::string& path) {
    return fail("io", path + ": " + std::strerror(errno));
}

bool write_and_sync(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(file) == 0;
}

// The text after "key": and blanks; empty when there is no such key.
std::string_view value_of(std::string_view text, std::string_view key) {
    const std::string quoted = "\"" + std::string(key) + "\":";
    const auto begin = text.find(quoted);
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin + quoted.size());
    const auto blanks = text.find_first_not_of(' ');
    return blanks == std::string_view::npos ? std::string_view{} : text.substr(blanks);
}

}  // namespace

std::string to_json(const StateDigest& digest) {
    return "{\"seq\": " + std::to_string(digest.seq) + ", \"digest\": \"" + digest.digest.hex() +
           "\"}\n";
}

Result<void, Failure> write_state_file(const std::string& path, const StateDigest& digest) {
    const std::string fresh = path + ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return io_failure(fresh);
    const bool written = write_and_sync(file, to_json(digest));
    if (::close(file) != 0 || !written) return io_failure(fresh);
    if (std::rename(fresh.c_str(), path.c_str()) != 0) return io_failure(path);
    return {};
}

Result<StateDigest, Failure> read_state_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail("not_found", path + ": cannot be opened");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (file.bad()) return fail("io", path + ": cannot be read");
    const auto malformed = fail("malformed", path + " does not hold a seq and a digest");

    StateDigest digest;
    const std::string_view seq = value_of(text, "seq");
    if (std::from_chars(seq.data(), seq.data() + seq.size(), digest.seq).ec != std::errc{}) {
        return malformed;
    }
    std::string_view hex = value_of(text, "digest");
    if (hex.empty() || hex.front() != '"') return malformed;
    const auto value = Hash::from_hex(hex.substr(1, hex.find('"', 1) - 1));
    if (!value) return malformed;
    digest.digest = *value;
    return digest;
}

}  // namespace lockstep
