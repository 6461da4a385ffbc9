#include "tests/integration/demo_world.h"

#include <unistd.h>

#include <map>
#include <thread>

#include "deploy/demo/generated_trades.h"

namespace lockstep::test {

namespace fs = std::filesystem;

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
    auto world = demo::World::create({directory.path, program_directory(), profiles});
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

void kill_every_process(std::size_t rounds, std::uint64_t seed) {
    TestDirectory directory("chaos");
    directory.keep = true;
    const auto world = start_world(directory, demo::Profiles{});
    demo::PhaseResult last;
    std::size_t settled = 0;
    {
        demo::Desk desk(world->loop(), world->desk());
        demo::Chaos chaos(*world, {seed, rounds}, {});
        for (int batch = 0; !chaos.is_done(); ++batch) {
            last = desk.run({demo::make_trades("B" + std::to_string(batch) + "-", 200), 64},
                            never_stop, {});
            check_all_ended(last);
            settled += last.counts.settled;
            if (!last.trouble.empty()) break;
        }
        chaos.stop();
        CHECK_MESSAGE(chaos.trouble().empty(), chaos.trouble());
        std::map<std::string, std::size_t> kills;
        for (const demo::Outage& outage : chaos.outages()) {
            ++kills[outage.name];
            CHECK_MESSAGE(outage.within, outage.name, " was away for ", outage.seconds, " s");
        }
        for (const demo::Role& role : demo::roles)
            CHECK(kills[std::string(role.name)] == rounds);
        // All are back: what comes now settles.
        last = desk.run({demo::make_trades("AFTER-", 100), 64}, never_stop, {});
        CHECK(last.counts.settled == 100);
    }
    CHECK(settled > 0);
    require_quiet(*world);
    check_books(*world);
    check_replays(*world);
    directory.keep = false;
}

}  // namespace lockstep::test
