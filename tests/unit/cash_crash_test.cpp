// The cash ledger dies at every persistence point, restarts, and is sent again what it did not
// answer: it ends in the state that it would have had anyway, and nobody gets two different
// answers.
#include <doctest/doctest.h>

#include <map>

#include "sdk/machine/machine_program.h"
#include "sdk/machine/sim_host.h"
#include "tests/unit/cash_world.h"

using namespace lockstep;
using namespace lockstep::cash;
using namespace lockstep::cash::testing;

namespace {

using Program = MachineProgram<CashMachine>;
using Host = SimHost<Program>;

struct Step {
    const char* time;
    const char* signer;
    const char* operation;
};
const Step script[] = {
    {"0", "operator", "open alice alice"},
    {"0", "operator", "open bob bob"},
    {"0", "operator", "asset SEK/2 bank 1"},
    {"0", "bank", "issue alice 1000"},
    {"1", "alice", "prepare E1 alice bob 100 H1 60"},
    {"1", "alice", "prepare E2 alice bob 200 H2 60"},
    {"2", "alice", "prepare E3 alice bob 50 H3 60"},
    {"3", "bob", "fulfil E1 alice P1"},
    {"4", "bob", "reject E3 alice bob"},
    {"5", "bob", "transfer bob alice 10 not_after=900"},
    {"60", "bob", "fulfil E2 alice P2"},
    {"61", "alice", "redeem alice 5"},
};

input::Submit instruction_of(const Step& step, std::size_t number) {
    const Timestamp at = time_of(step.time);
    Instruction instruction{
        account_of("test.sek"), key_of(step.signer), at + Duration::seconds(60), {}};
    instruction.ops.push_back(
        {command_id("step" + std::to_string(number)), op_of(words_of(step.operation), at)});
    return submit_of(instruction);
}

struct End {
    Hash state;
    std::vector<OpAnswer> answers;
    std::uint64_t points = 0;
    std::size_t crashes = 0;
    friend bool operator==(const End& a, const End& b) {
        return a.state == b.state && a.answers == b.answers;
    }
};

// Runs the script; dies at the n-th point, and at every m-th after it where m is not 0.
End run_script(std::uint64_t first_crash, std::uint64_t then_every, std::uint64_t snapshot_rows) {
    MemoryDisk disk;
    const auto make = [] {
        return std::make_unique<Program>(CashMachine{},
                                         std::vector<Input>{input::Configure{test_settings()}});
    };
    Host host(disk, make, snapshot_rows);
    if (first_crash > 0) host.crash_at_point(first_crash);
    End end;
    std::map<Ticket, OpAnswer> told;
    const auto restart = [&](Timestamp at) {
        while (!host.running()) {
            if (end.points > 0 || host.points() > 0) ++end.crashes;
            if (host.points() >= first_crash && then_every > 0 && end.crashes > 1)
                host.crash_at_point(then_every);
            REQUIRE(host.start(at).has_value());
        }
    };
    for (std::size_t i = 0; i < std::size(script); ++i) {
        const Timestamp at = time_of(script[i].time);
        const Ticket ticket = i + 1;
        for (bool answered = false; !answered;) {
            restart(at);
            for (auto& effect : host.run(at, {{instruction_of(script[i], i), ticket}})) {
                auto* output = std::get_if<TicketedOutput<CashMachine>>(&effect);
                auto* answers =
                    output != nullptr ? std::get_if<output::Answers>(&output->output) : nullptr;
                if (answers == nullptr) continue;
                REQUIRE(answers->answers.size() == 1);
                // whoever was told something once is never told something else
                const auto [before, is_new] = told.emplace(ticket, answers->answers[0]);
                REQUIRE((is_new || before->second == answers->answers[0]));
                answered = true;
            }
        }
    }
    restart(time_of("61"));
    REQUIRE(host.program().machine().is_conserved());
    end.state = host.digest().digest;
    end.points = host.points();
    for (const auto& [ticket, answer] : told)
        end.answers.push_back(answer);

    Program replayed(CashMachine{});
    REQUIRE(replayed.recover(whole_journal(disk)).has_value());
    CHECK(sha256(replayed.snapshot()) == end.state);
    return end;
}

}  // namespace

TEST_CASE("a ledger that dies at any persistence point ends where it would have ended") {
    for (const std::uint64_t snapshot_rows : {3ull, 1000ull}) {
        const End whole = run_script(0, 0, snapshot_rows);
        CHECK(whole.points > std::size(script) * 3);
        for (std::uint64_t point = 1; point <= whole.points; ++point) {
            CAPTURE(point);
            const End end = run_script(point, 0, snapshot_rows);
            CHECK(end == whole);
            CHECK(end.crashes >= 1);
        }
    }
}

TEST_CASE("a ledger that dies again and again ends where it would have ended") {
    const End whole = run_script(0, 0, 4);
    for (std::uint64_t every = 5; every < 12; ++every) {
        for (std::uint64_t point = 1; point <= 10; ++point) {
            CAPTURE(point);
            CAPTURE(every);
            CHECK(run_script(point, every, 4) == whole);
        }
    }
}
