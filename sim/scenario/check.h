// Whether a scenario means something and can be safe. What the reader uses for files and the tests
// for drawn worlds.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// Defaults of a file.
constexpr Duration default_length = Duration::seconds(300);
constexpr Duration default_from = Duration::seconds(2);
constexpr Duration default_beat = Duration::seconds(1);
constexpr Duration default_block = Duration::milliseconds(500);  // of a securities ledger
constexpr TimingProfile default_profile{Duration::seconds(1), Duration{},           Duration{},
                                        Duration::seconds(1), Duration::seconds(1), Duration{}};
constexpr core::Endurance default_endurance{Duration::seconds(2), 3, 0};

// Limits.
constexpr std::uint32_t max_ledgers = 32;
constexpr std::uint32_t max_nodes = 128;
constexpr std::uint32_t max_faults = 256;
constexpr std::uint32_t max_load = 1'000'000;
constexpr std::uint32_t max_validators = 16;
constexpr Duration max_length = Duration::seconds(30 * 86'400);
constexpr Amount max_balance{1'000'000'000'000'000};
constexpr std::uint32_t max_swarm_ledgers = 6;
constexpr std::uint32_t max_swarm_connectors = 5;

// `path` says where, by place: "node[1].accounts[0].ledger".
struct Problem {
    std::string path;
    std::string what;
};

// Everything below; the second only where the first finds nothing and `unsafe` is false.
std::vector<Problem> check_scenario(const Scenario& scenario);

// Names, references, roles, routes, faults and expectations.
std::vector<Problem> check_structure(const Scenario& scenario);
// Faults that go beyond what the margins were reckoned with, with the arithmetic.
std::vector<Problem> check_safety(const Scenario& scenario);

}  // namespace lockstep::sim
