// UTF-8 (RFC 3629): what is well formed.
#pragma once

#include <cstddef>
#include <string_view>

namespace lockstep {

// The length of the character that `text` begins with, 1 to 4; 0 when it begins with none: overlong
// forms, surrogates, values above U+10FFFF, cut sequences, the empty text.
std::size_t utf8_sequence(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace lockstep
