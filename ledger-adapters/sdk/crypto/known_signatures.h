// A signature scheme that remembers which signatures it found good, so that one which several check
// in a process (validators, readers) is computed once. It changes no verdict: what is remembered is
// a hash over key, signature and message.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_set>

#include "sdk/crypto/signature.h"

namespace lockstep {

class KnownSignatures final : public SignatureScheme {
public:
    // Two generations of this many are kept: some seconds of a busy ledger.
    static constexpr std::size_t generation = 16'384;

    explicit KnownSignatures(std::shared_ptr<const SignatureScheme> scheme)
        : scheme_(std::move(scheme)) {}

    bool verify(const PublicKey& key, ByteView message, const Signature& signature) const override;
    // It was verified elsewhere in this process.
    void remember(const PublicKey& key, ByteView message, const Signature& signature) const;
    std::unique_ptr<Signer> signer(const KeySeed& seed) const override {
        return scheme_->signer(seed);
    }

private:
    using Set = std::unordered_set<Hash, FixedBytesHash>;

    void insert(const Hash& id) const;

    std::shared_ptr<const SignatureScheme> scheme_;
    mutable std::mutex mutex_;
    mutable Set young_;
    mutable Set old_;
};

}  // namespace lockstep
