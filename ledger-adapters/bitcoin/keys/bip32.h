// Keys that follow from one seed (BIP 32): the private ones with their children, and both kinds as
// text. Children of public keys alone are not derived: nothing here needs them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bitcoin/keys/network.h"
#include "sdk/crypto/ecdsa.h"
#include "sdk/crypto/secret.h"

namespace lockstep::bitcoin {

// From it on an index is hardened: whoever has the parent's public key cannot derive the child's.
constexpr std::uint32_t hardened = 0x80000000;

// Where a key stands in the tree; what its text says beside the key.
struct KeyOrigin {
    std::uint8_t depth = 0;
    std::array<std::uint8_t, 4> parent{};  // first bytes of the hash of the parent's public key
    std::uint32_t index = 0;               // of its parent's children
    friend bool operator==(const KeyOrigin&, const KeyOrigin&) = default;
};

struct ExtendedPublicKey {
    KeyOrigin origin;
    Hash chain_code;
    ecdsa::CompressedKey key;
    friend bool operator==(const ExtendedPublicKey&, const ExtendedPublicKey&) = default;
};

// Wiped when it goes, key and chain code.
class ExtendedKey {
public:
    // Of a seed of 16 to 64 bytes; nullopt for others, and for about one of 2^127 that has no key.
    static std::optional<ExtendedKey> master(ByteView seed);

    // nullopt below depth 255, and for about one index of 2^127, where BIP 32 says to take the
    // next.
    std::optional<ExtendedKey> child(std::uint32_t index) const;
    // A child's child and so on; itself for an empty path.
    std::optional<ExtendedKey> derive(std::span<const std::uint32_t> path) const;

    const ecdsa::SecretKey& key() const { return key_; }
    const KeyOrigin& origin() const { return origin_; }
    ExtendedPublicKey public_part() const;

    // xprv… or tprv…, for an export: whoever reads it has the key and all below. Neither the text
    // nor what it is made from in base 58 is wiped.
    std::string secret_text(const Network& network) const;
    // nullopt for what is no private extended key of that network: a wrong checksum, the text of a
    // public key, a key that is none, depth zero with a parent or an index.
    static std::optional<ExtendedKey> parse(std::string_view text, const Network& network);

private:
    ExtendedKey(ecdsa::SecretKey key, Secret<32> chain_code, KeyOrigin origin)
        : key_(std::move(key)), chain_code_(std::move(chain_code)), origin_(origin) {}
    static std::optional<ExtendedKey> from_mac(Secret<64> mac, const ecdsa::SecretKey* parent,
                                               KeyOrigin origin);

    ecdsa::SecretKey key_;
    Secret<32> chain_code_;
    KeyOrigin origin_;
};

// xpub… or tpub…
std::string to_text(const ExtendedPublicKey& key, const Network& network);
std::optional<ExtendedPublicKey> parse_extended_public(std::string_view text,
                                                       const Network& network);

}  // namespace lockstep::bitcoin
