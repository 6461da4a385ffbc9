// Canonical octet encoding rules (ITU-T X.696), the part that Interledger uses: fixed-size
// integers, octet strings with a length determinant, quantities, choices by a tag of one octet. A
// reader refuses longer forms than needed, so that equal values have equal bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sdk/base/address.h"
#include "sdk/base/amount.h"
#include "sdk/base/bytes.h"
#include "sdk/base/ids.h"
#include "sdk/base/result.h"
#include "sdk/base/time.h"

namespace lockstep {

class OerWriter {
public:
    // Room for what is usually written, so that it is not moved eight times while it grows.
    OerWriter() { bytes_.reserve(192); }

    OerWriter& u8(std::uint8_t value);
    OerWriter& u16(std::uint16_t value);
    OerWriter& u32(std::uint32_t value);
    OerWriter& u64(std::uint64_t value);
    // 0 or 255 (X.696 section 9).
    OerWriter& boolean(bool value);
    // A length determinant and that many octets.
    OerWriter& octets(ByteView value);
    OerWriter& text(std::string_view value);
    // Octets without a length, for fields of fixed size.
    OerWriter& raw(ByteView value);
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

    const Bytes& bytes() const { return bytes_; }
    Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

// Reads what OerWriter wrote. The first failure sticks: every later read gives a zero value, and
// finish() tells. So a decoder reads all fields and checks once.
class OerReader {
public:
    explicit OerReader(ByteView bytes) : rest_(bytes) {}

    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    std::uint64_t u64();
    bool boolean();
    // At most `limit` octets; more is too_large.
    ByteView octets(std::size_t limit);
    std::string_view text(std::size_t limit);
    ByteView raw(std::size_t size);
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
    std::size_t length();

    ByteView rest_;
    bool failed_ = false;
    Reason reason_ = Reason::malformed;
};

}  // namespace lockstep
