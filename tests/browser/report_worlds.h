// Made worlds for the reports: a small one, one that broke a rule, one of many hops, one of many
// moments, one whose names attack the page. What they contain is known, so tests can count it.
#pragma once

#include "sim/report/outcome.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim::made {

struct World {
    Scenario scenario;
    Outcome outcome;
    Trace trace{true};
};

// Four parties, three ledgers, two trades with escrows (one settled in 3 hops, one unwound in 2)
// and one that was declined; 1 message lost of 18, 1 crash, 2 faults that last.
World small();
// The same, with a rule that broke in its middle.
World broken();
// One payment over `hops` ledgers, each hop fulfilled.
World long_chain(std::size_t hops);
// A day with at least `moments` moments.
World busy(std::size_t moments);
// Markup, script and quotes in each name and text.
World hostile();

}  // namespace lockstep::sim::made
