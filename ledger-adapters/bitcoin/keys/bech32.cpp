#include "bitcoin/keys/bech32.h"

#include <algorithm>
#include <array>

namespace lockstep::bitcoin {
namespace {

constexpr std::string_view digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t checksum_size = 6;
constexpr std::size_t longest = 90;
constexpr std::uint32_t bech32_constant = 1;
constexpr std::uint32_t bech32m_constant = 0x2bc830a3;

std::uint32_t constant_of(int version) {
    return version == 0 ? bech32_constant : bech32m_constant;
}

// The generator of the checksum's code (BIP 173).
std::uint32_t checksum_of(const Bytes& values) {
    constexpr std::array<std::uint32_t, 5> generator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                     0x2a1462b3};
    std::uint32_t sum = 1;
    for (const std::uint8_t value : values) {
        const std::uint32_t top = sum >> 25;
        sum = (sum & 0x1ffffff) << 5 ^ value;
        for (std::size_t i = 0; i < generator.size(); ++i)
            if ((top >> i & 1) != 0) sum ^= generator[i];
    }
    return sum;
}

// The prefix as the checksum covers it.
Bytes expand(std::string_view prefix) {
    Bytes values;
    for (const char c : prefix)
        values.push_back(static_cast<std::uint8_t>(c) >> 5);
    values.push_back(0);
    for (const char c : prefix)
        values.push_back(static_cast<std::uint8_t>(c) & 31);
    return values;
}

// Groups of `from` bits as groups of `to`. What is left over is padded where `pads`, and otherwise
// must be less than a group of zeros.
std::optional<Bytes> regroup(ByteView values, unsigned from, unsigned to, bool pads) {
    Bytes result;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const std::uint8_t value : values) {
        held = (held << from | value) & 0xffff;
        bits += from;
        while (bits >= to) {
            bits -= to;
            result.push_back(static_cast<std::uint8_t>(held >> bits & ((1U << to) - 1)));
        }
    }
    const auto rest = static_cast<std::uint8_t>(held << (to - bits) & ((1U << to) - 1));
    if (pads) {
        if (bits > 0) result.push_back(rest);
    } else if (bits >= from || rest != 0) {
        return std::nullopt;
    }
    return result;
}

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool has_valid_size(int version, std::size_t size) {
    return version == 0 ? size == 20 || size == 32 : size >= 2 && size <= 40;
}

}  // namespace

std::string encode_segwit(const SegwitAddress& address) {
    Bytes values = expand(address.prefix);
    const std::size_t begin = values.size();
    values.push_back(static_cast<std::uint8_t>(address.version));
    append(values, *regroup(address.program, 8, 5, true));
    const std::size_t end = values.size();
    values.resize(end + checksum_size);
    const std::uint32_t sum = checksum_of(values) ^ constant_of(address.version);
    for (std::size_t i = 0; i < checksum_size; ++i)
        values[end + i] = static_cast<std::uint8_t>(sum >> 5 * (checksum_size - 1 - i) & 31);
    std::string text = address.prefix + "1";
    for (std::size_t i = begin; i < values.size(); ++i)
        text += digits[values[i]];
    return text;
}

std::optional<SegwitAddress> decode_segwit(std::string_view text) {
    if (text.size() > longest) return std::nullopt;
    const bool upper = std::any_of(text.begin(), text.end(), is_upper);
    if (upper && std::any_of(text.begin(), text.end(), is_lower)) return std::nullopt;
    std::string lower(text);
    for (char& c : lower)
        if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    const std::size_t separator = lower.rfind('1');
    if (separator == std::string::npos || separator == 0 ||
        lower.size() - separator - 1 < checksum_size + 1)
        return std::nullopt;
    SegwitAddress address;
    address.prefix = lower.substr(0, separator);
    Bytes values = expand(address.prefix);
    const std::size_t begin = values.size();
    for (const char c : lower.substr(separator + 1)) {
        const std::size_t digit = digits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        values.push_back(static_cast<std::uint8_t>(digit));
    }
    address.version = values[begin];
    if (address.version > 16) return std::nullopt;
    if (checksum_of(values) != constant_of(address.version)) return std::nullopt;
    const ByteView data = ByteView(values).subspan(begin + 1);
    auto program = regroup(data.first(data.size() - checksum_size), 5, 8, false);
    if (!program || !has_valid_size(address.version, program->size())) return std::nullopt;
    address.program = std::move(*program);
    return address;
}

}  // namespace lockstep::bitcoin
