// Key files. A new one is written beside its place and linked there when it is on the disk, so that
// a crash leaves either no key file or a whole one, and an existing key is never overwritten.
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "sdk/crypto/signature.h"

namespace lockstep {
namespace {

constexpr std::size_t file_size = 2 * KeySeed::size + 1;
constexpr const char* missing = "key_file_missing";
constexpr const char* exists = "key_file_exists";

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (open()) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    bool open() const { return descriptor_ >= 0; }
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

// The text of a key file; wiped when it goes.
struct Text {
    std::array<char, file_size + 1> bytes{};  // one more than is right, to notice what is too long
    Text() = default;
    ~Text() { sodium_memzero(bytes.data(), bytes.size()); }
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;
};

tl::unexpected<Failure> io_failure(const std::filesystem::path& path, const char* what) {
    return fail("key_file_io",
                std::string(what) + " " + path.string() + ": " + std::strerror(errno));
}

bool write_all(int descriptor, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t written = ::write(descriptor, data, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        data += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

bool sync_directory(const std::filesystem::path& directory) {
    const File file{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return file.open() && ::fsync(file.descriptor()) == 0;
}

}  // namespace

Result<KeySeed, Failure> read_key_file(const std::filesystem::path& path) {
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!file.open()) {
        if (errno == ENOENT) return fail(missing, "there is no key file " + path.string());
        return io_failure(path, "cannot open the key file");
    }
    struct stat info {};
    if (::fstat(file.descriptor(), &info) != 0) return io_failure(path, "cannot examine");
    if (!S_ISREG(info.st_mode))
        return fail("key_file_malformed", path.string() + " is not a regular file");
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail("key_file_not_private",
                    "others than its owner can use the key file " + path.string() +
                        "; run chmod 600 on it, and replace the key if it was read");
    Text text;
    std::size_t size = 0;
    while (size < text.bytes.size()) {
        const ssize_t got =
            ::read(file.descriptor(), text.bytes.data() + size, text.bytes.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return io_failure(path, "cannot read the key file");
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    std::array<std::uint8_t, KeySeed::size> bytes{};
    std::size_t length = 0;
    const bool whole = size == file_size && text.bytes[file_size - 1] == '\n' &&
                       sodium_hex2bin(bytes.data(), bytes.size(), text.bytes.data(), file_size - 1,
                                      nullptr, &length, nullptr) == 0 &&
                       length == bytes.size();
    KeySeed seed{bytes};
    sodium_memzero(bytes.data(), bytes.size());
    if (!whole)
        return fail("key_file_malformed",
                    "the key file " + path.string() +
                        " does not hold 64 hexadecimal digits and a line feed");
    return seed;
}

Result<KeySeed, Failure> create_key_file(const std::filesystem::path& path) {
    std::array<std::uint8_t, KeySeed::size> bytes{};
    fill_random(bytes);
    KeySeed seed{bytes};
    sodium_memzero(bytes.data(), bytes.size());
    Text text;
    sodium_bin2hex(text.bytes.data(), text.bytes.size(), seed.view().data(), seed.view().size());
    text.bytes[file_size - 1] = '\n';

    // A name of its own, so that two processes do not write the same one.
    std::array<std::uint8_t, 8> suffix{};
    fill_random(suffix);
    std::filesystem::path draft = path;
    draft += "." + to_hex(suffix) + ".new";
    {
        const File file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
        if (!file.open()) return io_failure(path, "cannot create the key file");
        if (!write_all(file.descriptor(), text.bytes.data(), file_size) ||
            ::fsync(file.descriptor()) != 0) {
            auto failure = io_failure(path, "cannot write the key file");
            ::unlink(draft.c_str());
            return failure;
        }
    }
    const int linked = ::link(draft.c_str(), path.c_str()) == 0 ? 0 : errno;
    ::unlink(draft.c_str());
    if (linked == EEXIST)
        return fail(exists, "the key file " + path.string() + " exists and is not overwritten");
    errno = linked;
    if (linked != 0) return io_failure(path, "cannot create the key file");
    const std::filesystem::path directory = path.parent_path();
    if (!sync_directory(directory.empty() ? "." : directory))
        return io_failure(path, "cannot sync the directory of");
    return seed;
}

Result<KeySeed, Failure> read_or_create_key_file(const std::filesystem::path& path) {
    auto seed = read_key_file(path);
    if (seed || seed.error().code != missing) return seed;
    seed = create_key_file(path);
    if (seed || seed.error().code != exists) return seed;
    return read_key_file(path);  // another process created it in between
}

}  // namespace lockstep
