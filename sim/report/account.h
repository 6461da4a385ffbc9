// The account of one world for a terminal: what was run, how its settlements ended, which faults it
// met, whether each rule held; of a violation, what a person needs to look into it.
#pragma once

#include <string>

#include "sim/report/outcome.h"

namespace lockstep::sim {

struct AccountOptions {
    bool colour = false;           // for a terminal only
    std::string file;              // the scenario as it was given; empty: sim/scenarios/NAME.toml
    std::size_t last_events = 20;  // shown before a violation
};

// Lines, each ended. Names and texts from files are shown with their control characters replaced.
std::string account_of(const Outcome& outcome, const Trace& trace, const AccountOptions& options);

// The command that runs this world again, quoted for a shell where it must be.
std::string command_of(const Outcome& outcome, const std::string& file);

}  // namespace lockstep::sim
