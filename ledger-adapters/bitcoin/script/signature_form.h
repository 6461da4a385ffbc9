// How a signature and a key may be written in a script.
#pragma once

#include <optional>

#include "sdk/crypto/ecdsa.h"

namespace lockstep::bitcoin {

// A signature in a script is DER and one byte of hash type.
// Strictly so (BIP 66).
bool is_strict_der(ByteView signature_and_type);
// Its r and s, as tolerantly as OpenSSL once read them; those that are too large become zero, which
// no signature has. nullopt where it is no sequence of two integers. Without the byte of hash type.
std::optional<ecdsa::Compact> read_lax_der(ByteView signature);
// ALL, NONE or SINGLE, with or without ANYONECANPAY.
bool is_defined_hash_type(ByteView signature_and_type);

bool is_compressed(ByteView key);
bool is_compressed_or_uncompressed(ByteView key);

}  // namespace lockstep::bitcoin
