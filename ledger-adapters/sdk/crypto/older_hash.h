// SHA-1 and RIPEMD-160, which Bitcoin's scripts know. For nothing that is new.
#pragma once

#include <array>

#include "sdk/base/bytes.h"

namespace lockstep {

using Digest160 = std::array<std::uint8_t, 20>;

Digest160 sha1(ByteView bytes);
Digest160 ripemd160(ByteView bytes);
// RIPEMD-160 of SHA-256: how Bitcoin names keys and scripts.
Digest160 hash160(ByteView bytes);

}  // namespace lockstep
