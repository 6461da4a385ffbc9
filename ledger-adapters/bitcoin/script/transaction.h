// A Bitcoin transaction as a value, and its serialisation (BIP 144).
#pragma once

#include <optional>
#include <vector>

#include "bitcoin/script/wire.h"
#include "sdk/base/ids.h"

namespace lockstep::bitcoin {

// Satoshi. Signed, as it stands on the wire: what is negative is refused by check_transaction.
using Satoshi = std::int64_t;
constexpr Satoshi coin = 100'000'000;
constexpr Satoshi max_money = 21'000'000 * coin;

// A byte that is no witness weighs four times as much as one that is (BIP 141).
constexpr std::size_t witness_scale = 4;

struct TxidTag {};
// In the order of the bytes on the wire; texts show them the other way round.
using Txid = FixedBytes<32, TxidTag>;
std::string to_text(const Txid& id);
std::optional<Txid> txid_from_text(std::string_view text);

struct OutPoint {
    Txid txid;
    std::uint32_t index = 0xffffffff;
    bool is_null() const { return txid.is_zero() && index == 0xffffffff; }
    friend auto operator<=>(const OutPoint&, const OutPoint&) = default;
};

constexpr std::uint32_t final_sequence = 0xffffffff;

struct TxIn {
    OutPoint prevout;
    Bytes script_sig;
    std::uint32_t sequence = final_sequence;
    std::vector<Bytes> witness;
    friend bool operator==(const TxIn&, const TxIn&) = default;
};
struct TxOut {
    Satoshi value = 0;
    Bytes script;
    friend bool operator==(const TxOut&, const TxOut&) = default;
};

struct Transaction {
    std::int32_t version = 2;
    std::vector<TxIn> inputs;
    std::vector<TxOut> outputs;
    std::uint32_t locktime = 0;

    bool has_witness() const;
    bool is_coinbase() const { return inputs.size() == 1 && inputs[0].prevout.is_null(); }
    friend bool operator==(const Transaction&, const Transaction&) = default;
};

void write(Writer& writer, const OutPoint& outpoint);
void write(Writer& writer, const TxOut& output);

enum class WitnessForm : std::uint8_t { with, without };
// With: in the extended form where an input has a witness. Without: as the txid is computed.
Bytes serialize(const Transaction& transaction, WitnessForm form = WitnessForm::with);
// The whole of `bytes`; nullopt for anything else, an extended form without a witness too.
std::optional<Transaction> parse_transaction(ByteView bytes);
// The same, where no form but the one without witnesses is meant: one without inputs has this
// alone.
std::optional<Transaction> parse_bare_transaction(ByteView bytes);
// As a part of something longer; fails the reader.
Transaction read_transaction(Reader& reader);

// SHA-256 twice.
Hash hash256(ByteView bytes);
Txid txid_of(const Transaction& transaction);
Txid wtxid_of(const Transaction& transaction);

// What holds for a transaction without looking at what it spends; in this order.
enum class TxFault : std::uint8_t {
    no_inputs,
    no_outputs,
    too_large,
    negative_value,
    value_too_large,
    total_too_large,
    duplicate_input,
    coinbase_size,
    null_prevout,
};
// Bitcoin Core's word, for example "bad-txns-vin-empty".
std::string_view to_string(TxFault fault);
std::optional<TxFault> check_transaction(const Transaction& transaction);

}  // namespace lockstep::bitcoin
