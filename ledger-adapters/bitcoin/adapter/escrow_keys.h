// Which keys sign for this node on Bitcoin. None is stored beside the seed: an escrow's key follows
// from the escrow's own name, so that whoever has the seed and the ledger finds every escrow again
// after a restore, those that the journal has lost too.
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

// The key of one side of one escrow. Role is a part of it: a node may pay itself.
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

// m/19539'/coin'/ and eight hardened indices of 31 bits each, the first 248 bits of SHA-256 over
// "lockstep/bitcoin-escrow-key/v1\0" and the name's fields with their lengths. The payer chooses
// the id and may look for two that give a payee one key: with 248 bits that takes 2^124 hashes.
// (With the 31 bits of one index a second would do, and of a million honest escrows some two
// hundred pairs would share a key.)
std::vector<std::uint32_t> key_path(const KeyName& name, const Network& network);

// Signs with the node's keys. A remote signer may stand behind it. Thread-safe.
class BitcoinSigner {
public:
    virtual ~BitcoinSigner() = default;
    virtual ecdsa::CompressedKey public_key(const KeyName& name) const = 0;
    // Deterministic, with low r and s.
    virtual ecdsa::Compact sign(const KeyName& name, const Hash& sighash) const = 0;
};

// OP_0 <HASH160 of the key>: P2WPKH (BIP 141).
Bytes script_pubkey_of(const ecdsa::CompressedKey& key);

// nullptr for one seed of 2^127. Keeps the root alone and derives for each call.
std::unique_ptr<BitcoinSigner> make_signer(const KeySeed& seed, const Network& network);
// With the seed in a key file (sdk/crypto/signature.h), which is refused where others than its
// owner can use it. Failure: as read_key_file; "key_file_malformed" for a seed that gives no key.
Result<std::unique_ptr<BitcoinSigner>, Failure> open_signer(const std::filesystem::path& key_file,
                                                            const Network& network);

}  // namespace lockstep::bitcoin
