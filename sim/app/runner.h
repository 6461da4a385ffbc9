// One world from a scenario and a seed to its outcome.
#pragma once

#include <memory>

#include "sim/report/outcome.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

struct RunOptions {
    std::uint64_t seed = 1;
    bool keep_trace = false;
};
struct Run {
    Outcome outcome;
    std::unique_ptr<Trace> trace;  // where it was to be kept
    std::uint64_t steps = 0;       // of the scheduler
};

Run run_world(const Scenario& scenario, const RunOptions& options);

}  // namespace lockstep::sim
