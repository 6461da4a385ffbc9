#include "sdk/crypto/older_hash.h"

#include <openssl/evp.h>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep {
namespace {

Digest160 digest(const EVP_MD* algorithm, ByteView bytes) {
    ASSERT(algorithm != nullptr);
    Digest160 result;
    unsigned size = 0;
    ASSERT(EVP_Digest(bytes.data(), bytes.size(), result.data(), &size, algorithm, nullptr) == 1 &&
           size == result.size());
    return result;
}

}  // namespace

Digest160 sha1(ByteView bytes) {
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    return digest(algorithm, bytes);
}

Digest160 ripemd160(ByteView bytes) {
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "RIPEMD160", nullptr);
    return digest(algorithm, bytes);
}

Digest160 hash160(ByteView bytes) {
    return ripemd160(sha256(bytes).view());
}

}  // namespace lockstep
