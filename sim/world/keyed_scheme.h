// Signatures in a simulated world: a keyed hash of Ed25519's sizes. Only the world has the key, so
// nobody in it can sign for another; verifying costs a hash instead of 50 microseconds.
#pragma once

#include <set>

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

// Real signatures. Validators and readers verify the same ones over and over: here each is verified
// once, for what is true of one stays true.
class RememberingScheme final : public SignatureScheme {
public:
    bool verify(const PublicKey& key, ByteView message, const Signature& signature) const override;
    std::unique_ptr<Signer> signer(const KeySeed& seed) const override;

private:
    Ed25519 real_;
    mutable std::set<Hash> valid_;  // of key, signature and message
};

}  // namespace lockstep::sim
