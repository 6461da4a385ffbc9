#include "sdk/net/url.h"

#include <charconv>

namespace lockstep::net {
namespace {

struct Scheme {
    std::string_view name;
    std::uint16_t port;
};
constexpr Scheme schemes[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}};

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

auto wrong(std::string_view text, std::string_view what) {
    std::string shown{text.substr(0, 200)};
    for (char& c : shown)
        if (c < ' ' || c == '\x7f') c = '?';
    return fail("bad_url", "\"" + shown + "\" is not a URL that is understood here: " +
                               std::string{what} + " (expected http://host:port/path)");
}

}  // namespace

std::string host_and_port(std::string_view host, std::uint16_t port) {
    const bool bare_v6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
    std::string text;
    if (bare_v6) text += '[';
    text += host;
    if (bare_v6) text += ']';
    text += ':';
    text += std::to_string(port);
    return text;
}

std::string Url::authority() const {
    for (const Scheme& known : schemes)
        if (known.name == scheme && known.port == port)
            return host.find(':') == std::string::npos ? host : "[" + host + "]";
    return host_and_port(host, port);
}

std::string Url::origin() const {
    return scheme + "://" + authority();
}

Result<Url, Failure> parse_url(std::string_view text) {
    if (text.size() > max_url) return wrong(text, "it is too long");
    for (const char c : text)
        if (c <= ' ' || c >= '\x7f' || c == '"' || c == '<' || c == '>' || c == '\\')
            return wrong(text, "it holds a character that must be percent-encoded");

    const auto colon = text.find("://");
    if (colon == std::string_view::npos) return wrong(text, "the scheme is missing");
    Url url;
    for (const char c : text.substr(0, colon))
        url.scheme += lower(c);
    for (const Scheme& known : schemes)
        if (known.name == url.scheme) url.port = known.port;
    if (url.port == 0) return wrong(text, "the scheme is not http, https, ws or wss");

    std::string_view rest = text.substr(colon + 3);
    if (rest.find('#') != std::string_view::npos) return wrong(text, "it has a fragment");
    const auto end = rest.find_first_of("/?");
    std::string_view authority = rest.substr(0, end);
    if (end != std::string_view::npos) {
        url.target = std::string{rest.substr(end)};
        if (url.target.front() == '?') url.target.insert(0, "/");
    }
    if (authority.find('@') != std::string_view::npos) return wrong(text, "it names a user");

    std::string_view host = authority;
    std::string_view port;
    bool has_port = false;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return wrong(text, "a ']' is missing");
        host = authority.substr(1, close - 1);
        for (const char c : host)
            if (!is_alphanumeric(c) && c != ':' && c != '.')
                return wrong(text, "the IPv6 address is malformed");
        if (host.find(':') == std::string_view::npos)
            return wrong(text, "the IPv6 address is malformed");
        const std::string_view after = authority.substr(close + 1);
        if (!after.empty()) {
            if (after.front() != ':') return wrong(text, "the port is malformed");
            port = after.substr(1);
            has_port = true;
        }
    } else {
        const auto at = authority.find(':');
        if (at != std::string_view::npos) {
            host = authority.substr(0, at);
            port = authority.substr(at + 1);
            has_port = true;
        }
        for (const char c : host)
            if (!is_alphanumeric(c) && c != '-' && c != '.' && c != '_')
                return wrong(text, "the host is malformed");
    }
    if (host.empty() || host.size() > 255) return wrong(text, "the host is missing or too long");
    for (const char c : host)
        url.host += lower(c);
    if (has_port) {
        unsigned value = 0;
        const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), value);
        if (error != std::errc{} || stop != port.data() + port.size() || port.size() > 5 ||
            value == 0 || value > 65535)
            return wrong(text, "the port is not a number from 1 to 65535");
        url.port = static_cast<std::uint16_t>(value);
    }
    return url;
}

}  // namespace lockstep::net
