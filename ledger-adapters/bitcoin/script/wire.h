// Bitcoin's serialisation: little-endian integers and compact sizes (Bitcoin Core, serialize.h).
#pragma once

#include <cstdint>

#include "sdk/base/bytes.h"

namespace lockstep::bitcoin {

// No container of a message is larger.
constexpr std::uint64_t max_size = 0x02000000;

class Writer {
public:
    Writer& u8(std::uint8_t value) { return number(value, 1); }
    Writer& u16(std::uint16_t value) { return number(value, 2); }
    Writer& u32(std::uint32_t value) { return number(value, 4); }
    Writer& u64(std::uint64_t value) { return number(value, 8); }
    Writer& i32(std::int32_t value) { return u32(static_cast<std::uint32_t>(value)); }
    Writer& i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value)); }
    // 1, 3, 5 or 9 bytes.
    Writer& compact(std::uint64_t value);
    Writer& raw(ByteView bytes) {
        append(bytes_, bytes);
        return *this;
    }
    // A compact size and that many bytes.
    Writer& string(ByteView bytes) { return compact(bytes.size()).raw(bytes); }

    const Bytes& bytes() const { return bytes_; }
    Bytes take() { return std::move(bytes_); }

private:
    Writer& number(std::uint64_t value, int bytes);
    Bytes bytes_;
};

// The first failure sticks: every later read gives a zero value.
class Reader {
public:
    explicit Reader(ByteView bytes) : rest_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }
    std::int32_t i32() { return static_cast<std::int32_t>(u32()); }
    std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
    // At most max_size; a number that a shorter form could hold is a failure.
    std::uint64_t compact();
    ByteView raw(std::uint64_t bytes);
    ByteView string() { return raw(compact()); }
    // A list of so many things that take at least `least` bytes each, so that memory is not
    // reserved for what cannot be there.
    std::uint64_t count(std::uint64_t least);

    bool ok() const { return ok_; }
    void fail() {
        ok_ = false;
        rest_ = {};
    }
    bool at_end() const { return ok_ && rest_.empty(); }
    std::size_t left() const { return rest_.size(); }

private:
    std::uint64_t number(std::size_t bytes);
    ByteView rest_;
    bool ok_ = true;
};

}  // namespace lockstep::bitcoin
