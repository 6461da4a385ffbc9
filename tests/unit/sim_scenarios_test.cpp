// Every scenario that is shipped, and some worlds of the swarm: each rule holds, what a scenario
// says comes of it, and a second run is the same world.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "sim/app/runner.h"
#include "sim/app/soak.h"
#include "sim/scenario/read.h"

namespace lockstep::sim {
namespace {

const std::string scenarios = std::string(LOCKSTEP_SOURCE_DIR) + "/sim/scenarios";

void check_twice(const Scenario& scenario, std::uint64_t seed) {
    CAPTURE(scenario.name);
    CAPTURE(seed);
    RunOptions with;
    with.seed = seed;
    const Run run = run_world(scenario, with);
    for (const RuleResult& rule : run.outcome.rules)
        for (const std::string& violation : rule.violations)
            FAIL_CHECK(std::string(rule.rule + ": " + violation));
    CHECK(run_world(scenario, with).outcome.digest == run.outcome.digest);
}

TEST_CASE("every scenario does what it says, twice") {
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(scenarios)) {
        if (file.path().extension() != ".toml") continue;
        const auto scenario = read_scenario(file.path());
        REQUIRE(scenario);
        ++files;
        check_twice(*scenario, 1);
    }
    CHECK(files >= 27);
}

TEST_CASE("worlds of the swarm hold every rule, with cheats of many kinds and all faults") {
    SoakOptions options;
    options.scenarios.push_back(*read_scenario(scenarios + "/swarm.toml"));
    options.first_seed = 40;
    options.seeds = 40;
    options.jobs = 2;
    options.twice = true;
    const std::atomic<bool> stop{false};
    const SoakResult result = soak(options, stop, [](const SoakResult&, std::uint64_t) {});
    for (const SoakFailure& failure : result.failures)
        FAIL_CHECK(std::string("seed " + std::to_string(failure.seed) + ", " + failure.rule + ": " +
                               failure.what));
    CHECK(result.seeds == 40);
    CHECK(result.never_hit.empty());
    CHECK(result.cheats_hit.size() >= 8);
    CHECK(result.seeds_real_sqlite == 1);
}

}  // namespace
}  // namespace lockstep::sim
