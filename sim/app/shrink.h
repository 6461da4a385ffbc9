// Makes a failing world small: leaves out faults, orders, lost messages and cheats for as long as
// the same rule still breaks.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "sim/app/runner.h"

namespace lockstep::sim {

struct Shrunk {
    std::string rule;
    Scenario scenario;  // cheats that were not needed are honest
    Selection selection;
    Run run;                 // with its trace
    std::size_t worlds = 0;  // that were tried
    std::uint32_t strikes_before = 0;
    std::uint32_t orders_before = 0;
};

// Nothing where no rule breaks. `progress` is told what is left.
std::optional<Shrunk> shrink(const Scenario& scenario, std::uint64_t seed,
                             const std::function<void(const std::string&)>& progress);

// "3,7,12" and back; nothing for what is no list of numbers.
std::string list_of(const std::set<std::uint32_t>& numbers);
std::optional<std::set<std::uint32_t>> numbers_of(const std::string& list);

}  // namespace lockstep::sim
