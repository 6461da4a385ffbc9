// Writing of HTTP/1.1 heads (RFC 9112), and the characters that may stand in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sdk/net/http.h"

namespace lockstep::net {

bool is_token(std::string_view text);
// Anything but controls, so that a value cannot begin a field of its own.
bool is_field_value(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
// True when a comma-separated field value holds the token, in any case.
bool has_list_token(std::string_view value, std::string_view token);

void append_field(std::string& head, std::string_view name, std::string_view value);

// How the connection goes on after an answer.
enum class Persistence : std::uint8_t { close, keep, keep_and_say_so /* to an HTTP/1.0 caller */ };

// A field with a forbidden character is left out.
std::string response_head(const HttpResponse& response, Persistence persistence);
// nullopt when the method, the target or a field has a forbidden character. Host and Content-Length
// are its own; fields that would contradict the framing are left out.
std::optional<std::string> request_head(const HttpRequest& request, std::string_view authority);

// A status whose answers have no body, whatever the fields say (RFC 9110 section 6.4.1).
bool is_bodiless(int status);

}  // namespace lockstep::net
