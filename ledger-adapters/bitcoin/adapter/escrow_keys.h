// Which keys sign for this node on Bitcoin. An account is a key; an escrow's key is the account's
// plus a number that everybody can compute from the escrow's name, so that both sides know both
// keys of an escrow before a word is said, and whoever has the seed and the ledger finds every
// escrow again after a restore. Why that is safe, and what it costs: README.md.
#pragma once

#include <filesystem>
#include <memory>
#include <variant>

#include "bitcoin/keys/bip32.h"
#include "sdk/base/address.h"
#include "sdk/base/result.h"
#include "sdk/crypto/signature.h"

namespace lockstep::bitcoin {

enum class EscrowRole : std::uint8_t { payer = 1, payee = 2 };

// The key of one side of one escrow: that of the side's account and its tweak. Role is a part of
// it, so that the two sides have different keys whoever they are.
struct EscrowKeyName {
    Address ledger;
    Address payer;
    EscrowId id;
    EscrowRole role = EscrowRole::payer;
    friend auto operator<=>(const EscrowKeyName&, const EscrowKeyName&) = default;
};
// The key of the node's own coins (BIP 84: m/84'/coin'/0'/change/index), which any wallet finds.
struct CoinKeyName {
    std::uint32_t index = 0;  // below `hardened`
    bool change = false;
    friend auto operator<=>(const CoinKeyName&, const CoinKeyName&) = default;
};
using KeyName = std::variant<CoinKeyName, EscrowKeyName>;

// Of the node's account: of all its coins, and the base of its keys in escrows.
constexpr CoinKeyName account_key{};

// m/84'/coin'/0'/change/index (BIP 84).
std::vector<std::uint32_t> key_path(const CoinKeyName& name, const Network& network);

// SHA-256 over "lockstep/bitcoin-escrow-key/v2\0" and the name's fields, the texts with their
// lengths. What it lacks of an escrow's terms is in the script beside the keys.
Hash escrow_tweak(const EscrowKeyName& name);
// The public key of a side whose account is `account`. nullopt for what is no key, and for one name
// of 2^127.
std::optional<ecdsa::CompressedKey> escrow_key_of(const ecdsa::CompressedKey& account,
                                                  const EscrowKeyName& name);

// Signs with the node's keys. A remote signer may stand behind it. Thread-safe.
class BitcoinSigner {
public:
    virtual ~BitcoinSigner() = default;
    // An escrow's key is that of the node's account plus the tweak.
    virtual ecdsa::CompressedKey public_key(const KeyName& name) const = 0;
    // Deterministic, with low r and s.
    virtual ecdsa::Compact sign(const KeyName& name, const Hash& sighash) const = 0;
};

// OP_0 <HASH160 of the key>: P2WPKH (BIP 141).
Bytes script_pubkey_of(const ecdsa::CompressedKey& key);

// nullptr for one seed of 2^127. Keeps the root and the account's key; derives the others for each
// call.
std::unique_ptr<BitcoinSigner> make_signer(const KeySeed& seed, const Network& network);
// With the seed in a key file (sdk/crypto/signature.h), which is refused where others than its
// owner can use it. Failure: as read_key_file; "key_file_malformed" for a seed that gives no key.
Result<std::unique_ptr<BitcoinSigner>, Failure> open_signer(const std::filesystem::path& key_file,
                                                            const Network& network);

}  // namespace lockstep::bitcoin
