#include <fstream>
#include <set>

#include "connector/client/trades_file.h"
#include "deploy/demo/run.h"
#include "tests/integration/demo_world.h"

using namespace lockstep;
using namespace lockstep::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t file_trades = 60;
constexpr std::size_t of_each_kind = 3;

// Trades of the demonstration's file: a few of every kind that cannot settle, one of them with a
// seller that goes silent, and others up to sixty.
fs::path pick_trades(const fs::path& directory) {
    const fs::path all = fs::path(LOCKSTEP_SOURCE_DIR) / "deploy" / "demo" / "trades.csv";
    const auto trades = client::read_trades(all);
    REQUIRE(trades.has_value());
    std::map<std::string, std::size_t> kinds;
    std::set<std::string> seen;
    std::vector<client::TradeRequest> odd;
    std::vector<client::TradeRequest> sound;
    for (const client::TradeRequest& trade : *trades) {
        const bool repeat = !seen.insert(trade.reference).second;
        const demo::Outcome outcome = demo::expected_outcome(trade, repeat);
        if (outcome == demo::Outcome::settled) {
            sound.push_back(trade);
            continue;
        }
        const std::string kind = outcome == demo::Outcome::unwound
                                     ? "silent"
                                     : trade.buyer + trade.seller + trade.instrument;
        if (!repeat && kinds[kind]++ < (kind == "silent" ? 1 : of_each_kind)) odd.push_back(trade);
    }
    odd.resize(std::min<std::size_t>(odd.size(), 25));
    odd.push_back(sound.front());  // sent twice
    while (odd.size() < file_trades)
        odd.push_back(sound[file_trades - odd.size() - 1]);
    fs::create_directories(directory);
    fs::path file = directory / "trades.csv";
    std::ofstream out(file);
    out << "reference,isin,quantity,price_sek,buyer,seller,time\n";
    for (const client::TradeRequest& trade : odd) {
        out << trade.reference << ',' << trade.instrument << ',' << trade.quantity << ','
            << trade.price << ',' << trade.buyer << ',' << trade.seller << ',' << trade.time
            << '\n';
    }
    return file;
}

}  // namespace

TEST_CASE("the demonstration settles its trades, and its result says so") {
    TestDirectory directory("demo");
    directory.keep = true;
    demo::RunSettings settings;
    settings.world = {directory.path / "world", program_directory(), short_profiles, false, {}};
    settings.trades_file = pick_trades(directory.path);
    settings.speed_trades = 300;
    settings.latency_trades = 50;
    demo::Screen screen;
    const auto report = demo::run_demo(settings, screen, never_stop);
    if (!report) FAIL(report.error().detail);
    for (const std::string& problem : report->problems)
        FAIL_CHECK(problem);
    const Json json = demo::to_json(*report);
    CHECK(json["trades"].as_uint64() == file_trades);
    const auto settled = json["settled"].as_uint64().value_or(0);
    const auto unwound = json["unwound"].as_uint64().value_or(0);
    const auto declined = json["declined"].as_uint64().value_or(0);
    CHECK(settled + unwound + declined == file_trades);
    CHECK(settled > 0);
    CHECK(unwound == 1);
    CHECK(declined > 5);
    const auto* reasons = json["reasons"].as_object();
    REQUIRE(reasons != nullptr);
    std::uint64_t with_reason = 0;
    for (const auto& reason : *reasons)
        with_reason += reason.value.as_uint64().value_or(0);
    CHECK(with_reason == unwound + declined);
    CHECK(json["reasons"].find("duplicate_reference") != nullptr);
    CHECK(json["conserved"].as_bool() == true);
    CHECK(parse_amount(json["fees"]["EUR"].text_or(""), 2).value_or(Amount{}) > Amount{});
    CHECK(json["settlements_per_second"].as_double().value_or(0) > 0);
    const double p50 = json["latency_ms"]["p50"].as_double().value_or(0);
    CHECK(p50 > 0);
    CHECK(json["latency_ms"]["p99"].as_double().value_or(0) >= p50);
    CHECK(json["in_flight"].as_uint64() == 256);
    CHECK(json["signatures_verified"].as_uint64().value_or(0) > 0);
    CHECK(json["commits"].as_uint64().value_or(0) > 0);
    CHECK(json["restarts"].as_uint64() == 0);
    CHECK(json["replays"].size() == 7);
    for (std::size_t i = 0; i < json["replays"].size(); ++i)
        CHECK(json["replays"][i]["same_as_live"].as_bool() == true);
    directory.keep = false;
}

