// Worlds of the swarm: each rule holds, with cheats of every kind and all faults, and a second run
// is the same world.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "sim/app/soak.h"
#include "sim/scenario/read.h"

namespace lockstep::sim {
namespace {

TEST_CASE("four hundred worlds of the swarm hold every rule, twice") {
    SoakOptions options;
    options.scenarios.push_back(
        *read_scenario(std::string(LOCKSTEP_SOURCE_DIR) + "/sim/scenarios/swarm.toml"));
    options.seeds = 400;
    options.jobs = std::max(1U, std::thread::hardware_concurrency());
    options.twice = true;
    const std::atomic<bool> stop{false};
    const SoakResult result = soak(options, stop, [](const SoakResult&, std::uint64_t) {});
    for (const SoakFailure& failure : result.failures)
        FAIL_CHECK(std::string("seed " + std::to_string(failure.seed) + ", " + failure.rule + ": " +
                               failure.what));
    CHECK(result.seeds == options.seeds);
    CHECK(result.never_hit.empty());
    CHECK(result.cheats_hit.size() >= 15);
    CHECK(result.seeds_real_sqlite == options.seeds / 100);
    CHECK(result.seeds_real_crypto == options.seeds / 100);
    MESSAGE(result.seeds_per_core_minute() * 2, " worlds a core-minute");
}

}  // namespace
}  // namespace lockstep::sim
