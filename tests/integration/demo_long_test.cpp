#include <map>
#include <set>

#include "connector/client/trades_file.h"
#include "deploy/demo/run.h"
#include "tests/integration/demo_world.h"

using namespace lockstep;
using namespace lockstep::test;
namespace fs = std::filesystem;

TEST_CASE("every trade of the demonstration's file ends as the file and the world foretell") {
    TestDirectory directory("demo-long");
    directory.keep = true;
    demo::RunSettings settings;
    settings.world = {directory.path / "world", program_directory(), demo::Profiles{}, false, {}};
    settings.trades_file = fs::path(LOCKSTEP_SOURCE_DIR) / "deploy" / "demo" / "trades.csv";
    settings.speed_trades = 500;
    settings.latency_trades = 100;
    const auto trades = client::read_trades(settings.trades_file);
    REQUIRE(trades.has_value());
    CHECK(trades->size() == 565);
    std::map<demo::Outcome, std::size_t> foretold;
    std::set<std::string> seen;
    for (const client::TradeRequest& trade : *trades)
        ++foretold[demo::expected_outcome(trade, !seen.insert(trade.reference).second)];

    demo::Screen screen;
    const auto report = demo::run_demo(settings, screen, never_stop);
    if (!report) FAIL(report.error().detail);
    for (const std::string& problem : report->problems)
        FAIL_CHECK(problem);
    CHECK(report->conserved);
    const demo::Counts& counts = report->file.counts;
    CHECK(counts.total == trades->size());
    CHECK(counts.settled == foretold[demo::Outcome::settled]);
    CHECK(counts.unwound == foretold[demo::Outcome::unwound]);
    CHECK(counts.declined == foretold[demo::Outcome::declined]);
    CHECK(counts.settled >= 500);
    CHECK(counts.unwound > 0);
    CHECK(counts.declined > 0);
    directory.keep = false;
}

TEST_CASE("--chaos kills processes while trades settle, and the books are whole") {
    TestDirectory directory("demo-chaos");
    directory.keep = true;
    demo::RunSettings settings;
    settings.world = {directory.path / "world", program_directory(), demo::Profiles{}, false, {}};
    settings.trades_file = fs::path(LOCKSTEP_SOURCE_DIR) / "deploy" / "demo" / "trades.csv";
    settings.trades = 50;
    settings.speed_trades = 1'500;
    settings.latency_trades = 100;
    settings.chaos = true;
    demo::Screen screen;
    const auto report = demo::run_demo(settings, screen, never_stop);
    if (!report) FAIL(report.error().detail);
    CHECK(report->conserved);
    CHECK(report->restarts > 0);
    CHECK(report->file.counts.total == 50);
    CHECK(report->speed.counts.settled == 1'500);
    REQUIRE(report->endings.size() == 7);
    for (const demo::Ending& ending : report->endings) {
        CAPTURE(ending.name);
        CHECK(ending.status == 0);
        CHECK(ending.replayed);
    }
    directory.keep = false;
}
