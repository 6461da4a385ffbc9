#include "tests/integration/demo_world.h"

#include <algorithm>
#include <thread>

#include "deploy/demo/generated_trades.h"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("every process dies ten times under load, and every trade ends and the books balance") {
    kill_every_process(10, 20261122);
}

namespace {

std::uint64_t units(const std::string& text) {
    const auto amount = parse_amount(text, 2);
    return amount ? amount->units() : 0;
}

// Krona that the connector may lose at this moment, as it says itself.
std::uint64_t krona_at_risk(demo::World& world) {
    const auto exposure = world.client("connector").exposure();
    REQUIRE(exposure.has_value());
    for (const client::ExposureView& row : *exposure)
        if (row.asset == "SEK") return units(row.at_risk);
    return 0;
}

// What the connector has on a ledger by the ledger's own books, in escrow or not.
std::uint64_t holds(demo::World& world, const std::string& ledger) {
    const auto account = world.client(ledger).get("/v1/accounts/test." + ledger + ".connector");
    REQUIRE(account.has_value());
    const Json& balance = (*account)["balances"][0];
    return units(balance["free"].text_or("")) + units(balance["escrowed"].text_or(""));
}

}  // namespace

TEST_CASE("a connector away for longer than its margin loses at most what it said is at risk") {
    TestDirectory directory("beyond");
    directory.keep = true;
    const auto world = start_world(directory, short_profiles);
    demo::Desk desk(world->loop(), world->desk());
    std::uint64_t at_risk = 0;
    std::uint64_t krona = 0;
    std::uint64_t euro = 0;
    demo::PhaseResult result;
    // Payments stand and deliveries do not, because their ledger is away for a moment: what is at
    // risk stands still, and is read before the connector dies.
    for (int attempt = 0; attempt < 10 && at_risk == 0; ++attempt) {
        std::thread trading([&] {
            result = desk.run({demo::make_trades("R" + std::to_string(attempt) + "-", 60), 60},
                              never_stop, {});
        });
        for (int i = 0; i < 500 && krona_at_risk(*world) == 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        world->kill("csd");
        std::this_thread::sleep_for(std::chrono::milliseconds(400));
        at_risk = krona_at_risk(*world);
        if (at_risk > 0) {
            krona = holds(*world, "sek");
            euro = holds(*world, "eur");
            world->kill("connector");
        }
        REQUIRE(world->restart("csd").has_value());
        REQUIRE(world->wait_ready("csd", Duration::seconds(10)));
        if (at_risk > 0) {
            // Hop 0 expires about 20 s after it was planned; its euro go back to the buyer.
            std::this_thread::sleep_for(std::chrono::seconds(30));
            REQUIRE(world->restart("connector").has_value());
            REQUIRE(world->wait_ready("connector", Duration::seconds(20)));
        }
        trading.join();
        CHECK(result.counts.ended() == result.counts.total);
    }
    REQUIRE(at_risk > 0);
    require_quiet(*world);
    const std::uint64_t krona_after = holds(*world, "sek");
    CHECK(holds(*world, "eur") == euro);
    REQUIRE(krona_after <= krona);
    const std::uint64_t loss = krona - krona_after;
    CHECK(loss > 0);
    CHECK_MESSAGE(loss <= at_risk, "öre at risk ", at_risk, ", lost ", loss);
    const auto alarms = world->client("connector").alarms();
    REQUIRE(alarms.has_value());
    CHECK(std::any_of(alarms->begin(), alarms->end(),
                      [](const client::AlarmView& alarm) { return alarm.code == "loss"; }));
    check_books(*world);
    directory.keep = false;
}
