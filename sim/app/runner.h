// One world from a scenario and a seed to its outcome.
#pragma once

#include <memory>

#include "sim/report/outcome.h"
#include "sim/scenario/scenario.h"
#include "sim/world/faults.h"

namespace lockstep::sim {

struct RunOptions {
    std::uint64_t seed = 1;
    bool keep_trace = false;
    Selection selection;
    bool real_signatures = false;
    bool real_store = false;
};
struct Run {
    Outcome outcome;
    std::unique_ptr<Trace> trace;  // where it was to be kept
    std::uint64_t steps = 0;       // of the scheduler
    std::uint32_t strikes = 0;     // that were planned
    std::uint32_t orders = 0;
    Duration simulated;
};

// The scenario that a seed draws where this one says so; the scenario itself elsewhere.
Scenario scenario_for(const Scenario& scenario, std::uint64_t seed);
Run run_world(const Scenario& scenario, const RunOptions& options);

}  // namespace lockstep::sim
