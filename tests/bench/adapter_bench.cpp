// What a turn of an adapter costs beside its signature: commands taken, signed, answered; events
// read and reported.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>

#include "cash/adapter/cash_adapter.h"
#include "tests/unit/adapter_desk.h"

using namespace lockstep;
using namespace lockstep::desk;

TEST_CASE("a turn with 200 commands and 200 events costs little more than its signature") {
    constexpr int turns = 200;
    constexpr int each = 200;
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    std::vector<std::vector<AdapterInput>> inputs(turns);
    std::uint64_t sequence = 0;
    for (int turn = 0; turn < turns; ++turn) {
        LedgerFrame frame{t(turn), 0, {}, {}};
        for (int i = 0; i < each; ++i) {
            const std::string name = "E" + std::to_string(turn * each + i);
            inputs[static_cast<std::size_t>(turn)].emplace_back(prepare(name));
            frame.events.push_back(
                {++sequence, t(turn), terms(name), EscrowState::prepared, std::nullopt});
        }
        frame.tip = sequence;
        inputs[static_cast<std::size_t>(turn)].emplace_back(StreamFrame{encode_frame(frame)});
    }
    const auto begun = std::chrono::steady_clock::now();
    std::size_t instructions = 0;
    for (int turn = 0; turn < turns; ++turn) {
        desk.step(t(turn), std::move(inputs[static_cast<std::size_t>(turn)]));
        for (const Request& request : desk.take_instructions()) {
            ++instructions;
            desk.give(t(turn), all_done(request));
        }
        CHECK(desk.take<report::Escrow>().size() == each);
        CHECK(desk.take<report::Answer>().size() == each);
        desk.reports.clear();
    }
    const auto took = std::chrono::steady_clock::now() - begun;
    CHECK(instructions == turns);
    const double us =
        std::chrono::duration<double, std::micro>(took).count() / turns;  // with the desk's part
    std::printf("a turn of %d commands and %d events: %.0f us, %.2f us each\n", each, each, us,
                us / (2 * each));
    CHECK(us < 20'000);
}
