// Drives a program over a script while its process dies at chosen persistence points, as clients
// would: whatever was not answered is sent again. The state must come out as without a crash.
#pragma once

#include <doctest/doctest.h>

#include <set>

#include "sdk/machine/machine_program.h"
#include "sdk/machine/sim_host.h"

namespace lockstep::testing {

// Inputs that are sent together at one time. Sending one twice must do one thing.
template <class P>
struct CrashStep {
    Timestamp at;
    std::vector<typename P::Input> inputs;
};

template <class P>
class CrashDrive {
public:
    using Make = typename SimHost<P>::Make;
    using Script = std::vector<CrashStep<P>>;

    CrashDrive(Make make, Script script, std::uint64_t snapshot_rows = 5)
        : make_(std::move(make)), script_(std::move(script)), snapshot_rows_(snapshot_rows) {}

    struct Outcome {
        Bytes state;
        std::uint64_t points = 0;
        MemoryDisk disk;
    };

    // Dies at the first point, then at the second counted from there, and so on.
    Outcome run(const std::vector<std::uint64_t>& deaths) const {
        Outcome outcome;
        SimHost<P> host(outcome.disk, make_, snapshot_rows_);
        auto next_death = deaths.begin();
        const auto arm = [&] {
            if (next_death != deaths.end()) host.crash_at_point(*next_death++);
        };
        arm();
        for (const CrashStep<P>& step : script_) {
            std::set<Ticket> answered;
            bool done = false;
            while (!done) {
                if (!host.running()) {
                    const auto started = host.start(step.at);
                    REQUIRE_MESSAGE(started, started.error().detail);
                    if (!host.running()) {
                        arm();
                        continue;
                    }
                }
                std::vector<typename P::Input> unanswered;
                for (const auto& input : step.inputs) {
                    if (!answered.contains(input.ticket)) unanswered.push_back(input);
                }
                for (const auto& effect : host.run(step.at, unanswered)) {
                    if (const auto* answer = std::get_if<TicketAnswer>(&effect)) {
                        answered.insert(answer->ticket);
                    }
                }
                if (!host.running()) arm();
                done = host.running() && answered.size() == step.inputs.size();
            }
        }
        outcome.state = host.program().snapshot();
        outcome.points = host.points();
        return outcome;
    }

    // Dies at each point there is, one per run, and at pairs of points.
    void check_every_point() const {
        const Outcome calm = run({});
        check_replay(calm);
        REQUIRE(calm.points > 0);
        for (std::uint64_t first = 1; first <= calm.points; ++first) {
            CAPTURE(first);
            const Outcome once = run({first});
            CHECK(once.state == calm.state);
            check_replay(once);
            for (std::uint64_t second = 1; second <= 5; ++second) {
                CAPTURE(second);
                CHECK(run({first, second, second}).state == calm.state);
            }
        }
    }

    // The same journal gives the same state, from the first row as from a snapshot.
    void check_replay(const Outcome& outcome) const {
        const auto again = make_();
        const auto recovered = again->recover(whole_journal(outcome.disk));
        REQUIRE_MESSAGE(recovered, recovered.error().detail);
        CHECK(again->snapshot() == outcome.state);
    }

private:
    Make make_;
    Script script_;
    std::uint64_t snapshot_rows_;
};

}  // namespace lockstep::testing
