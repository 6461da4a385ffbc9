// A process of a simulated world: what it armed dies with it.
#include <doctest/doctest.h>

#include "sdk/machine/machine_program.h"
#include "sim/world/process.h"
#include "tests/unit/cash_world.h"

namespace lockstep::sim {
namespace {

using Program = MachineProgram<cash::CashMachine>;

TEST_CASE("a process that is gone is not called by what it had armed") {
    Scheduler scheduler(Timestamp{1'000'000});
    Trace trace(false);
    const auto disk = make_memory_disk();
    const cash::Settings settings = cash::testing::test_settings();
    std::size_t answers = 0;
    // In its place nothing new lies: a late call would find the old values there.
    std::optional<Process<Program>> process;
    process.emplace(Process<Program>::Parts{
        scheduler, trace, the_world, *disk,
        [&] {
            return std::make_unique<Program>(
                cash::CashMachine{}, std::vector<cash::Input>{cash::input::Configure{settings}});
        },
        snapshot_rows,
        [&](const std::vector<Program::Effect>& effects) { answers += effects.size(); }, [] {}});
    REQUIRE(process->start());
    const std::size_t at_start = answers;
    CHECK(process->give({cash::input::Configure{settings}, 1}));
    SUBCASE("as long as it is there it is called") {
        scheduler.run_until(scheduler.now() + Duration::seconds(1));
        CHECK(answers > at_start);
    }
    SUBCASE("stopped") {
        process->kill();
        scheduler.run_until(scheduler.now() + Duration::seconds(1));
        CHECK(answers == at_start);
    }
    SUBCASE("gone, without having been stopped") {
        process.reset();
        scheduler.run_until(scheduler.now() + Duration::seconds(1));
        CHECK(answers == at_start);
    }
    SUBCASE("gone after it was stopped") {
        process->kill();
        process.reset();
        scheduler.run_until(scheduler.now() + Duration::seconds(1));
        CHECK(answers == at_start);
    }
}

}  // namespace
}  // namespace lockstep::sim
