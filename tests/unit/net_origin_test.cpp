#include <doctest/doctest.h>

#include <algorithm>

#include "sdk/net/connection_origin.h"

using namespace lockstep::net;

namespace {

using Six = std::array<std::uint8_t, 16>;

constexpr std::array<std::uint8_t, 4> four{192, 0, 2, 7};

Six with_four(Six prefix) {
    std::copy(four.begin(), four.end(), prefix.begin() + 12);
    return prefix;
}

}  // namespace

TEST_CASE("who comes from an address of IPv4 is the same by any way") {
    const std::string origin = origin_of_v4(four);
    CHECK(origin_of_v6(with_four({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) == origin);
    CHECK(origin_of_v6(with_four({0x00, 0x64, 0xff, 0x9b})) == origin);
    CHECK(origin_of_v4({192, 0, 2, 8}) != origin);
    // 64:ff9b:1::/48 is translated by rules of its own (RFC 8215).
    CHECK(origin_of_v6(with_four({0x00, 0x64, 0xff, 0x9b, 0x00, 0x01})) != origin);
}

TEST_CASE("of IPv6 a /64 is one origin, except on a link") {
    const Six one{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 1};
    const Six beside{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 2};
    const Six other{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 2, 1};
    CHECK(origin_of_v6(one) == origin_of_v6(beside));
    CHECK(origin_of_v6(one) != origin_of_v6(other));
    const Six here{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 1};
    const Six there{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2};
    CHECK(origin_of_v6(here) != origin_of_v6(there));
    CHECK(origin_of_v6(here) == origin_of_v6(here));
}
