#include "bitcoin/script/script_number.h"

namespace lockstep::bitcoin {

Bytes encode_number(std::int64_t value) {
    Bytes bytes;
    if (value == 0) return bytes;
    const bool negative = value < 0;
    std::uint64_t left = static_cast<std::uint64_t>(value);
    if (negative) left = ~left + 1;
    for (; left != 0; left >>= 8)
        bytes.push_back(static_cast<std::uint8_t>(left));
    if ((bytes.back() & 0x80) != 0)
        bytes.push_back(negative ? 0x80 : 0);
    else if (negative)
        bytes.back() |= 0x80;
    return bytes;
}

std::optional<std::int64_t> decode_number(ByteView bytes, bool minimal, std::size_t most) {
    if (bytes.size() > most) return std::nullopt;
    if (bytes.empty()) return 0;
    // The last byte holds no more than a sign, and the one before it has room for that.
    if (minimal && (bytes.back() & 0x7f) == 0 &&
        (bytes.size() == 1 || (bytes[bytes.size() - 2] & 0x80) == 0))
        return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::uint64_t{bytes[i]} << 8 * i;
    const std::uint64_t sign = std::uint64_t{0x80} << 8 * (bytes.size() - 1);
    if ((value & sign) == 0) return static_cast<std::int64_t>(value);
    return -static_cast<std::int64_t>(value & ~sign);
}

}  // namespace lockstep::bitcoin
