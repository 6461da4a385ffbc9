// What an operator may tune about the adapter, and what is known of the networks by their names.
#pragma once

#include "bitcoin/adapter/fees.h"
#include "bitcoin/adapter/profile.h"
#include "bitcoin/chain/block.h"
#include "sdk/machine/adapter_settings.h"

namespace lockstep::bitcoin {

// A network as a node names it.
struct ChainIdentity {
    std::string_view network;  // of keys/network.h
    std::string_view chain;    // what getblockchaininfo says
    std::string_view genesis;
};
const ChainIdentity& identity_of(const Network& network);

struct BitcoinSettings {
    const Network* network = nullptr;  // network: regtest unless said otherwise
    std::string key_file;
    Duration poll = Duration::seconds(2);  // poll_ms
    std::int64_t depth = 6;                // confirmations at which a transaction is final
    std::int64_t reorg_window = 100;       // blocks more whose taking back is followed
    // The account has no escrow before it, nor a coin then that has paid for one since.
    std::int64_t start_height = 0;
    std::size_t blocks_per_batch = 3;  // three of the largest fit into an answer of 32 MB
    std::size_t pool_batch = 50;       // transactions of the pool that are looked at, at a time
    int confirmation_target = 3;       // blocks
    // min_fee_rate, max_fee_rate: satoshi for 1000 virtual bytes.
    FeePerKvb min_fee{2'000};
    FeePerKvb max_fee{500'000};
    Satoshi reserve = 0;                                // reserve_sat; a coin an escrow, 0: none
    Duration max_hold = Duration::seconds(14 * 86400);  // max_hold_s
    Satoshi max_amount = 100 * coin;                    // max_amount_sat
    Duration block = Duration::seconds(600);            // block_interval_s, or block_interval_ms
    // For the timing profile, as ChainPace has them.
    std::int64_t congestion = main_pace.congestion;
    std::optional<std::int64_t> reorg;  // reorg_depth: depth - 1 unless said otherwise
    std::optional<Duration> late;       // late_ms: of the interval unless said otherwise
    Duration early = careful_early;     // early_ms
    Duration reply_timeout = Duration::seconds(20);  // reply_timeout_ms
    // Without a word of the node for so long it is stale: the ledger's inclusion time unless said
    // otherwise.
    Duration stale_after;
    Duration rebroadcast = Duration::seconds(60);  // rebroadcast_ms, and up to as much again
    // counterparties: accounts, with commas between. A payer that has lost its journal finds whom
    // an escrow is for among them.
    std::vector<std::string> counterparties;
};

// Keys: as the fields, or as said beside them.
Result<BitcoinSettings, SettingMistakes> read_bitcoin_settings(const AdapterSetup& setup);

// The chain as they describe it.
ChainPace pace_of(const BitcoinSettings& settings);

}  // namespace lockstep::bitcoin
