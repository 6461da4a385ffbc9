// To whom a connection is counted, where each gets a share of the places.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace lockstep::net {

std::string origin_of_v4(const std::array<std::uint8_t, 4>& address);
// That of the address of IPv4 which is mapped (::ffff:0:0/96, RFC 4291) or translated
// (64:ff9b::/96, RFC 6052) in it; else its /64, since who has one address has the 2^64 beside it;
// on a link (fe80::/10) the whole address, since all that are there share the /64.
std::string origin_of_v6(const std::array<std::uint8_t, 16>& address);

}  // namespace lockstep::net
