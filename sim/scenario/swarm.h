// A world of which the seed draws everything: ledgers and their times, connectors and their offers,
// parties and how they behave, load, faults.
#pragma once

#include <cstdint>

#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// The same seed and spec give the same scenario everywhere, and one that check_scenario finds
// nothing wrong with. One seed in a hundred uses real signatures, another one a real store.
Scenario draw_swarm(std::uint64_t seed, const SwarmSpec& spec = {});

}  // namespace lockstep::sim
