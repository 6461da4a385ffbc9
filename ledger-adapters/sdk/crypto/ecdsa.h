// ECDSA over secp256k1, as Bitcoin uses it. The only place that knows libsecp256k1.
#pragma once

#include <optional>

#include "sdk/base/bytes.h"
#include "sdk/base/ids.h"
#include "sdk/crypto/secret.h"

namespace lockstep::ecdsa {

// 64 bytes: r and s, big endian. What a DER signature says, however it was written.
using Compact = std::array<std::uint8_t, 64>;
// A point of the curve: 2 or 3 by the parity of y, and x.
using CompressedKey = FixedBytes<33, struct CompressedKeyTag>;

// 32 bytes, not zero and below the order of the curve.
bool is_secret_key(ByteView key);
// The key of 33 (compressed) or 65 bytes is a point of the curve. Of 65 bytes those are taken that
// begin with 4, and as OpenSSL once did with 6 or 7 (hybrid).
bool is_public_key(ByteView key);
// The point plus the generator times a number of 32 bytes: the public key of SecretKey::plus.
// nullopt for a key that is none, a tweak that is not below the order, and a sum without a point:
// of 2^127 tweaks about one.
std::optional<CompressedKey> plus(const CompressedKey& key, ByteView tweak);
// False for a key that is none, and for r or s that are zero or not below the order. A high s is
// taken: whether it may stand in a transaction is a rule of its own (BIP 146).
bool verify(ByteView key, const Compact& signature, const Hash& message);
// s is at most half of the order (BIP 62); true where r or s is not below the order at all, which
// no key has signed.
bool has_low_s(const Compact& signature);
// The strict form (BIP 66) without a byte of hash type: 8 to 72 bytes, at most 70 where r and s
// are low. r and s are below the order.
Bytes to_der(const Compact& signature);

// A secret key; wiped when it goes. One that was moved from is no key any more and is not used.
class SecretKey {
public:
    static constexpr std::size_t size = 32;
    // nullopt unless is_secret_key.
    static std::optional<SecretKey> from(ByteView bytes);

    // An explicit copy.
    SecretKey clone() const;
    ByteView view() const { return bytes_.view(); }
    CompressedKey public_key() const;
    // The sum with a number of 32 bytes, modulo the order, as BIP 32 derives children. nullopt
    // where the tweak is not below the order or the sum is zero: of 2^127 tweaks about one.
    std::optional<SecretKey> plus(ByteView tweak) const;
    // Deterministic (RFC 6979) with a low s and a low r: where the first r is high, a counter goes
    // into the nonce until it is not, as Bitcoin Core does, so that the DER form with its byte of
    // hash type takes at most 71 bytes. The same key and message give the same signature.
    Compact sign(const Hash& message) const;

private:
    SecretKey() = default;
    Secret<size> bytes_;
};

}  // namespace lockstep::ecdsa
