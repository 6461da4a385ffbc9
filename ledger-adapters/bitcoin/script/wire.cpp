#include "bitcoin/script/wire.h"

namespace lockstep::bitcoin {

Writer& Writer::number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
        bytes_.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    return *this;
}

Writer& Writer::compact(std::uint64_t value) {
    if (value < 0xfd) return u8(static_cast<std::uint8_t>(value));
    if (value <= 0xffff) return u8(0xfd).u16(static_cast<std::uint16_t>(value));
    if (value <= 0xffffffff) return u8(0xfe).u32(static_cast<std::uint32_t>(value));
    return u8(0xff).u64(value);
}

ByteView Reader::raw(std::uint64_t bytes) {
    if (bytes > rest_.size()) {
        fail();
        return {};
    }
    const ByteView taken = rest_.first(static_cast<std::size_t>(bytes));
    rest_ = rest_.subspan(taken.size());
    return taken;
}

std::uint64_t Reader::number(std::size_t bytes) {
    const ByteView taken = raw(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < taken.size(); ++i)
        value |= std::uint64_t{taken[i]} << 8 * i;
    return value;
}

std::uint64_t Reader::compact() {
    const std::uint8_t first = u8();
    std::uint64_t value = first;
    std::uint64_t least = 0;
    if (first == 0xfd) {
        value = u16();
        least = 0xfd;
    } else if (first == 0xfe) {
        value = u32();
        least = 0x10000;
    } else if (first == 0xff) {
        value = u64();
        least = 0x100000000;
    }
    if (value < least || value > max_size) fail();
    return ok_ ? value : 0;
}

std::uint64_t Reader::count(std::uint64_t least) {
    const std::uint64_t number = compact();
    if (number > rest_.size() / least) fail();
    return ok_ ? number : 0;
}

}  // namespace lockstep::bitcoin
