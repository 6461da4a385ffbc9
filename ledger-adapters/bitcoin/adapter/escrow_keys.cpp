#include "bitcoin/adapter/escrow_keys.h"

#include "bitcoin/script/script.h"
#include "bitcoin/script/wire.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/crypto/older_hash.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint32_t coin_purpose = 84;
class SeedSigner final : public BitcoinSigner {
public:
    SeedSigner(ExtendedKey root, ecdsa::SecretKey account, const Network& network)
        : root_(std::move(root)),
          account_(std::move(account)),
          account_public_(account_.public_key()),
          network_(network) {}

    ecdsa::CompressedKey public_key(const KeyName& name) const override {
        return name == KeyName{account_key} ? account_public_ : secret(name).public_key();
    }
    ecdsa::Compact sign(const KeyName& name, const Hash& sighash) const override {
        return secret(name).sign(sighash);
    }

private:
    ecdsa::SecretKey secret(const KeyName& name) const {
        if (const auto* coin = std::get_if<CoinKeyName>(&name)) return coin_key(*coin);
        auto key = account_.plus(escrow_tweak(std::get<EscrowKeyName>(name)).view());
        // A tweak without a key: once in 2^127.
        ASSERT(key.has_value());
        return std::move(*key);
    }
    ecdsa::SecretKey coin_key(const CoinKeyName& name) const {
        if (name == account_key) return account_.clone();
        const auto key = root_.derive(key_path(name, network_));
        ASSERT(key.has_value());
        return key->key().clone();
    }

    ExtendedKey root_;
    // asked for by all that the node does
    ecdsa::SecretKey account_;
    ecdsa::CompressedKey account_public_;
    Network network_;
};

}  // namespace

std::vector<std::uint32_t> key_path(const CoinKeyName& name, const Network& network) {
    ASSERT(name.index < hardened);
    return {hardened | coin_purpose, hardened | network.coin_type, hardened, name.change ? 1U : 0U,
            name.index};
}

Hash escrow_tweak(const EscrowKeyName& name) {
    using namespace std::string_view_literals;
    Writer writer;
    writer.raw(as_bytes("lockstep/bitcoin-escrow-key/v2\0"sv));
    writer.string(as_bytes(name.ledger.text()));
    writer.string(as_bytes(name.payer.text()));
    writer.raw(name.id.view());
    writer.u8(static_cast<std::uint8_t>(name.role));
    return sha256(writer.bytes());
}

std::optional<ecdsa::CompressedKey> escrow_key_of(const ecdsa::CompressedKey& account,
                                                  const EscrowKeyName& name) {
    return ecdsa::plus(account, escrow_tweak(name).view());
}

std::unique_ptr<BitcoinSigner> make_signer(const KeySeed& seed, const Network& network) {
    auto root = ExtendedKey::master(seed.view());
    const auto account = root ? root->derive(key_path(account_key, network)) : std::nullopt;
    if (!account) return nullptr;
    return std::make_unique<SeedSigner>(std::move(*root), account->key().clone(), network);
}

Bytes script_pubkey_of(const ecdsa::CompressedKey& key) {
    return to_witness_key(hash160(key.view()));
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
