#include "sdk/base/utf8.h"

#include <cstdint>

namespace lockstep {

std::size_t utf8_sequence(std::string_view text) {
    if (text.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const std::size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    // Second octets that would make an overlong form, a surrogate or too large a value.
    const std::uint8_t second = byte(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return 0;
    return size;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = utf8_sequence(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

namespace {

std::uint32_t code_point(std::string_view sequence) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(sequence[i]); };
    if (sequence.size() == 1) return byte(0);
    std::uint32_t point = byte(0) & (0xffU >> (sequence.size() + 1));
    for (std::size_t i = 1; i < sequence.size(); ++i)
        point = point << 6 | (byte(i) & 0x3fU);
    return point;
}

bool is_control(std::uint32_t point) {
    const bool c0_or_c1 = point < 0x20 || (point >= 0x7f && point <= 0x9f);
    const bool separator = point == 0x2028 || point == 0x2029;
    const bool turns_direction = point == 0x061c || point == 0x200e || point == 0x200f ||
                                 (point >= 0x202a && point <= 0x202e) ||
                                 (point >= 0x2066 && point <= 0x2069);
    return c0_or_c1 || separator || turns_direction;
}

std::string hexadecimal(std::uint32_t value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    do {
        text.insert(text.begin(), digits[value & 0xf]);
        value >>= 4;
    } while (value != 0);
    return text;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t size = utf8_sequence(text);
        const std::string_view first = text.substr(0, size == 0 ? 1 : size);
        text.remove_prefix(first.size());
        if (size == 0)
            shown += "\\x{" + hexadecimal(static_cast<std::uint8_t>(first.front())) + "}";
        else if (const std::uint32_t point = code_point(first); is_control(point))
            shown += "\\u{" + hexadecimal(point) + "}";
        else
            shown += first;
    }
    return shown;
}

std::string shortened(std::string text, std::size_t most) {
    if (text.size() <= most || most == 0) return text;
    std::size_t end = most - 1;
    while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80)
        --end;
    text.resize(end);
    return text + "~";
}

}  // namespace lockstep
