// The command line against a running world: what an operator and a venue type, and what becomes of
// the trades.
#include <unistd.h>

#include <fstream>
#include <map>

#include "sdk/codec/json.h"
#include "tests/integration/demo_world.h"
#include "tests/integration/process.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

constexpr const char* trade_options[] = {"--isin",   "SE0000148884", "--quantity", "50",
                                         "--price",  "164.50",       "--buyer",    "aspen-fund",
                                         "--seller", "delta-bank"};

class CommandLine {
public:
    explicit CommandLine(demo::World& world) : world_(world) {}

    struct Ran {
        int status = -1;
        std::string output;
        Json json() const {
            const auto read = parse_json(output);
            REQUIRE_MESSAGE(read, output);
            return *read;
        }
    };
    Process command(const std::string& node, std::vector<std::string> words,
                    const std::filesystem::path& log) {
        words.insert(words.begin(), {"--json", "--node", world_.url(node), "--key",
                                     world_.key_file("operator").string()});
        return {"lockstep", std::move(words), log};
    }
    Ran run(const std::string& node, std::vector<std::string> words) {
        const auto log = next_log();
        CAPTURE(words.front());
        Process process = command(node, std::move(words), log);
        process.start();
        const auto status = process.wait(60'000);
        REQUIRE(status);
        return {*status, read_file(log)};
    }
    // Accepted, and not waited for.
    void submit(const std::string& reference) {
        std::vector<std::string> words{"settle", reference, "--no-wait"};
        words.insert(words.end(), std::begin(trade_options), std::end(trade_options));
        CHECK(run("venue", std::move(words)).status == 0);
    }
    std::string state_of(const std::string& reference) {
        return std::string(run("venue", {"trade", reference}).json()["state"].text_or(""));
    }
    bool ends_as(const std::string& reference, const std::string& state) {
        for (int tries = 0; tries < 100; ++tries) {
            if (state_of(reference) == state) return true;
            ::usleep(100'000);
        }
        return false;
    }
    std::filesystem::path next_log() {
        return world_.directory() / ("cli-" + std::to_string(++n_));
    }

private:
    demo::World& world_;
    int n_ = 0;
};

// The last state of each trade that a watcher was told of, in the order of the events' numbers.
std::map<std::string, std::string> ends_in(const std::filesystem::path& log) {
    std::map<std::string, std::string> ends;
    std::uint64_t last = 0;
    std::ifstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        const auto event = parse_json(line);
        REQUIRE_MESSAGE(event, line);
        const auto number = (*event)["number"].as_uint64().value_or(0);
        CHECK(number > last);
        last = number;
        if ((*event)["kind"].text_or("") == "trade")
            ends[std::string((*event)["reference"].text_or(""))] = (*event)["state"].text_or("");
    }
    return ends;
}

}  // namespace

TEST_CASE("what an operator types is done, and what is watched is what happened") {
    TestDirectory directory("cli-world");
    const auto world = start_world(directory, short_profiles);
    CommandLine cli(*world);
    const auto watched = cli.next_log();
    Process watch = cli.command("venue", {"watch", "--all"}, watched);
    watch.start();

    // --- trades that cannot begin yet, because the buyer's node is away ---
    world->kill("buyer");
    for (const char* reference : {"HELD", "CANCELLED"}) {
        cli.submit(reference);
        CHECK(cli.run("venue", {"hold", reference}).status == 0);
    }
    CHECK(cli.run("venue", {"hold", "NOBODY"}).status == 1);
    REQUIRE(world->restart("buyer"));
    REQUIRE(world->wait_ready("buyer", Duration::seconds(20)));
    CHECK(cli.run("venue", {"cancel", "CANCELLED"}).status == 0);
    CHECK(cli.ends_as("CANCELLED", "declined"));
    CHECK(cli.run("venue", {"trade", "CANCELLED"}).json()["reason"].text_or("") == "cancelled");
    ::usleep(1'000'000);  // time enough for it to settle, were it not held
    CHECK(cli.state_of("HELD") != "settled");
    // It is the buyer's node that keeps it from beginning.
    CHECK(cli.run("buyer", {"trade", "HELD"}).json()["held"].as_bool() == true);
    CHECK(cli.run("venue", {"release", "HELD"}).status == 0);
    CHECK(cli.ends_as("HELD", "settled"));

    // --- many at once, one of which the seller withholds ---
    const auto since = cli.next_log();
    Process late = cli.command("venue", {"watch"}, since);
    late.start();
    const auto withheld =
        cli.run("seller", {"withhold", "WITHHELD", "--venue", world->node_key("venue").hex()});
    CHECK(withheld.status == 0);
    ::usleep(1'000'000);  // time enough for the late watcher to be there
    const auto file = world->directory() / "many.csv";
    std::ofstream(file) << "reference,isin,quantity,price_sek,buyer,seller,time\n"
                        << "GOOD,SE0000148884,50,164.50,aspen-fund,delta-bank,"
                           "2026-11-20T09:00:21Z\n"
                        << "WITHHELD,SE0000148884,50,164.50,aspen-fund,delta-bank,"
                           "2026-11-20T09:00:22Z\n"
                        << "UNKNOWN,SE0000000000,50,164.50,aspen-fund,delta-bank,"
                           "2026-11-20T09:00:23Z\n";
    const auto many = cli.run("venue", {"settle", "--csv", file.string()});
    CHECK(many.status == 4);  // done, but not all of them settled
    const Json rows = many.json();
    REQUIRE(rows.size() == 3);
    const char* expected[][2] = {
        {"GOOD", "settled"}, {"WITHHELD", "unwound"}, {"UNKNOWN", "declined"}};
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(rows[i]["reference"].text_or("") == expected[i][0]);
        CHECK(rows[i]["state"].text_or("") == expected[i][1]);
    }
    CHECK(rows[1]["reason"].text_or("") == "withheld");

    // --- what the node says of itself ---
    require_quiet(*world);
    const Json stats = cli.run("buyer", {"stats"}).json();
    CHECK(stats["name"].text_or("") == "buyer");
    CHECK(stats["restarts"].as_uint64() == 1);
    CHECK(stats["open_deals"].as_uint64() == 0);
    const Json digest = cli.run("venue", {"digest"}).json();
    CHECK(digest["digest"].text_or("").size() == 64);
    const auto now = world->client("venue").digest();
    REQUIRE(now);
    if (now->seq == digest["seq"].as_uint64()) CHECK(now->digest == digest["digest"].text_or(""));
    CHECK(cli.run("venue", {"trades", "--limit", "1"}).json().size() == 1);

    // --- the watcher saw each end, in the order of the events' numbers ---
    watch.terminate();
    CHECK(watch.wait(5'000) == 128 + 15);
    using Ends = std::map<std::string, std::string>;
    CHECK(ends_in(watched) == Ends{{"HELD", "settled"},
                                   {"CANCELLED", "declined"},
                                   {"GOOD", "settled"},
                                   {"WITHHELD", "unwound"},
                                   {"UNKNOWN", "declined"}});
    // --- and who said nothing of the past heard nothing of it ---
    late.terminate();
    CHECK(late.wait(5'000) == 128 + 15);
    CHECK(ends_in(since) ==
          Ends{{"GOOD", "settled"}, {"WITHHELD", "unwound"}, {"UNKNOWN", "declined"}});
    check_books(*world);
}
