#include "bitcoin/service/rpc_auth.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "sdk/base/bytes.h"
#include "sdk/crypto/hash.h"
#include "sdk/crypto/secret.h"
#include "sdk/net/structured_fields.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::string_view cookie_user = "__cookie__";
constexpr std::size_t cookie_bytes = 32;
constexpr std::size_t salt_bytes = 16;

std::string random_hex(std::size_t size) {
    Bytes bytes(size);
    fill_with_random(bytes);
    return to_hex(bytes);
}

std::string hash_of(std::string_view salt, std::string_view password) {
    return to_hex(hmac_sha256(as_bytes(salt), as_bytes(password)));
}

bool is_equal(std::string_view a, std::string_view b) {
    return is_same_secret(as_bytes(a), as_bytes(b));
}

bool write_file(const std::string& path, std::string_view text) {
    const int file =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    return ::close(file) == 0 && written;
}

}  // namespace

Result<void, Failure> RpcAuth::make_cookie(const std::string& file) {
    const std::string password = random_hex(cookie_bytes);
    const std::string draft = file + ".tmp";
    ::unlink(draft.c_str());  // what a crash left may have another mode
    if (!write_file(draft, std::string(cookie_user) + ":" + password) ||
        ::rename(draft.c_str(), file.c_str()) != 0)
        return fail("io", "cannot write the cookie " + file + ": " + std::strerror(errno));
    cookie_file_ = file;
    add_password(cookie_user, password);
    return {};
}

void RpcAuth::remove_cookie() {
    if (!cookie_file_.empty()) ::unlink(cookie_file_.c_str());
    cookie_file_.clear();
}

void RpcAuth::add_password(std::string_view user, std::string_view password) {
    const std::string salt = random_hex(salt_bytes);
    users_.push_back({std::string(user), salt, hash_of(salt, password)});
}

bool RpcAuth::add_hashed(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const auto dollar = text.find('$', colon);
    if (dollar == std::string_view::npos) return false;
    const std::string_view hash = text.substr(dollar + 1);
    const auto octets = from_hex(hash);
    if (!octets || octets->size() != Hash::size) return false;
    users_.push_back({std::string(text.substr(0, colon)),
                      std::string(text.substr(colon + 1, dollar - colon - 1)), to_hex(*octets)});
    return true;
}

bool RpcAuth::allows(std::string_view header) const {
    constexpr std::string_view scheme = "Basic ";
    if (!header.starts_with(scheme)) return false;
    const auto octets = net::base64_decode(header.substr(scheme.size()));
    if (!octets) return false;
    const std::string_view text(reinterpret_cast<const char*>(octets->data()), octets->size());
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    bool allowed = false;
    for (const User& user : users_)
        if (is_equal(user.name, text.substr(0, colon)) &&
            is_equal(user.hash, hash_of(user.salt, text.substr(colon + 1))))
            allowed = true;
    return allowed;
}

}  // namespace lockstep::bitcoin
