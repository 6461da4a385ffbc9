#include "bitcoin/script/signature_form.h"

#include <algorithm>

#include "bitcoin/script/signature_hash.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint8_t sequence_tag = 0x30;
constexpr std::uint8_t integer_tag = 0x02;

// Takes a strictly encoded integer from the front: positive, not zero bytes long, no zero in front
// that the sign does not need.
bool take_strict_integer(ByteView& rest) {
    if (rest.size() < 2 || rest[0] != integer_tag) return false;
    const std::size_t size = rest[1];
    if (size == 0 || size > rest.size() - 2) return false;
    const ByteView value = rest.subspan(2, size);
    if ((value[0] & 0x80) != 0) return false;
    if (size > 1 && value[0] == 0 && (value[1] & 0x80) == 0) return false;
    rest = rest.subspan(2 + size);
    return true;
}

// A length as BER writes it, and how often it does: with any number of zeros in front.
std::optional<std::size_t> take_lax_length(ByteView& rest) {
    if (rest.empty()) return std::nullopt;
    const std::uint8_t first = rest[0];
    rest = rest.subspan(1);
    if ((first & 0x80) == 0) return first;
    std::size_t bytes = first & 0x7f;
    if (bytes > rest.size()) return std::nullopt;
    ByteView digits = rest.first(bytes);
    rest = rest.subspan(bytes);
    while (!digits.empty() && digits[0] == 0)
        digits = digits.subspan(1);
    if (digits.size() >= sizeof(std::size_t)) return std::nullopt;
    std::size_t length = 0;
    for (const std::uint8_t digit : digits)
        length = length << 8 | digit;
    return length;
}

std::optional<ByteView> take_lax_integer(ByteView& rest) {
    if (rest.empty() || rest[0] != integer_tag) return std::nullopt;
    rest = rest.subspan(1);
    const auto size = take_lax_length(rest);
    if (!size || *size > rest.size()) return std::nullopt;
    ByteView value = rest.first(*size);
    rest = rest.subspan(*size);
    while (!value.empty() && value[0] == 0)
        value = value.subspan(1);
    return value;
}

}  // namespace

bool is_strict_der(ByteView signature_and_type) {
    constexpr std::size_t shortest = 9;
    constexpr std::size_t longest = 73;
    if (signature_and_type.size() < shortest || signature_and_type.size() > longest) return false;
    ByteView rest = signature_and_type.first(signature_and_type.size() - 1);
    if (rest[0] != sequence_tag || rest[1] != rest.size() - 2) return false;
    rest = rest.subspan(2);
    const bool has_r = take_strict_integer(rest);
    const bool has_s = has_r && take_strict_integer(rest);
    return has_s && rest.empty();
}

std::optional<ecdsa::Compact> read_lax_der(ByteView signature) {
    if (signature.empty() || signature[0] != sequence_tag) return std::nullopt;
    ByteView rest = signature.subspan(1);
    // What the sequence says of its own length was never looked at.
    if (rest.empty()) return std::nullopt;
    const std::size_t skipped = (rest[0] & 0x80) == 0 ? 1 : 1 + std::size_t{rest[0]} - 0x80;
    if (skipped > rest.size()) return std::nullopt;
    rest = rest.subspan(skipped);
    const auto r = take_lax_integer(rest);
    if (!r) return std::nullopt;
    const auto s = take_lax_integer(rest);
    if (!s) return std::nullopt;
    ecdsa::Compact compact{};
    if (r->size() > 32 || s->size() > 32) return compact;
    std::copy(r->begin(), r->end(), compact.begin() + static_cast<std::ptrdiff_t>(32 - r->size()));
    std::copy(s->begin(), s->end(), compact.begin() + static_cast<std::ptrdiff_t>(64 - s->size()));
    return compact;
}

bool is_defined_hash_type(ByteView signature_and_type) {
    if (signature_and_type.empty()) return false;
    const std::uint32_t type = signature_and_type.back() & ~sighash_anyone_can_pay;
    return type >= sighash_all && type <= sighash_single;
}

bool is_compressed(ByteView key) {
    return key.size() == 33 && (key[0] == 2 || key[0] == 3);
}

bool is_compressed_or_uncompressed(ByteView key) {
    return is_compressed(key) || (key.size() == 65 && key[0] == 4);
}

}  // namespace lockstep::bitcoin
