// Signatures in a simulated world: a keyed hash of Ed25519's sizes. Only the world has the key, so
// nobody in it can sign for another; verifying costs a hash instead of 50 microseconds.
#pragma once

#include <optional>
#include <vector>

#include "sdk/crypto/signature.h"

namespace lockstep::sim {

class KeyedScheme final : public SignatureScheme {
public:
    explicit KeyedScheme(const Hash& secret) : secret_(secret) {}
    bool verify(const PublicKey& key, ByteView message, const Signature& signature) const override;
    std::unique_ptr<Signer> signer(const KeySeed& seed) const override;

private:
    struct Verified {
        PublicKey key;
        Signature signature;
        Bytes message;
    };

    Hash secret_;
    // Found good of late, each in the place that its signature gives: what validators and readers
    // verify one after the other is computed once. A world is one thread's.
    mutable std::vector<std::optional<Verified>> verified_{256};
};

}  // namespace lockstep::sim
