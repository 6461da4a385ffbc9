// Requests and answers as plain values, problem documents, and the small parts of HTTP that callers
// need. No sockets.
// Sources: RFC 9110 (semantics), RFC 9457 (problem details), RFC 3986 (percent-encoding).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sdk/base/bytes.h"
#include "sdk/base/result.h"

namespace lockstep::net {

// In the order received; names in lower case.
using Headers = std::vector<std::pair<std::string, std::string>>;

// The first value of a field, nullptr where there is none. `name` in lower case.
const std::string* find_header(const Headers& headers, std::string_view name);
std::size_t count_header(const Headers& headers, std::string_view name);
void set_header(Headers& headers, std::string_view name, std::string value);

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";  // path and query as on the wire
    std::string path;  // the server fills in path and query; a client gives the target alone
    std::vector<std::pair<std::string, std::string>> query;  // percent-decoded
    Headers headers;
    Bytes body;
    std::string remote;  // host:port of the caller, filled in by the server

    const std::string* header(std::string_view name) const { return find_header(headers, name); }
    // The first value of a query parameter, nullptr where there is none.
    const std::string* parameter(std::string_view name) const;
};

// A sentence about the first query parameter that is none of these; nullopt where all are. A
// parameter that is not understood is refused, as an unknown field of a body is: a misspelt limit
// or filter would be a wrong answer.
std::optional<std::string> unknown_parameter(const HttpRequest& request,
                                             std::span<const std::string_view> known);

struct HttpResponse {
    int status = 200;
    std::string content_type;  // empty where there is no body
    Headers headers;           // besides content-type, content-length, date and connection
    Bytes body;

    const std::string* header(std::string_view name) const { return find_header(headers, name); }
};

HttpResponse json_response(int status, std::string_view json);
HttpResponse binary_response(int status, Bytes body);

// An RFC 9457 problem document: {"type":"about:blank","title":describe(reason),"status":…,
// "code":to_string(reason),"detail":detail}. A 401 also carries WWW-Authenticate.
// A status other than status_of(reason) may be given.
HttpResponse problem(Reason reason, std::string_view detail = {}, int status = 0);
int status_of(Reason reason);
// The standard's phrase, "" for a status that has none here.
std::string_view status_phrase(int status);

// A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

// Percent-encodes all but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);
// nullopt for a '%' without two hexadecimal digits, and for a NUL.
std::optional<std::string> percent_decode(std::string_view text);

// Splits a target into path and query. False when it is not an origin form (RFC 9112 section 3.2.1)
// or wrongly encoded. The path is decoded too; '+' stays '+'.
constexpr std::size_t max_query_parameters = 64;
bool split_target(HttpRequest& request);

}  // namespace lockstep::net
