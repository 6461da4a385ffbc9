#include "sdk/net/connection_origin.h"

#include <algorithm>

#include "sdk/base/bytes.h"

namespace lockstep::net {
namespace {

using Prefix = std::array<std::uint8_t, 12>;
constexpr Prefix mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr Prefix translated{0x00, 0x64, 0xff, 0x9b};

}  // namespace

std::string origin_of_v4(const std::array<std::uint8_t, 4>& address) {
    return to_hex(address);
}

std::string origin_of_v6(const std::array<std::uint8_t, 16>& address) {
    for (const Prefix& prefix : {mapped, translated}) {
        if (std::equal(prefix.begin(), prefix.end(), address.begin()))
            return origin_of_v4({address[12], address[13], address[14], address[15]});
    }
    const bool is_of_link = address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
    return to_hex(ByteView{address}.first(is_of_link ? 16 : 8));
}

}  // namespace lockstep::net
