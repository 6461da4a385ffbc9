// A chain of regtest that grows as a test says, and transactions that need no keys.
#pragma once

#include <doctest/doctest.h>

#include "bitcoin/chain/chain.h"

namespace lockstep::test {

constexpr std::int64_t start_s = 1'700'000'000;
// Whoever comes may spend it. The second one is of a form that is relayed, and its witness.
extern const Bytes anybody;
extern const Bytes anybody_relayed;
extern const std::vector<Bytes> anybody_witness;

// Looks for work.
void mine(bitcoin::Block& block);
// Commits to the witnesses, as a miner does before it looks for work.
void commit(bitcoin::Block& block);

class World {
public:
    // Who may spend what blocks make.
    explicit World(Bytes reward = anybody) : reward_(std::move(reward)) {}

    bitcoin::Chain chain{bitcoin::regtest_params, bitcoin::regtest_genesis()};

    // On top of that block; has no work yet.
    bitcoin::Block next(const bitcoin::BlockId& parent,
                        std::vector<bitcoin::Transaction> transactions = {},
                        bitcoin::Satoshi fees = 0);
    // The fault, or "ok". `change` and `last` say what came of it.
    std::string give(bitcoin::Block block);
    // So many empty blocks.
    std::string grow(int blocks);
    // Spends the coinbase of the block at that height.
    bitcoin::Transaction spend(int height, bitcoin::Satoshi fee = 0) const;

    bitcoin::ChainChange change;
    bitcoin::BlockId last;

private:
    Bytes reward_;
    std::int64_t minutes_ = 0;
    std::int64_t extra_ = 0;
};

}  // namespace lockstep::test
