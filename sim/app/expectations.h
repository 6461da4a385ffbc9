// What a scenario expects beyond the rules that always hold, held against what happened.
#pragma once

#include "sim/report/outcome.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// One rule, `expectations`, with a violation for each that is not met.
RuleResult check_expectations(const Scenario& scenario, const Outcome& outcome);
// The value of what an expectation is about.
std::uint64_t value_of(const std::string& what, const Outcome& outcome);

}  // namespace lockstep::sim
