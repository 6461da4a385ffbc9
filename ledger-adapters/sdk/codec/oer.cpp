#include "sdk/codec/oer.h"

#include <algorithm>
#include <utility>

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

std::uint64_t big_endian(ByteView bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes)
        value = value << 8 | byte;
    return value;
}

std::size_t octets_needed(std::uint64_t value) {
    std::size_t count = 1;
    while (value >>= 8)
        ++count;
    return count;
}

// The fewest octets, big endian.
void put_fewest(std::uint8_t* to, std::uint64_t value, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = static_cast<std::uint8_t>(value >> 8 * (count - 1 - i));
}

}  // namespace

void OerWriter::make_room(std::size_t octets) {
    const bool was_near = far_.empty();
    far_.resize(std::max(2 * capacity_, size_ + octets));
    if (was_near) std::memcpy(far_.data(), near_.data(), size_);
    data_ = far_.data();
    capacity_ = far_.size();
}

Bytes OerWriter::take() {
    Bytes taken;
    if (far_.empty()) {
        taken.assign(data_, data_ + size_);
    } else {
        far_.resize(size_);
        taken = std::move(far_);
        far_ = {};
        data_ = near_.data();
        capacity_ = near_.size();
    }
    size_ = 0;
    return taken;
}

void OerWriter::put_long_length(std::size_t length) {
    const std::size_t count = octets_needed(length);
    u8(static_cast<std::uint8_t>(0x80 | count));
    put_fewest(more(count), length, count);
}

OerWriter& OerWriter::quantity(std::uint64_t value) {
    const std::size_t count = octets_needed(value);
    put_length(count);
    put_fewest(more(count), value, count);
    return *this;
}

OerWriter& OerWriter::duration(Duration value) {
    ASSERT(value.us() >= 0);
    return u64(static_cast<std::uint64_t>(value.us()));
}

void OerReader::fail(Reason reason) {
    if (failed_) return;
    failed_ = true;
    reason_ = reason;
    rest_ = {};
}

bool OerReader::boolean() {
    const std::uint8_t value = u8();
    if (value != 0 && value != 255) fail(Reason::not_canonical);
    return value == 255;
}

std::size_t OerReader::length() {
    const std::uint8_t first = u8();
    if (first < 128) return first;
    const std::size_t count = first & 0x7f;
    if (count == 0 || count > 8) {
        fail(Reason::malformed);
        return 0;
    }
    const std::uint64_t value = big_endian(raw(count));
    if (!failed_ && (value < 128 || octets_needed(value) != count)) fail(Reason::not_canonical);
    return failed_ ? 0 : value;
}

ByteView OerReader::octets(std::size_t limit) {
    const std::size_t size = length();
    if (size > limit) {
        fail(Reason::too_large);
        return {};
    }
    return raw(size);
}

std::string_view OerReader::text(std::size_t limit) {
    return as_text(octets(limit));
}

std::uint64_t OerReader::quantity() {
    const std::size_t size = length();
    if (failed_) return 0;
    if (size == 0 || size > 8) {
        fail(Reason::malformed);
        return 0;
    }
    const std::uint64_t value = big_endian(raw(size));
    if (!failed_ && octets_needed(value) != size) fail(Reason::not_canonical);
    return failed_ ? 0 : value;
}

std::size_t OerReader::count(std::size_t limit) {
    const std::uint64_t value = quantity();
    if (value > limit) fail(Reason::too_large);
    return failed_ ? 0 : static_cast<std::size_t>(value);
}

Timestamp OerReader::time() {
    const std::uint64_t value = u64();
    if (value > INT64_MAX) fail(Reason::malformed);
    return failed_ ? Timestamp{} : Timestamp{static_cast<std::int64_t>(value)};
}
Duration OerReader::duration() {
    return Duration{time().us()};
}

Address OerReader::address() {
    auto value = Address::parse(text(max_address));
    if (!value) fail(Reason::malformed);
    return value ? std::move(*value) : Address{};
}
Address OerReader::address_or_empty() {
    const std::string_view value = text(max_address);
    if (value.empty()) return {};
    auto parsed = Address::parse(value);
    if (!parsed) fail(Reason::malformed);
    return parsed ? std::move(*parsed) : Address{};
}
AssetId OerReader::asset() {
    const std::string_view code = text(max_asset_code);
    const std::uint8_t scale = u8();
    auto value = AssetId::make(code, scale);
    if (!value) fail(Reason::malformed);
    return value ? std::move(*value) : AssetId{};
}
Reason OerReader::reason() {
    const auto value = reason_from_number(u16());
    if (!value) fail(Reason::malformed);
    return value ? *value : Reason::malformed;
}

Result<void> OerReader::status() const {
    if (failed_) return refuse(reason_);
    return {};
}
Result<void> OerReader::finish() const {
    if (failed_) return refuse(reason_);
    if (!rest_.empty()) return refuse(Reason::not_canonical);
    return {};
}

}  // namespace lockstep
