#include "sdk/crypto/signature.h"

#include <sodium.h>

#include <atomic>

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

static_assert(PublicKey::size == crypto_sign_PUBLICKEYBYTES);
static_assert(Signature::size == crypto_sign_BYTES);
static_assert(KeySeed::size == crypto_sign_SEEDBYTES);

std::atomic<std::uint64_t> verification_count{0};

void start_sodium() {
    static const bool started = sodium_init() >= 0;
    ASSERT(started);
}

class Ed25519Signer final : public Signer {
public:
    explicit Ed25519Signer(const KeySeed& seed) {
        std::array<std::uint8_t, PublicKey::size> key;
        ASSERT(crypto_sign_seed_keypair(key.data(), secret_.data(), seed.view().data()) == 0);
        public_key_ = PublicKey{key};
    }
    ~Ed25519Signer() override { sodium_memzero(secret_.data(), secret_.size()); }
    Ed25519Signer(const Ed25519Signer&) = delete;
    Ed25519Signer& operator=(const Ed25519Signer&) = delete;

    const PublicKey& public_key() const override { return public_key_; }
    Signature sign(ByteView message) const override {
        std::array<std::uint8_t, Signature::size> signature;
        ASSERT(crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                                    secret_.data()) == 0);
        return Signature{signature};
    }

private:
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret_{};
    PublicKey public_key_;
};

}  // namespace

KeySeed::~KeySeed() {
    sodium_memzero(bytes_.data(), bytes_.size());
}
KeySeed::KeySeed(KeySeed&& other) noexcept : bytes_(other.bytes_) {
    sodium_memzero(other.bytes_.data(), other.bytes_.size());
}
KeySeed& KeySeed::operator=(KeySeed&& other) noexcept {
    if (this != &other) {
        bytes_ = other.bytes_;
        sodium_memzero(other.bytes_.data(), other.bytes_.size());
    }
    return *this;
}

Ed25519::Ed25519() {
    start_sodium();
}

bool Ed25519::verify(const PublicKey& key, ByteView message, const Signature& signature) const {
    verification_count.fetch_add(1, std::memory_order_relaxed);
    return crypto_sign_verify_detached(signature.view().data(), message.data(), message.size(),
                                       key.view().data()) == 0;
}

std::unique_ptr<Signer> Ed25519::signer(const KeySeed& seed) const {
    return std::make_unique<Ed25519Signer>(seed);
}

std::uint64_t Ed25519::verifications() {
    return verification_count.load(std::memory_order_relaxed);
}

void fill_random(std::span<std::uint8_t> bytes) {
    start_sodium();
    randombytes_buf(bytes.data(), bytes.size());
}

}  // namespace lockstep
