// Many worlds, on several threads, told of in the order of their seeds.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "sim/app/runner.h"

namespace lockstep::sim {

struct SoakOptions {
    std::vector<Scenario> scenarios;  // each runs with every seed
    std::uint64_t first_seed = 1;
    std::uint64_t seeds = 1'000;
    unsigned jobs = 1;
    bool twice = false;                  // each seed runs twice and must give the same digest
    std::uint64_t most_violations = 20;  // then it stops
};

struct SoakFailure {
    std::string scenario;
    std::uint64_t seed = 0;
    std::string rule;
    std::string what;
};

// What a soak came to; sums do not grow with the number of seeds.
struct SoakResult {
    std::uint64_t seeds = 0;
    std::uint64_t violations = 0;  // worlds in which a rule broke
    Duration simulated;
    std::uint64_t settlements = 0, settled = 0, unwound = 0, declined = 0, broken = 0, dropped = 0;
    std::map<std::string, std::uint64_t> reasons;  // why orders did not settle
    std::map<std::string, std::uint64_t> faults_hit;
    std::map<std::string, std::uint64_t> faults_drawn;  // worlds that a kind might have struck
    std::map<std::string, std::uint64_t> cheats_hit;
    std::map<std::string, std::uint64_t> branches_hit;
    std::uint64_t seeds_real_crypto = 0;
    std::uint64_t seeds_real_sqlite = 0;
    std::int64_t cpu_us = 0;  // of the whole process
    std::int64_t wall_us = 0;
    Hash digest;  // of all worlds, in the order of their seeds
    std::vector<SoakFailure> failures;
    std::vector<std::string> never_hit;
    bool interrupted = false;

    bool failed() const { return violations > 0 || !never_hit.empty(); }
    std::uint64_t seeds_per_core_minute() const {
        return cpu_us <= 0 ? 0
                           : static_cast<std::uint64_t>(static_cast<std::int64_t>(seeds) *
                                                        60'000'000 / cpu_us);
    }
};

// `progress` is called now and then, from the thread that called. Ends early when `stop` is set.
SoakResult soak(
    const SoakOptions& options, const std::atomic<bool>& stop,
    const std::function<void(const SoakResult& so_far, std::uint64_t planned)>& progress);

std::string to_json(const SoakResult& result);
std::string to_text(const SoakResult& result);

}  // namespace lockstep::sim
