#include "sdk/net/http.h"

#include <algorithm>
#include <cstdint>

#include "sdk/base/assert.h"
#include "sdk/base/utf8.h"

namespace lockstep::net {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

const std::string* find_header(const Headers& headers, std::string_view name) {
    for (const auto& [key, value] : headers)
        if (key == name) return &value;
    return nullptr;
}

std::size_t count_header(const Headers& headers, std::string_view name) {
    return static_cast<std::size_t>(std::count_if(
        headers.begin(), headers.end(), [&](const auto& field) { return field.first == name; }));
}

void set_header(Headers& headers, std::string_view name, std::string value) {
    std::erase_if(headers, [&](const auto& field) { return field.first == name; });
    headers.emplace_back(name, std::move(value));
}

const std::string* HttpRequest::parameter(std::string_view name) const {
    for (const auto& [key, value] : query)
        if (key == name) return &value;
    return nullptr;
}

HttpResponse json_response(int status, std::string_view json) {
    return {status, "application/json", {}, Bytes(json.begin(), json.end())};
}

HttpResponse binary_response(int status, Bytes body) {
    return {status, "application/octet-stream", {}, std::move(body)};
}

// The statuses that say more than the reason's family does.
struct StatusRow {
    Reason reason;
    int status;
};
constexpr StatusRow status_rows[] = {
    {Reason::malformed, 400},
    {Reason::not_canonical, 400},
    {Reason::unknown_version, 400},
    {Reason::unknown_field, 400},
    {Reason::missing_field, 400},
    {Reason::wrong_type, 400},
    {Reason::idempotency_missing, 400},
    {Reason::bad_signature, 401},
    {Reason::unknown_key, 401},
    {Reason::unauthenticated, 401},
    {Reason::replayed, 401},
    {Reason::signature_expired, 401},
    {Reason::not_permitted, 403},
    {Reason::secret_holder_mode, 403},
    {Reason::not_found, 404},
    {Reason::unknown_account, 404},
    {Reason::unknown_escrow, 404},
    {Reason::unknown_quote, 404},
    {Reason::unknown_peer, 404},
    {Reason::method_not_allowed, 405},
    {Reason::id_reused, 409},
    {Reason::account_exists, 409},
    {Reason::duplicate_reference, 409},
    {Reason::already_fulfilled, 409},
    {Reason::already_refunded, 409},
    {Reason::condition_used, 409},
    {Reason::cancelled, 409},
    {Reason::held, 409},
    {Reason::too_large, 413},
    {Reason::too_many_ops, 413},
    {Reason::limit_reached, 429},
    {Reason::peer_limit, 429},
};

int status_of(Reason reason) {
    for (const StatusRow& row : status_rows)
        if (row.reason == reason) return row.status;
    switch (family(reason)) {
        case ReasonFamily::final_:
            return 422;
        case ReasonFamily::retry:
            return 503;
        case ReasonFamily::unknown:
            return 504;
        case ReasonFamily::internal:
            return 500;
    }
    UNREACHABLE();
}

std::string_view status_phrase(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 101:
            return "Switching Protocols";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return "";
    }
}

HttpResponse problem(Reason reason, std::string_view detail, int status) {
    HttpResponse response;
    response.status = status != 0 ? status : status_of(reason);
    response.content_type = "application/problem+json";
    std::string text = R"({"type":"about:blank","title":)";
    text += json_quote(describe(reason));
    text += R"(,"status":)";
    text += std::to_string(response.status);
    text += R"(,"code":)";
    text += json_quote(to_string(reason));
    if (!detail.empty()) {
        text += R"(,"detail":)";
        text += json_quote(detail);
    }
    text += '}';
    response.body.assign(text.begin(), text.end());
    // RFC 9110 section 11.6.1 wants a challenge; "Signature" stands for RFC 9421.
    if (response.status == 401) response.headers.emplace_back("www-authenticate", "Signature");
    return response;
}

std::string json_quote(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string quoted = "\"";
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        const char c = text.front();
        if (length == 0) {
            quoted += "\xef\xbf\xbd";
        } else if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (c == '\n') {
            quoted += "\\n";
        } else if (length == 1 && (c < ' ' || c == '\x7f')) {
            quoted += "\\u00";
            quoted += digits[(c >> 4) & 15];
            quoted += digits[c & 15];
        } else {
            quoted += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    quoted += '"';
    return quoted;
}

std::optional<std::string> unknown_parameter(const HttpRequest& request,
                                             std::span<const std::string_view> known) {
    for (const auto& [name, value] : request.query) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        std::string text = name + ": no such parameter";
        for (std::size_t i = 0; i < known.size(); ++i) {
            text += i == 0 ? "; expected " : i + 1 == known.size() ? " or " : ", ";
            text += known[i];
        }
        return known.empty() ? text + "; none is expected here" : text;
    }
    return std::nullopt;
}

std::string percent_encode(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += digits[byte >> 4];
            encoded += digits[byte & 15];
        }
    }
    return encoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (c == '\0') return std::nullopt;
        decoded += c;
    }
    return decoded;
}

bool split_target(HttpRequest& request) {
    std::string_view target = request.target;
    if (!target.starts_with('/')) return false;
    for (const char c : target)
        if (c <= ' ' || c >= '\x7f' || c == '#') return false;

    const auto mark = target.find('?');
    auto path = percent_decode(target.substr(0, mark));
    if (!path) return false;
    request.path = std::move(*path);
    request.query.clear();
    if (mark == std::string_view::npos) return true;

    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const auto end = rest.find('&');
        const std::string_view pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        if (pair.empty()) continue;
        if (request.query.size() == max_query_parameters) return false;
        const auto equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals));
        auto value = percent_decode(equals == std::string_view::npos ? std::string_view{}
                                                                     : pair.substr(equals + 1));
        if (!name || !value) return false;
        request.query.emplace_back(std::move(*name), std::move(*value));
    }
    return true;
}

}  // namespace lockstep::net
