// Blocks, headers and the chain as JSON. Source: Bitcoin Core 29, rpc/blockchain.cpp.
#pragma once

#include "bitcoin/chain/chain.h"
#include "bitcoin/keys/network.h"
#include "bitcoin/rpc/envelope.h"

namespace lockstep::bitcoin {

// From the block to the tip, itself included; -1 off the active chain.
int confirmations_of(const Chain::Entry& entry, const Chain& chain);

// getblockheader with verbose.
Json header_json(const Chain::Entry& entry, const Chain& chain);
// getblock: 0 and less is hexadecimal, 1 has txids, 2 transactions, 3 and more also what they
// spent.
Json block_json(const Chain::Entry& entry, const Chain& chain, const Network& network,
                int verbosity);

struct NodeTimes {
    std::int64_t now_s = 0;
    std::int64_t started_s = 0;
};
// getblockchaininfo
Json chain_info_json(const Chain& chain, const Network& network, const NodeTimes& times);
// getchaintips, the highest first.
Json tips_json(const Chain& chain);

}  // namespace lockstep::bitcoin
