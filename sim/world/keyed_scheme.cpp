#include "sim/world/keyed_scheme.h"

#include <algorithm>

#include "sdk/crypto/hash.h"

namespace lockstep::sim {
namespace {

Signature tag(const Hash& secret, const PublicKey& key, ByteView message) {
    thread_local Sha256 hasher;
    const Hash hash = hasher.add(secret.view()).add(key.view()).add(message).finish();
    std::array<std::uint8_t, Signature::size> octets{};
    std::copy(hash.array().begin(), hash.array().end(), octets.begin());
    return Signature{octets};
}

class KeyedSigner final : public Signer {
public:
    KeyedSigner(const Hash& secret, const PublicKey& key) : secret_(secret), key_(key) {}
    const PublicKey& public_key() const override { return key_; }
    Signature sign(ByteView message) const override { return tag(secret_, key_, message); }

private:
    Hash secret_;
    PublicKey key_;
};

}  // namespace

bool KeyedScheme::verify(const PublicKey& key, ByteView message, const Signature& signature) const {
    std::optional<Verified>& place = verified_[FixedBytesHash()(signature) % verified_.size()];
    if (place && place->signature == signature && place->key == key &&
        equal(place->message, message))
        return true;
    if (tag(secret_, key, message) != signature) return false;
    if (!place) place.emplace();
    place->key = key;
    place->signature = signature;
    place->message.assign(message.begin(), message.end());
    return true;
}

std::unique_ptr<Signer> KeyedScheme::signer(const KeySeed& seed) const {
    Bytes all{'p', 'k'};
    append(all, seed.view());
    return std::make_unique<KeyedSigner>(secret_, PublicKey{sha256(all).array()});
}

}  // namespace lockstep::sim
