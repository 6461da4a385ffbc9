// Blocks to be: what a miner puts together on the tip, and the search for work. Deterministic: the
// same chain, pool and time give the same block. Source: Bitcoin Core, node/miner.cpp; BIP 34, 141.
#pragma once

#include "bitcoin/pool/mempool.h"

namespace lockstep::bitcoin {

struct Assembly {
    Block block;  // whole but for its nonce
    Satoshi fees = 0;
};

// What the coinbase pays to, and a number that no other block of this node has, so that the same
// script at the same time makes another one.
struct Payout {
    ByteView script;
    std::uint64_t number = 0;
};

// Of the pool, as much as fits.
Assembly assemble(const Chain& chain, const Mempool& pool, const Payout& payout,
                  std::int64_t now_s);
// Of these transactions; their fees are not known to it: the coinbase pays the subsidy and `fees`.
Assembly assemble(const Chain& chain, std::vector<Transaction> transactions, Satoshi fees,
                  const Payout& payout, std::int64_t now_s);

// Changes the nonce until the header has work; false where `tries`, which counts down, are used up.
bool find_work(BlockHeader& header, std::uint32_t limit, std::uint64_t& tries);

}  // namespace lockstep::bitcoin
