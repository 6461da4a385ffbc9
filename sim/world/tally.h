// Counts of what happened, by name: faults that were hit, branches of recovery that were taken,
// alarms.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lockstep::sim {

struct Tally {
    std::map<std::string, std::uint64_t> faults;
    std::map<std::string, std::uint64_t> cheats;
    std::map<std::string, std::uint64_t> branches;
    std::map<std::string, std::uint64_t> alarms;

    void fault(const std::string& name) { ++faults[name]; }
    void cheat(const std::string& name) { ++cheats[name]; }
    void branch(const std::string& name) { ++branches[name]; }
    void alarm(const std::string& name) { ++alarms[name]; }
};

}  // namespace lockstep::sim
