// Transactions as JSON. Source: Bitcoin Core 29, core_io.h (TxToUniv), rpc/rawtransaction.cpp.
#pragma once

#include <span>

#include "bitcoin/chain/chain.h"
#include "bitcoin/keys/network.h"
#include "bitcoin/rpc/envelope.h"

namespace lockstep::bitcoin {

enum class TxDetail : std::uint8_t {
    plain,
    fee,       // where the spent coins are known
    prevouts,  // also each of them
};
struct TxShown {
    TxDetail detail = TxDetail::plain;
    bool hex = true;
    std::optional<BlockId> block = std::nullopt;
    // One for each input, or none where they are not known.
    std::span<const Coin> spent = {};
};
Json transaction_json(const Transaction& transaction, const Network& network,
                      const TxShown& shown = {});

std::size_t virtual_size_of(const Transaction& transaction);

// What the block's transaction at that place spent; none for the coinbase, and none where the block
// is not on the active chain.
std::span<const Coin> spent_by(const Chain::Entry& entry, std::size_t transaction);

// getrawtransaction, verbosity 1 and 2, of a transaction of that block.
struct TxPlace {
    const Chain::Entry& block;
    std::size_t transaction = 0;
    bool block_was_named = false;  // by the caller
};
Json confirmed_json(const TxPlace& place, const Chain& chain, const Network& network,
                    TxDetail detail);

}  // namespace lockstep::bitcoin
