// What a chain's rules leave to its network. Source: Bitcoin Core, kernel/chainparams.cpp.
#pragma once

#include <cstdint>

#include "bitcoin/script/transaction.h"

namespace lockstep::bitcoin {

struct ChainParams {
    std::uint32_t bits = 0x207fffff;  // the target of every block
    int halving_interval = 150;       // blocks
    std::int64_t block_interval_s = 600;
    int coinbase_maturity = 100;  // blocks
};
// Regtest: every second header has work enough, and the subsidy halves early.
constexpr ChainParams regtest_params{};

// What the block at this height may make out of nothing, fees apart.
constexpr Satoshi subsidy_at(int height, const ChainParams& params) {
    const int halvings = height / params.halving_interval;
    return halvings >= 64 ? 0 : 50 * coin >> halvings;
}

}  // namespace lockstep::bitcoin
