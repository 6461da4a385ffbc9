// Canonical octet encoding rules (ITU-T X.696), the part that Interledger uses: fixed-size
// integers, octet strings with a length determinant, quantities, choices by a tag of one octet. A
// reader refuses longer forms than needed, so that equal values have equal bytes.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sdk/base/address.h"
#include "sdk/base/amount.h"
#include "sdk/base/bytes.h"
#include "sdk/base/ids.h"
#include "sdk/base/result.h"
#include "sdk/base/time.h"

namespace lockstep {

namespace detail {

// Big endian, as everywhere on our wires.
template <class T>
void put_big_endian(std::uint8_t* to, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        to[i] = static_cast<std::uint8_t>(value >> 8 * (sizeof value - 1 - i));
}
template <class T>
T get_big_endian(const std::uint8_t* from) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
        value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 | from[i]);
    return value;
}

}  // namespace detail

class OerWriter {
public:
    OerWriter() {}  // leaves near_ as it is
    OerWriter(const OerWriter&) = delete;
    OerWriter& operator=(const OerWriter&) = delete;

    OerWriter& u8(std::uint8_t value) { return integer(value); }
    OerWriter& u16(std::uint16_t value) { return integer(value); }
    OerWriter& u32(std::uint32_t value) { return integer(value); }
    OerWriter& u64(std::uint64_t value) { return integer(value); }
    // 0 or 255 (X.696 section 9).
    OerWriter& boolean(bool value) { return u8(value ? 255 : 0); }
    // A length determinant and that many octets.
    OerWriter& octets(ByteView value) {
        put_length(value.size());
        return raw(value);
    }
    OerWriter& text(std::string_view value) { return octets(as_bytes(value)); }
    // Octets without a length, for fields of fixed size.
    OerWriter& raw(ByteView value) {
        if (!value.empty()) std::memcpy(more(value.size()), value.data(), value.size());
        return *this;
    }
    template <std::size_t N, class Tag>
    OerWriter& fixed(const FixedBytes<N, Tag>& value) {
        return raw(value.view());
    }
    // A non-negative count (INTEGER (0..MAX)): length determinant and the fewest octets.
    OerWriter& quantity(std::uint64_t value);

    OerWriter& amount(Amount value) { return u64(value.units()); }
    // Microseconds (since the epoch) as u64. A negative one is a bug: no reader would take it.
    OerWriter& time(Timestamp value) { return duration(Duration{value.us()}); }
    OerWriter& duration(Duration value);
    OerWriter& address(const Address& value) { return text(value.text()); }
    OerWriter& asset(const AssetId& value) { return text(value.code()).u8(value.scale()); }
    OerWriter& reason(Reason value) { return u16(static_cast<std::uint16_t>(value)); }

    // Until the next write.
    ByteView bytes() const { return {data_, size_}; }
    // Leaves it empty.
    Bytes take();

private:
    template <class T>
    OerWriter& integer(T value) {
        detail::put_big_endian(more(sizeof value), value);
        return *this;
    }
    void put_length(std::size_t length) {
        if (length < 128) {
            u8(static_cast<std::uint8_t>(length));
        } else {
            put_long_length(length);
        }
    }
    void put_long_length(std::size_t length);
    // Where so many more octets go.
    std::uint8_t* more(std::size_t octets) {
        if (capacity_ - size_ < octets) make_room(octets);
        std::uint8_t* const end = data_ + size_;
        size_ += octets;
        return end;
    }
    void make_room(std::size_t octets);

    // Most of what is written is short: that takes no memory, or just what take() gives away.
    std::array<std::uint8_t, 256> near_;
    Bytes far_;
    std::uint8_t* data_ = near_.data();
    std::size_t size_ = 0;
    std::size_t capacity_ = near_.size();
};

// Reads what OerWriter wrote. The first failure sticks: every later read gives a zero value, and
// finish() tells. So a decoder reads all fields and checks once.
class OerReader {
public:
    explicit OerReader(ByteView bytes) : rest_(bytes) {}

    std::uint8_t u8() { return integer<std::uint8_t>(); }
    std::uint16_t u16() { return integer<std::uint16_t>(); }
    std::uint32_t u32() { return integer<std::uint32_t>(); }
    std::uint64_t u64() { return integer<std::uint64_t>(); }
    bool boolean();
    // At most `limit` octets; more is too_large.
    ByteView octets(std::size_t limit);
    std::string_view text(std::size_t limit);
    ByteView raw(std::size_t size) {
        if (failed_ || rest_.size() < size) {
            fail(Reason::malformed);
            return {};
        }
        const ByteView bytes = rest_.first(size);
        rest_ = rest_.subspan(size);
        return bytes;
    }
    template <class F>
    F fixed() {
        const auto value = F::from(raw(F::size));
        return value ? *value : F{};
    }
    std::uint64_t quantity();
    // A quantity that must not exceed `limit`; for counts of elements that follow.
    std::size_t count(std::size_t limit);

    Amount amount() { return Amount{u64()}; }
    // Times and durations above 2^63-1 are malformed.
    Timestamp time();
    Duration duration();
    Address address();
    // The empty text is the empty address; used where a field may be absent.
    Address address_or_empty();
    AssetId asset();
    Reason reason();

    bool failed() const { return failed_; }
    void fail(Reason reason);
    std::size_t remaining() const { return rest_.size(); }
    // Success only if nothing failed and nothing is left over (trailing octets are not_canonical).
    Result<void> finish() const;
    // Success if nothing failed so far, trailing octets allowed.
    Result<void> status() const;

private:
    template <class T>
    T integer() {
        const ByteView bytes = raw(sizeof(T));
        return bytes.empty() ? T{0} : detail::get_big_endian<T>(bytes.data());
    }
    std::size_t length();

    ByteView rest_;
    bool failed_ = false;
    Reason reason_ = Reason::malformed;
};

}  // namespace lockstep
