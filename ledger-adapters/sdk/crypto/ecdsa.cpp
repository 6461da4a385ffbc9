#include "sdk/crypto/ecdsa.h"

#include <secp256k1.h>

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/signature.h"

namespace lockstep::ecdsa {
namespace {

// Without randomness: nothing secret is computed with it.
const secp256k1_context* context() {
    static const secp256k1_context* const made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    ASSERT(made != nullptr);
    return made;
}

// For what is computed with secrets: blinded once a process, which changes no result but what power
// and time tell about them.
const secp256k1_context* secret_context() {
    static const secp256k1_context* const made = [] {
        secp256k1_context* const fresh = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
        ASSERT(fresh != nullptr);
        Secret<32> blinding;
        fill_random(blinding.bytes());
        ASSERT(secp256k1_context_randomize(fresh, blinding.view().data()) == 1);
        return fresh;
    }();
    return made;
}

std::optional<secp256k1_pubkey> parse_key(ByteView key) {
    // The library ends the process where it is given no address.
    if (key.empty()) return std::nullopt;
    secp256k1_pubkey parsed;
    if (secp256k1_ec_pubkey_parse(context(), &parsed, key.data(), key.size()) != 1)
        return std::nullopt;
    return parsed;
}

std::optional<secp256k1_ecdsa_signature> parse_signature(const Compact& signature) {
    secp256k1_ecdsa_signature parsed;
    if (secp256k1_ecdsa_signature_parse_compact(context(), &parsed, signature.data()) != 1)
        return std::nullopt;
    return parsed;
}

CompressedKey compressed(const secp256k1_pubkey& point) {
    std::array<std::uint8_t, CompressedKey::size> bytes;
    std::size_t length = bytes.size();
    ASSERT(secp256k1_ec_pubkey_serialize(context(), bytes.data(), &length, &point,
                                         SECP256K1_EC_COMPRESSED) == 1 &&
           length == bytes.size());
    return CompressedKey{bytes};
}

// Below 2^255: its DER form needs no zero before it.
bool has_low_r(const Compact& signature) {
    return signature[0] < 0x80;
}

}  // namespace

bool is_secret_key(ByteView key) {
    return key.size() == 32 && secp256k1_ec_seckey_verify(context(), key.data()) == 1;
}

bool is_public_key(ByteView key) {
    return parse_key(key).has_value();
}

std::optional<CompressedKey> plus(const CompressedKey& key, ByteView tweak) {
    ASSERT(tweak.size() == SecretKey::size);
    auto point = parse_key(key.view());
    if (!point || secp256k1_ec_pubkey_tweak_add(context(), &*point, tweak.data()) != 1)
        return std::nullopt;
    return compressed(*point);
}

bool verify(ByteView key, const Compact& signature, const Hash& message) {
    const auto parsed_key = parse_key(key);
    auto parsed = parse_signature(signature);
    if (!parsed_key || !parsed) return false;
    // The library takes a low s alone; s and its negative are valid for the same message.
    secp256k1_ecdsa_signature_normalize(context(), &*parsed, &*parsed);
    return secp256k1_ecdsa_verify(context(), &*parsed, message.view().data(), &*parsed_key) == 1;
}

bool has_low_s(const Compact& signature) {
    const auto parsed = parse_signature(signature);
    return !parsed || secp256k1_ecdsa_signature_normalize(context(), nullptr, &*parsed) == 0;
}

Bytes to_der(const Compact& signature) {
    const auto parsed = parse_signature(signature);
    ASSERT(parsed.has_value());
    Bytes der(72);
    std::size_t size = der.size();
    ASSERT(secp256k1_ecdsa_signature_serialize_der(context(), der.data(), &size, &*parsed) == 1);
    der.resize(size);
    return der;
}

std::optional<SecretKey> SecretKey::from(ByteView bytes) {
    if (!is_secret_key(bytes)) return std::nullopt;
    SecretKey key;
    std::copy(bytes.begin(), bytes.end(), key.bytes_.bytes().begin());
    return key;
}

SecretKey SecretKey::clone() const {
    SecretKey copy;
    std::copy(view().begin(), view().end(), copy.bytes_.bytes().begin());
    return copy;
}

CompressedKey SecretKey::public_key() const {
    secp256k1_pubkey point;
    ASSERT(secp256k1_ec_pubkey_create(secret_context(), &point, view().data()) == 1);
    return compressed(point);
}

std::optional<SecretKey> SecretKey::plus(ByteView tweak) const {
    ASSERT(tweak.size() == size);
    SecretKey sum = clone();
    if (secp256k1_ec_seckey_tweak_add(secret_context(), sum.bytes_.bytes().data(), tweak.data()) !=
        1)
        return std::nullopt;
    return sum;
}

Compact SecretKey::sign(const Hash& message) const {
    // The counter, little endian, in the nonce's extra entropy; the first try has none.
    std::array<std::uint8_t, 32> extra{};
    Compact signature;
    for (std::uint32_t tries = 0;; ++tries) {
        for (std::size_t i = 0; i < sizeof tries; ++i)
            extra[i] = static_cast<std::uint8_t>(tries >> 8 * i);
        secp256k1_ecdsa_signature made;
        ASSERT(secp256k1_ecdsa_sign(secret_context(), &made, message.view().data(), view().data(),
                                    secp256k1_nonce_function_rfc6979,
                                    tries == 0 ? nullptr : extra.data()) == 1);
        ASSERT(secp256k1_ecdsa_signature_serialize_compact(context(), signature.data(), &made) ==
               1);
        if (has_low_r(signature)) break;
    }
    // A signature that a fault of the machine spoilt could tell the key.
    ASSERT(verify(public_key().view(), signature, message));
    return signature;
}

}  // namespace lockstep::ecdsa
