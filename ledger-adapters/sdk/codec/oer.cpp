#include "sdk/codec/oer.h"

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

template <class T>
void put_big_endian(Bytes& to, T value) {
    for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
        to.push_back(static_cast<std::uint8_t>(value >> shift));
}

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

void put_length(Bytes& to, std::size_t length) {
    if (length < 128) {
        to.push_back(static_cast<std::uint8_t>(length));
        return;
    }
    const std::size_t count = octets_needed(length);
    to.push_back(static_cast<std::uint8_t>(0x80 | count));
    for (std::size_t i = count; i-- > 0;)
        to.push_back(static_cast<std::uint8_t>(length >> 8 * i));
}

}  // namespace

OerWriter& OerWriter::u8(std::uint8_t value) {
    bytes_.push_back(value);
    return *this;
}
OerWriter& OerWriter::u16(std::uint16_t value) {
    put_big_endian(bytes_, value);
    return *this;
}
OerWriter& OerWriter::u32(std::uint32_t value) {
    put_big_endian(bytes_, value);
    return *this;
}
OerWriter& OerWriter::u64(std::uint64_t value) {
    put_big_endian(bytes_, value);
    return *this;
}
OerWriter& OerWriter::boolean(bool value) {
    return u8(value ? 255 : 0);
}
OerWriter& OerWriter::octets(ByteView value) {
    put_length(bytes_, value.size());
    return raw(value);
}
OerWriter& OerWriter::text(std::string_view value) {
    return octets(as_bytes(value));
}
OerWriter& OerWriter::raw(ByteView value) {
    append(bytes_, value);
    return *this;
}
OerWriter& OerWriter::quantity(std::uint64_t value) {
    const std::size_t count = octets_needed(value);
    put_length(bytes_, count);
    for (std::size_t i = count; i-- > 0;)
        bytes_.push_back(static_cast<std::uint8_t>(value >> 8 * i));
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

ByteView OerReader::raw(std::size_t size) {
    if (failed_ || rest_.size() < size) {
        fail(Reason::malformed);
        return {};
    }
    const ByteView bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
}

std::uint8_t OerReader::u8() {
    return static_cast<std::uint8_t>(big_endian(raw(1)));
}
std::uint16_t OerReader::u16() {
    return static_cast<std::uint16_t>(big_endian(raw(2)));
}
std::uint32_t OerReader::u32() {
    return static_cast<std::uint32_t>(big_endian(raw(4)));
}
std::uint64_t OerReader::u64() {
    return big_endian(raw(8));
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
    const auto value = Address::parse(text(max_address));
    if (!value) fail(Reason::malformed);
    return value ? *value : Address{};
}
Address OerReader::address_or_empty() {
    const std::string_view value = text(max_address);
    if (value.empty()) return {};
    const auto parsed = Address::parse(value);
    if (!parsed) fail(Reason::malformed);
    return parsed ? *parsed : Address{};
}
AssetId OerReader::asset() {
    const std::string_view code = text(max_asset_code);
    const std::uint8_t scale = u8();
    const auto value = AssetId::make(code, scale);
    if (!value) fail(Reason::malformed);
    return value ? *value : AssetId{};
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
