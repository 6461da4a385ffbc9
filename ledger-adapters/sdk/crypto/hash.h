// SHA-256, HKDF, HMAC-SHA-512 and the Merkle tree of RFC 6962, on OpenSSL (which uses the
// processor's instructions).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sdk/base/bytes.h"
#include "sdk/base/ids.h"
#include "sdk/crypto/secret.h"

namespace lockstep {

Hash sha256(ByteView bytes);

// SHA-256 over pieces, for data that is not contiguous. finish() leaves it ready for the next.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    Sha256& add(ByteView bytes);
    Hash finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// The condition of a preimage: SHA-256 over its 32 raw bytes.
Condition condition_of(const Preimage& preimage);
// False for a preimage of another size than 32 bytes, whatever it hashes to.
bool fulfils(ByteView preimage, const Condition& condition);

// HKDF-SHA-256 (RFC 5869) with 32 bytes of output.
std::array<std::uint8_t, 32> hkdf_sha256(ByteView key, ByteView salt, ByteView info);

// HMAC-SHA-512 (RFC 2104, 4231), from which BIP 32 derives keys.
std::array<std::uint8_t, 32> hmac_sha256(ByteView key, ByteView message);
Secret<64> hmac_sha512(ByteView key, ByteView message);

// Merkle tree hash of RFC 6962 section 2.1 (leaf prefix 0, node prefix 1); the empty list hashes to
// SHA-256 of nothing.
Hash merkle_root(const std::vector<Hash>& leaf_hashes);
Hash merkle_leaf(ByteView leaf);
Hash merkle_node(const Hash& left, const Hash& right);
// Audit path of RFC 6962 section 2.1.1 for leaf `index`, lowest level first.
std::vector<Hash> merkle_path(const std::vector<Hash>& leaf_hashes, std::size_t index);
// Recomputes the root from a leaf and its path; false if it differs or the path has a wrong length.
bool merkle_verify(const Hash& leaf_hash, std::size_t index, std::size_t size,
                   const std::vector<Hash>& path, const Hash& root);

}  // namespace lockstep
