// What a node relays and mines beyond what consensus asks for. Sizes are virtual bytes, a quarter of
// the weight rounded up; fee rates are satoshi for a thousand of them.
// Source: Bitcoin Core, policy/policy.h, policy/rbf.h, kernel/mempool_limits.h; BIP 125.
#pragma once

#include <span>
#include <string>

#include "bitcoin/chain/block_rules.h"

namespace lockstep::bitcoin {

using FeeRate = Satoshi;  // for 1000 virtual bytes

struct PoolPolicy {
    FeeRate min_relay = 1'000;
    FeeRate incremental = 1'000;  // what a replacement pays more, and by which an eviction raises
    FeeRate dust_relay = 3'000;
    // False: only what signals it is replaced (BIP 125, rule 1).
    bool full_rbf = false;
    std::size_t max_octets = 300'000'000;  // of serialised transactions
    std::int64_t expiry_s = std::int64_t{336} * 60 * 60;
    // A transaction itself included.
    std::size_t max_ancestors = 25;
    std::size_t max_ancestor_size = 101'000;
    std::size_t max_descendants = 25;
    std::size_t max_descendant_size = 101'000;
    std::size_t max_replaced = 100;
    std::size_t max_op_return = 83;  // octets of the script
};

constexpr std::size_t max_standard_weight = 400'000;
constexpr std::size_t max_standard_sigops = max_block_sigops / 5;
constexpr std::size_t sigop_bytes = 20;  // what one counts for at least in a size

std::size_t virtual_size(std::size_t weight, std::size_t sigop_cost = 0);
// Rounded up, as Bitcoin Core 24 and later do.
Satoshi fee_at(FeeRate rate, std::size_t size);

// Below this value an output costs more to spend than it is worth, at that rate.
Satoshi dust_limit(const TxOut& output, FeeRate rate);

// The forms of output scripts that are relayed.
enum class ScriptKind : std::uint8_t {
    nonstandard,
    pubkey,
    pubkeyhash,
    scripthash,
    multisig,
    nulldata,
    witness_v0_keyhash,
    witness_v0_scripthash,
    witness_v1_taproot,
    witness_unknown,
};
// Bitcoin Core's word, as decodescript and getrawtransaction show it.
std::string_view to_string(ScriptKind kind);
ScriptKind kind_of(ByteView script);

// Of the transaction alone: "version", "tx-size", "scriptsig-size", "scriptsig-not-pushonly",
// "scriptpubkey", "bare-multisig", "dust", "multi-op-return", "tx-size-small" …
Fault check_standard(const Transaction& transaction, const PoolPolicy& policy);
// With what it spends: "bad-txns-nonstandard-inputs", "bad-witness-nonstandard".
Fault check_standard_inputs(const Transaction& transaction, std::span<const Coin> spent);

// Some input says that the transaction may be replaced (BIP 125).
bool signals_replacement(const Transaction& transaction);

}  // namespace lockstep::bitcoin
