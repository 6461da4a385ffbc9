// ECDSA over secp256k1, as Bitcoin uses it. The only place that knows libsecp256k1.
#pragma once

#include <optional>

#include "sdk/base/bytes.h"
#include "sdk/base/ids.h"

namespace lockstep::ecdsa {

// 64 bytes: r and s, big endian. What a DER signature says, however it was written.
using Compact = std::array<std::uint8_t, 64>;

// 32 bytes, not zero and below the order of the curve.
bool is_secret_key(ByteView key);
// The key of 33 (compressed) or 65 bytes is a point of the curve. Of 65 bytes those are taken that
// begin with 4, and as OpenSSL once did with 6 or 7 (hybrid).
bool is_public_key(ByteView key);
// False for a key that is none, and for r or s that are zero or not below the order. A high s is
// taken: whether it may stand in a transaction is a rule of its own (BIP 146).
bool verify(ByteView key, const Compact& signature, const Hash& message);
// s is at most half of the order (BIP 62); true where r or s is not below the order at all, which
// no key has signed.
bool has_low_s(const Compact& signature);

}  // namespace lockstep::ecdsa
