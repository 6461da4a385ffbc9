// Signatures in a simulated world: a keyed hash of Ed25519's sizes. Only the world has the key, so
// nobody in it can sign for another; verifying costs a hash instead of 50 microseconds.
#pragma once

#include "sdk/crypto/signature.h"

namespace lockstep::sim {

class KeyedScheme final : public SignatureScheme {
public:
    explicit KeyedScheme(const Hash& secret) : secret_(secret) {}
    bool verify(const PublicKey& key, ByteView message, const Signature& signature) const override;
    std::unique_ptr<Signer> signer(const KeySeed& seed) const override;

private:
    Hash secret_;
};

}  // namespace lockstep::sim
