#include "sdk/crypto/hash.h"

// SHA256_Init and its like are deprecated since OpenSSL 3.0 in favour of EVP, which allocates and
// frees with each digest: three times the work for 32 octets.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

// Looking an algorithm up costs more than hashing 32 bytes, so it is done once a process.
const EVP_MD* algorithm() {
    static EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    ASSERT(md != nullptr);
    return md;
}

class Context {
public:
    Context() { ASSERT(SHA256_Init(&context_) == 1); }

    void add(ByteView bytes) { ASSERT(SHA256_Update(&context_, bytes.data(), bytes.size()) == 1); }
    // The last that is asked of it; wipes the octets that it was given.
    Hash finish() {
        std::array<std::uint8_t, Hash::size> digest;
        ASSERT(SHA256_Final(digest.data(), &context_) == 1);
        return Hash{digest};
    }

private:
    SHA256_CTX context_;
};

using Digest = std::array<std::uint8_t, Hash::size>;

void hmac_to(std::span<std::uint8_t> mac, const EVP_MD* hash, ByteView key, ByteView message) {
    // HMAC() takes a null key for "the key of the call before".
    static constexpr std::uint8_t nothing = 0;
    const void* const data = key.empty() ? &nothing : key.data();
    unsigned size = 0;
    ASSERT(HMAC(hash, data, static_cast<int>(key.size()), message.data(), message.size(),
                mac.data(), &size) != nullptr);
    ASSERT(size == mac.size());
}

Digest hmac(ByteView key, ByteView message) {
    Digest mac;
    hmac_to(mac, algorithm(), key, message);
    return mac;
}

}  // namespace

Hash sha256(ByteView bytes) {
    Context context;
    context.add(bytes);
    return context.finish();
}

struct Sha256::State {
    Context context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

Sha256& Sha256::add(ByteView bytes) {
    state_->context.add(bytes);
    return *this;
}

Hash Sha256::finish() {
    const Hash hash = state_->context.finish();
    state_->context = Context();
    return hash;
}

Condition condition_of(const Preimage& preimage) {
    return Condition{sha256(preimage.view()).array()};
}

bool fulfils(ByteView preimage, const Condition& condition) {
    return preimage.size() == preimage_size && sha256(preimage).array() == condition.array();
}

std::array<std::uint8_t, 32> hkdf_sha256(ByteView key, ByteView salt, ByteView info) {
    Digest extracted = hmac(salt, key);
    // One block is all that 32 bytes need: T(1) = HMAC(PRK, info | 0x01).
    Bytes block(info.begin(), info.end());
    block.push_back(1);
    const Digest expanded = hmac(extracted, block);
    OPENSSL_cleanse(extracted.data(), extracted.size());
    return expanded;
}

std::array<std::uint8_t, 32> hmac_sha256(ByteView key, ByteView message) {
    return hmac(key, message);
}

Secret<64> hmac_sha512(ByteView key, ByteView message) {
    static EVP_MD* const sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
    ASSERT(sha512 != nullptr);
    Secret<64> mac;
    hmac_to(mac.bytes(), sha512, key, message);
    return mac;
}

}  // namespace lockstep
