// What one world came to: the result of a run, for people, for machines and for the report.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/world/trace.h"

namespace lockstep::sim {

// A rule of the oracle, and whether it held.
struct RuleResult {
    std::string rule;     // "no_honest_loss"
    std::string meaning;  // a sentence
    std::uint64_t checks = 0;
    std::vector<std::string> violations;  // each says what and when
};

struct Outcome {
    std::string scenario;
    std::uint64_t seed = 0;
    Timestamp start;
    Timestamp healed_at;  // when faults and cheats ended
    Timestamp end;
    // settlements and payments that were submitted, by how they ended
    std::uint64_t settlements = 0;
    std::uint64_t settled = 0;
    std::uint64_t unwound = 0;
    std::uint64_t declined = 0;
    std::uint64_t broken = 0;
    std::uint64_t dropped = 0;  // without an end: the node that they were for is gone
    std::uint64_t paid = 0;     // of the payments among them
    std::uint64_t refunded = 0;
    std::uint64_t honest_orders = 0;  // among honest parties only
    std::uint64_t honest_settled = 0;
    std::uint64_t losses = 0;      // of parties beyond what their profile promises
    std::uint64_t loud_stops = 0;  // nodes that stood still for a person at the end
    std::map<std::string, std::uint64_t> reasons;
    std::map<std::string, std::uint64_t> faults_hit;
    std::map<std::string, std::uint64_t> cheats_hit;    // acts that left the protocol
    std::map<std::string, std::uint64_t> branches_hit;  // of recovery
    std::map<std::string, std::uint64_t> alarms;
    std::vector<RuleResult> rules;
    Hash digest;
    bool real_signatures = false;
    bool real_store = false;

    bool violated() const {
        for (const RuleResult& rule : rules)
            if (!rule.violations.empty()) return true;
        return false;
    }
};

}  // namespace lockstep::sim
