// How a chain of blocks behaves in time, in the words of the ladder (TimingProfile), computed from
// what an operator knows of it.
#pragma once

#include "sdk/machine/escrow.h"

namespace lockstep::bitcoin {

struct ChainPace {
    Duration block;                // mean interval between blocks
    std::int64_t target = 3;       // blocks within which a transaction is to be included
    std::int64_t congestion = 12;  // blocks that a full chain, or fees that rise, may add to that
    std::int64_t depth = 6;        // confirmations at which a transaction is final
    // Blocks whose taking back is reckoned with: less than depth, or what is final could go.
    std::int64_t reorg = 5;
    Duration late;   // how far the median of the stamps lags true time
    Duration early;  // how far it may lead it
};
// How far the median of eleven stamps lags where a block takes so long in the mean: README.md on
// late and early.
constexpr Duration careful_late(Duration block) {
    return block * 18;
}
// Nodes refuse stamps that are further ahead, whatever the interval.
constexpr Duration careful_early = Duration::seconds(2 * 3600);
// The real networks.
constexpr ChainPace main_pace{.block = Duration::seconds(600),
                              .late = careful_late(Duration::seconds(600)),
                              .early = careful_early};
// Blocks come when somebody asks for them; a second is what a demonstration takes.
constexpr ChainPace regtest_pace{.block = Duration::seconds(1),
                                 .target = 1,
                                 .congestion = 2,
                                 .depth = 2,
                                 .reorg = 1,
                                 .late = Duration::seconds(12),
                                 .early = Duration::seconds(2)};

// At a constant rate the time for n blocks has the mean n·b and the deviation √n·b. Twice the mean
// and four blocks more is above it by (n + 4)/√n ≥ 4 deviations for every n: the worst that is
// reckoned with, once in some ten thousand times where n is small.
constexpr Duration slow_blocks(const ChainPace& pace, std::int64_t blocks) {
    return pace.block * (2 * blocks + 4);
}
//   inclusion D   slow_blocks(target + congestion): submitted, replaced, seen in a block
//   finality F    slow_blocks(depth − 1): the first confirmation is the observation
//   rollback R    slow_blocks(reorg): what was seen may be gone until then; none where reorg is 0
//   block         ten mean intervals: no block for so long once in 22,000 blocks
constexpr TimingProfile profile_of(const ChainPace& pace) {
    TimingProfile profile;
    profile.inclusion = slow_blocks(pace, pace.target + pace.congestion);
    profile.finality = slow_blocks(pace, pace.depth - 1);
    profile.rollback = pace.reorg == 0 ? Duration{} : slow_blocks(pace, pace.reorg);
    profile.late = pace.late;
    profile.early = pace.early;
    profile.block = pace.block * 10;
    return profile;
}
static_assert(profile_of(main_pace).inclusion == Duration::seconds(34 * 600));
static_assert(profile_of(main_pace).finality == Duration::seconds(14 * 600));
static_assert(profile_of(main_pace).rollback == Duration::seconds(14 * 600));

}  // namespace lockstep::bitcoin
