// Numbers on a script's stack: little endian, the highest bit of the last byte is the sign.
#pragma once

#include <optional>

#include "sdk/base/bytes.h"

namespace lockstep::bitcoin {

// What arithmetic takes; OP_CHECKLOCKTIMEVERIFY and OP_CHECKSEQUENCEVERIFY take one byte more.
constexpr std::size_t number_size = 4;
constexpr std::size_t locktime_size = 5;

Bytes encode_number(std::int64_t value);
// nullopt for one that is longer than `most`, or, where it must be minimal, could be shorter.
std::optional<std::int64_t> decode_number(ByteView bytes, bool minimal, std::size_t most);

}  // namespace lockstep::bitcoin
