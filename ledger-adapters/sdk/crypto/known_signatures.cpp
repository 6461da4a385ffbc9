#include "sdk/crypto/known_signatures.h"

#include "sdk/crypto/hash.h"

namespace lockstep {

namespace {

Hash id_of(const PublicKey& key, ByteView message, const Signature& signature) {
    thread_local Sha256 hasher;
    return hasher.add(key.view()).add(signature.view()).add(message).finish();
}

}  // namespace

bool KnownSignatures::verify(const PublicKey& key, ByteView message,
                             const Signature& signature) const {
    const Hash id = id_of(key, message, signature);
    {
        const std::lock_guard lock(mutex_);
        if (young_.count(id) != 0 || old_.count(id) != 0) return true;
    }
    if (!scheme_->verify(key, message, signature)) return false;
    insert(id);
    return true;
}

void KnownSignatures::remember(const PublicKey& key, ByteView message,
                               const Signature& signature) const {
    insert(id_of(key, message, signature));
}

void KnownSignatures::insert(const Hash& id) const {
    const std::lock_guard lock(mutex_);
    if (young_.size() >= generation) {
        old_ = std::move(young_);
        young_ = Set{};
    }
    young_.insert(id);
}

}  // namespace lockstep