namespace {

class CommandLine {
public:
    CommandLine(const demo::World& world, const std::string& node)
        : words_{program_directory() / "lockstep", "--node", world.url(node), "--key",
                 world.key_file("operator")} {}

    demo::Finished run(const std::vector<std::string>& arguments) const {
        std::vector<std::string> words = words_;
        words.insert(words.end(), arguments.begin(), arguments.end());
        const auto finished = demo::run_program(words, Duration::seconds(60));
        REQUIRE(finished.has_value());
        return *finished;
    }

private:
    std::vector<std::string> words_;
};

}  // namespace

TEST_CASE("the command line pays over two ledgers, settles, shows, and explains what went wrong") {
    TestDirectory directory("cli");
    const auto world = start_world(directory, short_profiles);
    const CommandLine buyer(*world, "buyer");
    const CommandLine seller(*world, "seller");
    const CommandLine venue(*world, "venue");
    const CommandLine connector(*world, "connector");

    const auto invoice = [&] {
        const auto made = seller.run({"--json", "invoice", "test.sek.delta-bank", "1000.00"});
        REQUIRE(made.status == 0);
        const auto json = parse_json(made.output);
        REQUIRE(json.has_value());
        return (*json)["code"].text_or("");
    };
    const auto pay = [&](std::vector<std::string> more) {
        std::vector<std::string> words{"pay", invoice(), "--from", "test.eur.aspen-fund"};
        words.insert(words.end(), more.begin(), more.end());
        return buyer.run(words);
    };
    const auto quoted = pay({"--quote"});
    CHECK(quoted.status == 0);
    CHECK(quoted.output.find("89.44 EUR would leave") != std::string::npos);
    const std::string id = quoted.output.substr(quoted.output.find("confirm ") + 8, 64);
    const auto confirmed = buyer.run({"confirm", id});
    CHECK_MESSAGE(confirmed.status == 0, confirmed.output);
    CHECK(confirmed.output.find("paid 89.44 EUR") != std::string::npos);
    CHECK(confirmed.output.find("receipt") != std::string::npos);
    for (const auto& paid : {pay({}), pay({"--most", "89.44"})}) {
        CHECK_MESSAGE(paid.status == 0, paid.output);
        CHECK(paid.output.find("paid 89.44 EUR") != std::string::npos);
    }
    const auto dear = pay({"--most", "89.43"});
    CHECK(dear.status == 4);

    const std::vector<std::string> trade{"settle",     "CLI-1",      "--isin",   "SE0000108656",
                                         "--quantity", "50",         "--price",  "85.40",
                                         "--buyer",    "aspen-fund", "--seller", "delta-bank"};
    CHECK(venue.run(trade).status == 0);
    const auto twice = venue.run(trade);
    CHECK(twice.status == 4);
    CHECK(twice.output.find("duplicate_reference") != std::string::npos);
    const auto shown = venue.run({"trade", "CLI-1"});
    CHECK(shown.status == 0);
    CHECK(shown.output.find("evidence.preimage") != std::string::npos);
    for (const char* view : {"status", "balances", "exposure", "fees", "alarms", "ledgers",
                             "offers", "peers", "payments", "invoices", "escrows", "trades"}) {
        CHECK_MESSAGE(connector.run({view}).status == 0, view);
        const auto json = connector.run({"--json", view});
        CHECK_MESSAGE(parse_json(json.output).has_value(), view);
    }
    const auto unknown = venue.run({"trade", "NOPE"});
    CHECK(unknown.status == 1);
    CHECK(unknown.output.find("[not_found]") != std::string::npos);
    CHECK(venue.run({"nonsense"}).status == 2);
    world->kill("venue");
    const auto gone = venue.run({"status"});
    CHECK(gone.status == 3);
    CHECK(gone.output.find("Is the node running") != std::string::npos);
    REQUIRE(world->restart("venue").has_value());
    REQUIRE(world->wait_ready("venue", Duration::seconds(10)));
    check_books(*world);
}
