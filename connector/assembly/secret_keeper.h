// The secret keeper: the only place that can compute a preimage before its release. Conditions are
// made and preimages derived from a seed that is used for nothing else; nothing is stored beside
// it. The node asks for a preimage only after its decision to release it is durable.
#pragma once

#include "sdk/crypto/signature.h"

namespace lockstep::assembly {

class SecretKeeper {
public:
    virtual ~SecretKeeper() = default;
    // The same context and entropy always give the same pair. The entropy is drawn afresh for each
    // condition and journalled; it is no secret.
    virtual Condition condition(const Hash& context, const Hash& entropy) const = 0;
    virtual Preimage preimage(const Hash& context, const Hash& entropy) const = 0;
};

// preimage = HKDF-SHA-256(seed, salt = entropy, info = "lockstep/secret/v1\0" and the context), RFC
// 5869.
class SeedSecretKeeper final : public SecretKeeper {
public:
    explicit SeedSecretKeeper(KeySeed seed) : seed_(std::move(seed)) {}
    Condition condition(const Hash& context, const Hash& entropy) const override;
    Preimage preimage(const Hash& context, const Hash& entropy) const override;

private:
    KeySeed seed_;
};

}  // namespace lockstep::assembly
