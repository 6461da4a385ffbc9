// UTF-8 (RFC 3629): what is well formed, and what of it can be shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lockstep {

// The length of the character that `text` begins with, 1 to 4; 0 when it begins with none: overlong
// forms, surrogates, values above U+10FFFF, cut sequences, the empty text.
std::size_t utf8_sequence(std::string_view text);
bool is_utf8(std::string_view text);

// An octet that no text for people holds: below a space, or DEL.
constexpr bool is_ascii_control(char octet) {
    return static_cast<unsigned char>(octet) < 0x20 || octet == 0x7f;
}

// What others wrote, for a terminal: control characters, which could rewrite the screen, and those
// that turn the direction of what stands beside them are shown by their number (\u{202e}), octets
// that are no UTF-8 too (\x{9b}).
std::string printable(std::string_view text);
// At most `most` octets of it, with a '~' for what was left off; no character is cut.
std::string shortened(std::string text, std::size_t most);

}  // namespace lockstep
