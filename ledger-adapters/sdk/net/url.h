// The URLs that configuration and callers give: http://host:port/path?query and ws://.
// Source: RFC 3986; strict: no user information, no fragment, no other scheme.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sdk/base/result.h"

namespace lockstep::net {

constexpr std::size_t max_url = 8192;

struct Url {
    std::string scheme;  // http, https, ws or wss
    std::string host;    // lower case; an IPv6 address without its brackets
    std::uint16_t port = 0;
    std::string target = "/";  // path and query, as received

    // As in a Host field: the port only where it is not the scheme's own.
    std::string authority() const;
    // scheme://authority, what a peer is called by.
    std::string origin() const;

    friend bool operator==(const Url&, const Url&) = default;
};

// The failure's detail names the text and what is wrong with it.
Result<Url, Failure> parse_url(std::string_view text);

// Joins a host (IPv6 with or without brackets) and a port to host:port.
std::string host_and_port(std::string_view host, std::uint16_t port);

}  // namespace lockstep::net
