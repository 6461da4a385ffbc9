#include "sdk/crypto/ecdsa.h"

#include <secp256k1.h>

#include "sdk/base/assert.h"

namespace lockstep::ecdsa {
namespace {

// Without randomness: nothing secret is computed with it.
const secp256k1_context* context() {
    static const secp256k1_context* const made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    ASSERT(made != nullptr);
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

}  // namespace

bool is_secret_key(ByteView key) {
    return key.size() == 32 && secp256k1_ec_seckey_verify(context(), key.data()) == 1;
}

bool is_public_key(ByteView key) {
    return parse_key(key).has_value();
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

}  // namespace lockstep::ecdsa
