#include "sdk/net/basic_login.h"

#include <fstream>

#include "sdk/net/structured_fields.h"

namespace lockstep::net {
namespace {

std::string header_of(std::string_view user_and_password) {
    return "Basic " + base64_encode(as_bytes(user_and_password));
}

std::string first_line(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    while (!line.empty() && line.back() == '\r')
        line.pop_back();
    return line;
}

}  // namespace

std::string basic_authorization(std::string_view user, std::string_view password) {
    return header_of(std::string(user) + ":" + std::string(password));
}

Authorization login_by_cookie(std::filesystem::path file) {
    return [file = std::move(file)] {
        const std::string line = first_line(file);
        return line.find(':') == std::string::npos ? std::string() : header_of(line);
    };
}

Result<std::string, Failure> read_password_file(const std::filesystem::path& file) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::perms mode = fs::status(file, error).permissions();
    if (error) return fail("io", "cannot read " + file.string() + ": " + error.message());
    if ((mode & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none)
        return fail("password_file_mode", file.string() +
                                              " can be used by others than its owner; say chmod "
                                              "600 " +
                                              file.string());
    std::string password = first_line(file);
    if (password.empty())
        return fail("password_file_malformed",
                    file.string() + " has no password in its first line");
    return password;
}

Authorization login_by_password(std::string user, std::filesystem::path password_file) {
    return [user = std::move(user), file = std::move(password_file)] {
        const auto password = read_password_file(file);
        return password ? basic_authorization(user, *password) : std::string();
    };
}

}  // namespace lockstep::net
