#include "sim/app/expectations.h"

namespace lockstep::sim {
namespace {

using Counts = std::map<std::string, std::uint64_t>;

std::uint64_t sum(const Counts& counts) {
    std::uint64_t total = 0;
    for (const auto& [name, count] : counts)
        total += count;
    return total;
}

std::uint64_t one(const Counts& counts, const std::string& name) {
    const auto found = counts.find(name);
    return found == counts.end() ? 0 : found->second;
}

bool holds(std::uint64_t value, const std::string& relation, std::uint64_t wanted) {
    if (relation == ">=") return value >= wanted;
    if (relation == "<=") return value <= wanted;
    return value == wanted;
}

}  // namespace

std::uint64_t value_of(const std::string& what, const Outcome& outcome) {
    const std::size_t dot = what.find('.');
    if (dot != std::string::npos) {
        const std::string group = what.substr(0, dot);
        const std::string name = what.substr(dot + 1);
        if (group == "faults") return one(outcome.faults_hit, name);
        if (group == "cheats") return one(outcome.cheats_hit, name);
        if (group == "alarms") return one(outcome.alarms, name);
        if (group == "reasons") return one(outcome.reasons, name);
        if (group == "branches") return one(outcome.branches_hit, name);
        return 0;
    }
    if (what == "settled") return outcome.settled;
    if (what == "unwound") return outcome.unwound;
    if (what == "declined") return outcome.declined;
    if (what == "broken") return outcome.broken;
    if (what == "paid") return outcome.paid;
    if (what == "refunded") return outcome.refunded;
    if (what == "alarms") return sum(outcome.alarms);
    if (what == "loud_stops") return outcome.loud_stops;
    if (what == "faults") return sum(outcome.faults_hit);
    if (what == "cheats") return sum(outcome.cheats_hit);
    if (what == "loss") return outcome.losses;
    if (what == "honest_success_ppm")
        return outcome.honest_orders == 0
                   ? 1'000'000
                   : outcome.honest_settled * 1'000'000 / outcome.honest_orders;
    return 0;
}

RuleResult check_expectations(const Scenario& scenario, const Outcome& outcome) {
    RuleResult result{"expectations", "what the scenario says must come of it", 0, {}};
    for (const Expectation& expected : scenario.expect) {
        ++result.checks;
        const std::uint64_t value = value_of(expected.what, outcome);
        if (!holds(value, expected.relation, expected.value))
            result.violations.push_back("expected " + expected.what + " " + expected.relation +
                                        " " + std::to_string(expected.value) + ", and it is " +
                                        std::to_string(value));
    }
    return result;
}

}  // namespace lockstep::sim
