// Every scenario that is shipped: each rule holds, what it says comes of it, and a second run is
// the same world.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "sim/app/runner.h"
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
    CHECK(files >= 50);
}

TEST_CASE("worlds in which a rule was once thought broken hold it") {
    const auto check = [](std::uint64_t seed) {
        const auto world =
            read_scenario(std::string(LOCKSTEP_SOURCE_DIR) + "/tests/unit/worlds/swarm-" +
                          std::to_string(seed) + ".toml");
        REQUIRE(world);
        check_twice(*world, seed);
    };
    // Who had paid an invoice was thought to be owed what a cheat put under its condition later.
    check(4'855);
    // An old copy that had its price took what a cheat had put beside it, and was thought to have
    // sold for that.
    check(7'527);
    // A payment that was open beyond the time that the world waited for it.
    check(10'080);
    // A secret that was decided to be shown, and forgotten with the data of its node before any
    // ledger saw it.
    check(20'110);
    // An old copy that heard of its payment before it heard of its delivery mourned the trade.
    check(60'103);
}

TEST_CASE("a trace that is kept says of which settlement each step and message is") {
    const auto scenario = read_scenario(scenarios + "/dvp-three-ledgers.toml");
    REQUIRE(scenario);
    RunOptions with;
    with.keep_trace = true;
    const Run run = run_world(*scenario, with);
    std::set<Condition> escrows;
    for (const Moment& moment : run.trace->moments())
        if (moment.kind == MomentKind::escrow_prepared) escrows.insert(moment.escrow.condition);
    CHECK(escrows.size() >= run.outcome.settled);
    std::set<Condition> instructed, told, ended;
    std::map<std::pair<ActorId, std::pair<ActorId, AssetId>>, std::uint64_t> balances;
    for (const Moment& moment : run.trace->moments()) {
        const Condition& about = moment.escrow.condition;
        if (moment.kind == MomentKind::message_sent && moment.text == "/v1/instructions") {
            CHECK_FALSE(about.is_zero());
            instructed.insert(about);
        }
        if (moment.kind == MomentKind::message_arrived && moment.text == "batch")
            told.insert(about);
        if (moment.kind == MomentKind::state && moment.text.ends_with(" settled"))
            ended.insert(about);
        if (moment.kind == MomentKind::released) CHECK(escrows.contains(about));
        if (moment.kind == MomentKind::balance)
            balances[{moment.actor, {moment.other, moment.asset}}] = moment.amount.units();
    }
    // A message that concerns several is told of one: most are named by some.
    const auto missing = [&](const std::set<Condition>& named) {
        return std::count_if(escrows.begin(), escrows.end(),
                             [&](const Condition& one) { return !named.contains(one); });
    };
    CHECK(missing(instructed) * 5 <= static_cast<std::ptrdiff_t>(escrows.size()));
    CHECK(missing(told) * 5 <= static_cast<std::ptrdiff_t>(escrows.size()));
    CHECK(ended.size() == run.outcome.settled);
    // Nothing is open at the end: what was issued stands on the accounts.
    std::map<AssetId, std::uint64_t> sums, issued;
    for (const auto& [holder, units] : balances)
        sums[holder.second.second] += units;
    for (const NodeSpec& node : scenario->nodes)
        for (const AccountSpec& account : node.accounts)
            issued[account.asset] += account.balance.units();
    CHECK(sums == issued);
    CHECK(std::includes(escrows.begin(), escrows.end(), ended.begin(), ended.end()));
}

}  // namespace
}  // namespace lockstep::sim
