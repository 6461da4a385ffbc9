#include "sdk/net/wire.h"

#include <algorithm>
#include <cstdint>
#include <ctime>

#include "sdk/base/utf8.h"

namespace lockstep::net {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// IMF-fixdate (RFC 9110 section 5.6.7), made once a second on each thread.
const std::string& date() {
    static thread_local std::time_t made_at = 0;
    static thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != made_at || text.empty()) {
        std::tm parts{};
        gmtime_r(&now, &parts);
        static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        char buffer[32];
        const auto size =
            std::strftime(buffer, sizeof buffer, "xxx, %d xxx %Y %H:%M:%S GMT", &parts);
        text.assign(buffer, size);
        text.replace(0, 3, days[parts.tm_wday]);
        text.replace(8, 3, months[parts.tm_mon]);
        made_at = now;
    }
    return text;
}

bool is_framing(std::string_view name) {
    for (const std::string_view own : {"host", "content-length", "transfer-encoding", "connection"})
        if (equal_ignoring_case(name, own)) return true;
    return false;
}

}  // namespace

bool is_token(std::string_view text) {
    static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return is_ascii_control(c) && c != '\t'; });
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool has_list_token(std::string_view value, std::string_view token) {
    while (!value.empty()) {
        const auto comma = value.find(',');
        std::string_view item = value.substr(0, comma);
        value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
        while (!item.empty() && (item.front() == ' ' || item.front() == '\t'))
            item.remove_prefix(1);
        while (!item.empty() && (item.back() == ' ' || item.back() == '\t'))
            item.remove_suffix(1);
        if (equal_ignoring_case(item, token)) return true;
    }
    return false;
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
}

bool is_bodiless(int status) {
    return status < 200 || status == 204 || status == 304;
}

std::string response_head(const HttpResponse& response, Persistence persistence) {
    std::string head;
    head.reserve(192);
    head += "HTTP/1.1 ";
    head += std::to_string(response.status);
    head += ' ';
    head += status_phrase(response.status);
    head += "\r\n";
    append_field(head, "Date", date());
    if (!response.content_type.empty() && is_field_value(response.content_type))
        append_field(head, "Content-Type", response.content_type);
    for (const auto& [name, value] : response.headers)
        if (is_token(name) && is_field_value(value) && !is_framing(name))
            append_field(head, name, value);
    if (!is_bodiless(response.status))
        append_field(head, "Content-Length", std::to_string(response.body.size()));
    if (persistence == Persistence::close) append_field(head, "Connection", "close");
    if (persistence == Persistence::keep_and_say_so) append_field(head, "Connection", "keep-alive");
    head += "\r\n";
    return head;
}

std::optional<std::string> request_head(const HttpRequest& request, std::string_view authority) {
    if (!is_token(request.method) || !request.target.starts_with('/')) return std::nullopt;
    for (const char c : request.target)
        if (c <= ' ' || c >= '\x7f') return std::nullopt;
    std::string head;
    head.reserve(512);
    head += request.method;
    head += ' ';
    head += request.target;
    head += " HTTP/1.1\r\n";
    append_field(head, "Host", authority);
    for (const auto& [name, value] : request.headers) {
        if (!is_token(name) || !is_field_value(value)) return std::nullopt;
        if (!is_framing(name)) append_field(head, name, value);
    }
    if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
        append_field(head, "Content-Length", std::to_string(request.body.size()));
    head += "\r\n";
    return head;
}

}  // namespace lockstep::net
