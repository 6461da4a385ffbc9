// The methods that only look: of a chain, its mempool, and what a caller brings with him.
// Source of their names, parameters and answers: Bitcoin Core 29.
#pragma once

#include <functional>

#include "bitcoin/keys/network.h"
#include "bitcoin/pool/mempool.h"
#include "bitcoin/rpc/params.h"

namespace lockstep::bitcoin {

struct NodeView {
    const Chain& chain;
    const Mempool& pool;
    const Network& network;
    std::int64_t now_s = 0;
    std::int64_t started_s = 0;
    // The block on the active chain that has it; without it the chain is searched from its tip.
    std::function<std::optional<BlockId>(const Txid&)> block_of = {};
    // What a transaction should pay to be included within so many blocks; nothing where nobody
    // knows.
    std::function<std::optional<FeeRate>(int blocks)> fee_rate = {};
    // What `help` tells of beside the methods here.
    std::span<const MethodSpec* const> others = {};
};

// nullopt for a method that is not here.
std::optional<RpcAnswer> call_read(const NodeView& node, const RpcRequest& request);

// What a transaction pays at most, in satoshi for 1000 virtual bytes; `i` is optional and 0 is no
// limit.
FeeRate max_fee_rate(Params& params, std::size_t i);

}  // namespace lockstep::bitcoin
