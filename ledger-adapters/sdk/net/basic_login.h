// How a caller says who it is to a server that asks for a name and a password (RFC 7617).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "sdk/base/result.h"

namespace lockstep::net {

// The value of an Authorization field; empty where there is none now.
using Authorization = std::function<std::string()>;

std::string basic_authorization(std::string_view user, std::string_view password);

// A file that the server writes anew at each start, "user:password" in one line: read for each
// request, so that a restart of the server is not noticed.
Authorization login_by_cookie(std::filesystem::path file);
// The first line of a file. Codes: io; password_file_mode where others than its owner can use it;
// password_file_malformed.
Result<std::string, Failure> read_password_file(const std::filesystem::path& file);
// Reads it for each request too, so that a new password takes no restart.
Authorization login_by_password(std::string user, std::filesystem::path password_file);

}  // namespace lockstep::net
