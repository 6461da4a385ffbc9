#include "tests/integration/demo_world.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <thread>

#include "deploy/demo/generated_trades.h"
#include "deploy/demo/movements.h"
#include "deploy/demo/probe.h"

namespace lockstep::test {

namespace fs = std::filesystem;

namespace {

// Outages within the profiles cost few trades, if any, and do not stop trading: a share, and some
// for every kill.
constexpr std::size_t least_settled_percent = 80;
constexpr std::size_t least_settled_a_kill = 5;
// Of each ledger in a run: fewer would say little about D.
constexpr std::size_t least_measured = 50;

}  // namespace

TestDirectory::TestDirectory(const std::string& name)
    : path(fs::temp_directory_path() / ("lockstep-" + name + "-" + std::to_string(getpid()))) {
    fs::remove_all(path);
}

TestDirectory::~TestDirectory() {
    std::error_code ignored;
    if (!keep) fs::remove_all(path, ignored);
}

fs::path program_directory() {
    return fs::path(LOCKSTEP_BINARY_DIR) / "bin";
}

std::unique_ptr<demo::World> start_world(const TestDirectory& directory,
                                         const demo::Profiles& profiles) {
    return start_world({directory.path, program_directory(), profiles, false, {}});
}

std::unique_ptr<demo::World> start_world(const demo::WorldSettings& settings) {
    auto world = demo::World::create(settings);
    if (!world) FAIL(world.error().detail);
    const auto started = (*world)->start([](const std::string&) {}, never_stop);
    if (!started) FAIL(started.error().detail);
    return std::move(*world);
}

void require_quiet(demo::World& world) {
    std::uint64_t open = 1;
    for (int tries = 0; tries < 600 && open > 0; ++tries) {
        open = 0;
        for (const char* node : {"venue", "buyer", "seller", "connector"}) {
            const auto stats = world.client(node).stats();
            open += stats ? stats->open_deals + stats->open_trades : 1;
        }
        if (open > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    REQUIRE(open == 0);
}

void check_books(demo::World& world) {
    const auto books = world.books(true);
    REQUIRE(books.has_value());
    for (const demo::LedgerBooks& ledger : *books) {
        for (const std::string& mistake : ledger.mistakes)
            FAIL_CHECK(mistake);
        for (const demo::AssetBook& total : ledger.totals)
            CHECK_MESSAGE(total.escrowed.is_zero(), ledger.ledger, " ", total.asset.code());
        CHECK(ledger.lines > 0);
    }
}

std::vector<demo::LedgerBooks> read_books(demo::World& world) {
    auto books = world.books(false);
    REQUIRE(books.has_value());
    return std::move(*books);
}

void check_moved(demo::World& world, const std::vector<demo::LedgerBooks>& before,
                 const std::vector<client::TradeRequest>& settled) {
    const auto fees = world.client("connector").fees();
    REQUIRE(fees.has_value());
    for (const std::string& mistake :
         demo::check_movements(settled, before, read_books(world), *fees))
        FAIL_CHECK(mistake);
}

void check_replays(demo::World& world) {
    world.stop(Duration::seconds(30));
    for (const demo::Ending& ending : world.verify_replays()) {
        CHECK_MESSAGE(ending.status == 0, ending.name);
        CHECK_MESSAGE(ending.replayed, ending.name, ": ", ending.detail);
        CHECK(ending.digest.size() == 64);
    }
}

void check_all_ended(const demo::PhaseResult& result) {
    CHECK_MESSAGE(result.trouble.empty(), result.trouble);
    CHECK(result.counts.ended() == result.counts.total);
    CHECK(result.counts.broken == 0);
}

namespace {

// What went beyond the profiles: a run in which something did says nothing about them.
std::vector<std::string> check_profiles(demo::World& world,
                                        const std::vector<demo::Outage>& outages,
                                        const demo::Probe& probe) {
    for (const std::string& trouble : probe.trouble())
        FAIL_CHECK(trouble);
    const auto inclusions = probe.inclusions();
    auto exceeded = demo::exceeded_profiles(outages, inclusions, world.settings().profiles);
    std::map<std::string, double> away;
    for (const demo::Outage& outage : outages)
        away[outage.name] = std::max(away[outage.name], outage.seconds);
    for (const auto& [name, seconds] : away)
        MESSAGE(name, ": away for ", seconds, " s at the longest");
    std::map<std::string, std::size_t> measured;
    std::map<std::string, double> longest;
    for (const demo::Inclusion& one : inclusions) {
        ++measured[one.ledger];
        longest[one.ledger] = std::max(longest[one.ledger], one.seconds);
    }
    for (const std::string ledger : {"csd", "sek", "eur"}) {
        MESSAGE(ledger, ": ", measured[ledger], " operations, the longest ", longest[ledger],
                " s, its outages included");
        CHECK(measured[ledger] >= least_measured);
    }
    return exceeded;
}

}  // namespace

namespace {

std::vector<std::string> run_chaos(std::size_t rounds, std::uint64_t seed) {
    std::vector<std::string> exceeded;
    TestDirectory directory("chaos");
    directory.keep = true;
    const auto world =
        start_world({directory.path, program_directory(), demo::Profiles{}, true, {}});
    const auto before = read_books(*world);
    std::vector<client::TradeRequest> settled;
    std::size_t submitted = 0;
    const auto trade = [&](demo::Desk& desk, const std::string& prefix, std::size_t count) {
        auto result = desk.run({demo::make_trades(prefix, count), 64}, never_stop, {});
        check_all_ended(result);
        demo::add_settled(result, settled);
        submitted += count;
        return result;
    };
    {
        demo::Desk desk(world->loop(), world->desk());
        demo::Chaos chaos(*world, {seed, rounds}, {});
        demo::Probe probe(*world, chaos.began());
        for (int batch = 0; !chaos.is_done(); ++batch) {
            const auto result = trade(desk, "B" + std::to_string(batch) + "-", 200);
            if (!result.trouble.empty()) break;
        }
        chaos.stop();
        probe.stop();
        CHECK_MESSAGE(chaos.trouble().empty(), chaos.trouble());
        const auto outages = chaos.outages();
        std::map<std::string, std::size_t> kills;
        for (const demo::Outage& outage : outages)
            ++kills[outage.name];
        for (const demo::Role& role : demo::roles)
            CHECK(kills[std::string(role.name)] == rounds);
        exceeded = check_profiles(*world, outages, probe);
        MESSAGE(settled.size(), " of ", submitted, " trades settled under chaos");
        CHECK(settled.size() * 100 >= submitted * least_settled_percent);
        CHECK(settled.size() >= outages.size() * least_settled_a_kill);
        // All are back: what comes now settles.
        CHECK(trade(desk, "AFTER-", 100).counts.settled == 100);
    }
    require_quiet(*world);
    world->sample();
    MESSAGE(world->figures().commits, " commits, ", world->figures().signatures_verified,
            " signatures verified");
    check_books(*world);
    check_moved(*world, before, settled);
    check_replays(*world);
    directory.keep = false;
    return exceeded;
}

}  // namespace

void kill_every_process(std::size_t rounds, std::uint64_t seed) {
    // Books, ends and replays are checked in every run. That the machine kept the profiles is what
    // a run assumes: one in which it did not is followed by another.
    constexpr int most_runs = 3;
    for (int run = 1; run <= most_runs; ++run) {
        const auto exceeded = run_chaos(rounds, seed + static_cast<std::uint64_t>(run) - 1);
        if (exceeded.empty()) return;
        for (const std::string& line : exceeded) {
            if (run == most_runs)
                FAIL_CHECK(line);
            else
                MESSAGE("beyond the profiles, so once more: ", line);
        }
    }
}

}  // namespace lockstep::test
