#include "bitcoin/keys/bip32.h"

#include <algorithm>

#include "bitcoin/keys/base58.h"
#include "sdk/crypto/hash.h"
#include "sdk/crypto/older_hash.h"

namespace lockstep::bitcoin {
namespace {

// version 4, depth 1, parent 4, index 4, chain code 32, key 33
constexpr std::size_t extended_size = 78;
constexpr std::size_t before_chain_code = 13;

void put_big_endian(std::span<std::uint8_t> to, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i)
        to[i] = static_cast<std::uint8_t>(value >> 8 * (3 - i));
}
std::uint32_t get_big_endian(ByteView from) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8 | from[i];
    return value;
}

// With zeros for the key, which comes last: 33 bytes, or a zero and 32 secret ones.
Secret<extended_size> extended_form(std::uint32_t version, const KeyOrigin& origin,
                                    ByteView chain_code) {
    Secret<extended_size> form;
    const auto to = form.bytes();
    put_big_endian(to, version);
    to[4] = origin.depth;
    std::copy(origin.parent.begin(), origin.parent.end(), to.begin() + 5);
    put_big_endian(to.subspan(9), origin.index);
    std::copy(chain_code.begin(), chain_code.end(), to.begin() + before_chain_code);
    return form;
}

// A text's octets, wiped with their buffer.
class ExtendedOctets {
public:
    ExtendedOctets(std::string_view text, std::uint32_t version)
        : octets_(decode_base58_check(text, extended_size)) {
        good_ = octets_ && octets_->size() == extended_size && get_big_endian(*octets_) == version;
        // The root has no parent and is nobody's child.
        if (good_ && (*octets_)[4] == 0)
            good_ = std::all_of(octets_->begin() + 5, octets_->begin() + before_chain_code,
                                [](std::uint8_t byte) { return byte == 0; });
    }
    ~ExtendedOctets() {
        if (octets_) wipe(*octets_);
    }
    ExtendedOctets(const ExtendedOctets&) = delete;
    ExtendedOctets& operator=(const ExtendedOctets&) = delete;

    bool good() const { return good_; }
    KeyOrigin origin() const {
        KeyOrigin origin;
        origin.depth = (*octets_)[4];
        std::copy_n(octets_->begin() + 5, origin.parent.size(), origin.parent.begin());
        origin.index = get_big_endian(ByteView(*octets_).subspan(9));
        return origin;
    }
    ByteView chain_code() const { return ByteView(*octets_).subspan(before_chain_code, 32); }
    ByteView key() const { return ByteView(*octets_).last(33); }

private:
    std::optional<Bytes> octets_;
    bool good_ = false;
};

}  // namespace

// The left half is the key, or what is added to the parent's; the right half the chain code.
std::optional<ExtendedKey> ExtendedKey::from_mac(Secret<64> mac, const ecdsa::SecretKey* parent,
                                                 KeyOrigin origin) {
    const ByteView left = mac.view().first(32);
    auto key = parent != nullptr ? parent->plus(left) : ecdsa::SecretKey::from(left);
    if (!key) return std::nullopt;
    Secret<32> chain_code;
    std::copy(mac.view().begin() + 32, mac.view().end(), chain_code.bytes().begin());
    return ExtendedKey(std::move(*key), std::move(chain_code), origin);
}

std::optional<ExtendedKey> ExtendedKey::master(ByteView seed) {
    if (seed.size() < 16 || seed.size() > 64) return std::nullopt;
    return from_mac(hmac_sha512(as_bytes("Bitcoin seed"), seed), nullptr, {});
}

std::optional<ExtendedKey> ExtendedKey::child(std::uint32_t index) const {
    if (origin_.depth == UINT8_MAX) return std::nullopt;
    const auto point = key_.public_key();
    // What is hashed: the secret key with a zero before it, or the public one, and the index.
    Secret<37> message;
    const auto to = message.bytes();
    if (index >= hardened)
        std::copy(key_.view().begin(), key_.view().end(), to.begin() + 1);
    else
        std::copy(point.view().begin(), point.view().end(), to.begin());
    put_big_endian(to.subspan(33), index);

    KeyOrigin origin;
    origin.depth = static_cast<std::uint8_t>(origin_.depth + 1);
    const auto hash = hash160(point.view());
    std::copy_n(hash.begin(), origin.parent.size(), origin.parent.begin());
    origin.index = index;
    return from_mac(hmac_sha512(chain_code_.view(), message.view()), &key_, origin);
}

std::optional<ExtendedKey> ExtendedKey::derive(std::span<const std::uint32_t> path) const {
    Secret<32> chain_code;
    std::copy(chain_code_.view().begin(), chain_code_.view().end(), chain_code.bytes().begin());
    std::optional<ExtendedKey> at = ExtendedKey(key_.clone(), std::move(chain_code), origin_);
    for (const std::uint32_t index : path) {
        // Not into itself: the child is read from its parent.
        auto next = at->child(index);
        if (!next) return std::nullopt;
        at = std::move(next);
    }
    return at;
}

ExtendedPublicKey ExtendedKey::public_part() const {
    return {origin_, *Hash::from(chain_code_.view()), key_.public_key()};
}

std::string ExtendedKey::secret_text(const Network& network) const {
    auto form = extended_form(network.extended_secret, origin_, chain_code_.view());
    std::copy(key_.view().begin(), key_.view().end(), form.bytes().end() - 32);
    return encode_base58_check(form.view());
}

std::optional<ExtendedKey> ExtendedKey::parse(std::string_view text, const Network& network) {
    const ExtendedOctets octets(text, network.extended_secret);
    if (!octets.good() || octets.key()[0] != 0) return std::nullopt;
    auto key = ecdsa::SecretKey::from(octets.key().subspan(1));
    if (!key) return std::nullopt;
    Secret<32> chain_code;
    std::copy(octets.chain_code().begin(), octets.chain_code().end(), chain_code.bytes().begin());
    return ExtendedKey(std::move(*key), std::move(chain_code), octets.origin());
}

std::string to_text(const ExtendedPublicKey& key, const Network& network) {
    auto form = extended_form(network.extended_public, key.origin, key.chain_code.view());
    std::copy(key.key.view().begin(), key.key.view().end(), form.bytes().end() - 33);
    return encode_base58_check(form.view());
}

std::optional<ExtendedPublicKey> parse_extended_public(std::string_view text,
                                                       const Network& network) {
    const ExtendedOctets octets(text, network.extended_public);
    if (!octets.good() || !ecdsa::is_public_key(octets.key())) return std::nullopt;
    return ExtendedPublicKey{octets.origin(), *Hash::from(octets.chain_code()),
                             *ecdsa::CompressedKey::from(octets.key())};
}

}  // namespace lockstep::bitcoin
