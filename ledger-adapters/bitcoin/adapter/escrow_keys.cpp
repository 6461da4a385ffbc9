#include "bitcoin/adapter/escrow_keys.h"

#include "bitcoin/script/script.h"
#include "bitcoin/script/wire.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/crypto/older_hash.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint32_t coin_purpose = 84;
constexpr std::uint32_t escrow_purpose = 0x4c53;  // "LS"
constexpr std::size_t escrow_levels = 8;
constexpr std::size_t bits_per_level = 31;
static_assert(escrow_levels * bits_per_level <= 8 * Hash::size);

std::uint32_t bits_at(ByteView bytes, std::size_t first) {
    std::uint32_t value = 0;
    for (std::size_t bit = first; bit < first + bits_per_level; ++bit)
        value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1U);
    return value;
}

Hash hash_of(const EscrowKeyName& name) {
    using namespace std::string_view_literals;
    Writer writer;
    writer.raw(as_bytes("lockstep/bitcoin-escrow-key/v1\0"sv));
    writer.string(as_bytes(name.ledger.text()));
    writer.string(as_bytes(name.payer.text()));
    writer.raw(name.id.view());
    writer.u8(static_cast<std::uint8_t>(name.role));
    return sha256(writer.bytes());
}

class SeedSigner final : public BitcoinSigner {
public:
    SeedSigner(ExtendedKey root, const Network& network)
        : root_(std::move(root)), network_(network) {}

    ecdsa::CompressedKey public_key(const KeyName& name) const override {
        return derived(name).key().public_key();
    }
    ecdsa::Compact sign(const KeyName& name, const Hash& sighash) const override {
        return derived(name).key().sign(sighash);
    }

private:
    ExtendedKey derived(const KeyName& name) const {
        auto key = root_.derive(key_path(name, network_));
        // An index without a key: once in 2^127.
        ASSERT(key.has_value());
        return std::move(*key);
    }

    ExtendedKey root_;
    Network network_;
};

}  // namespace

std::vector<std::uint32_t> key_path(const KeyName& name, const Network& network) {
    if (const auto* own = std::get_if<CoinKeyName>(&name)) {
        ASSERT(own->index < hardened);
        return {hardened | coin_purpose, hardened | network.coin_type, hardened,
                own->change ? 1U : 0U, own->index};
    }
    const Hash hash = hash_of(std::get<EscrowKeyName>(name));
    std::vector<std::uint32_t> path{hardened | escrow_purpose, hardened | network.coin_type};
    for (std::size_t level = 0; level < escrow_levels; ++level)
        path.push_back(hardened | bits_at(hash.view(), level * bits_per_level));
    return path;
}

std::unique_ptr<BitcoinSigner> make_signer(const KeySeed& seed, const Network& network) {
    auto root = ExtendedKey::master(seed.view());
    if (!root) return nullptr;
    return std::make_unique<SeedSigner>(std::move(*root), network);
}

Bytes script_pubkey_of(const ecdsa::CompressedKey& key) {
    ScriptWriter to;
    to.number(0).push(ripemd160(sha256(key.view()).view()));
    return to.take();
}

Result<std::unique_ptr<BitcoinSigner>, Failure> open_signer(const std::filesystem::path& key_file,
                                                            const Network& network) {
    auto seed = read_key_file(key_file);
    if (!seed) return tl::unexpected<Failure>(std::move(seed.error()));
    auto signer = make_signer(*seed, network);
    if (!signer)
        return fail("key_file_malformed",
                    "the seed in " + key_file.string() + " gives no key; create another one");
    return signer;
}

}  // namespace lockstep::bitcoin
