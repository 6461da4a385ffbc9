// What nodes are told of a Bitcoin ledger where a scenario does not say it: what its chain is made
// to keep, whatever the seed.
#pragma once

#include <algorithm>

#include "bitcoin/adapter/profile.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

constexpr bitcoin::ChainPace pace_of(const ChainSpec& chain) {
    bitcoin::ChainPace pace;
    pace.block = chain.interval;
    pace.target = 1;
    pace.congestion = chain.congestion;
    pace.depth = chain.depth;
    pace.reorg = chain.reorg;
    // The median of eleven is six blocks old when the next one comes.
    pace.late = bitcoin::slow_blocks(pace, 6) + chain.stamp_error;
    pace.early = std::max(chain.stamp_error, Duration::seconds(1));
    return pace;
}

// `poll`: how often nodes ask. A word may be lost on the way, and is asked for again.
constexpr TimingProfile profile_of(const ChainSpec& chain, Duration poll) {
    TimingProfile profile = bitcoin::profile_of(pace_of(chain));
    profile.inclusion = profile.inclusion + poll * 3 + Duration::seconds(10);
    profile.finality = profile.finality + poll * 2;
    // No block takes longer.
    profile.block = chain.interval * 6;
    return profile;
}

// How long blocks may have no room for what pays little: two intervals for each block of congestion
// are in D beside what the block behind it takes.
constexpr Duration longest_spike(const ChainSpec& chain) {
    return chain.interval * (2 * chain.congestion);
}

}  // namespace lockstep::sim
