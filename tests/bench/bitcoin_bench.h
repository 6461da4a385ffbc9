// How fast the mock Bitcoin node verifies and connects blocks, beside what the signatures alone
// take in the same run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lockstep::bench {

struct BitcoinFigures {
    std::size_t inputs = 0;  // of each of the following, one signature an input
    // Processor time of one thread for all of them.
    std::int64_t signatures_us = 0;  // libsecp256k1 alone
    std::int64_t blocks_us = 0;      // parsed, checked and connected; an input a transaction
    std::int64_t sweeps_us = 0;      // the same with a hundred inputs a transaction
    std::int64_t pool_us = 0;        // into the mempool, an input a transaction
    std::int64_t mined_us = 0;       // connected after the mempool had verified them
};

// At least a thousand inputs; rounded up to whole blocks.
BitcoinFigures measure_bitcoin(std::size_t inputs);

}  // namespace lockstep::bench
