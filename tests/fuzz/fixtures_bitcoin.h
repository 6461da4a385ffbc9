// A node of Bitcoin's with a chain of 101 blocks, always the same, and two transactions that wait.
#pragma once

#include "bitcoin/rpc/methods.h"

namespace lockstep::fuzz {

class BitcoinNode {
public:
    BitcoinNode();
    bitcoin::NodeView view() const;
    const bitcoin::Chain& chain() const { return chain_; }
    // The second spends what the first makes.
    const std::vector<bitcoin::Transaction>& waiting() const { return waiting_; }

private:
    void grow();

    bitcoin::Chain chain_{bitcoin::regtest_params, bitcoin::regtest_genesis()};
    bitcoin::Mempool pool_{chain_, {}};
    std::vector<bitcoin::Transaction> waiting_;
};

}  // namespace lockstep::fuzz
