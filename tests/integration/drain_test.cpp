// SIGTERM in the middle of settlements: no new business, what is open is resolved or left safely,
// exit 0, and everything ends after the restart.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "deploy/demo/generated_trades.h"
#include "tests/integration/demo_world.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

// A drain and a restart are one outage, and two may come close together.
constexpr demo::Profiles profiles{2'000, 2'000, 2, 250};
constexpr std::size_t in_flight = 64;
constexpr std::size_t rounds = 3;

// Trades one after another, until it is stopped.
class Load {
public:
    explicit Load(demo::World& world)
        : desk_(world.loop(), world.desk()), thread_([this] { run(); }) {}
    ~Load() { stop(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void stop() {
        stopping_ = true;
        if (thread_.joinable()) thread_.join();
    }
    // After stop().
    const std::vector<demo::PhaseResult>& results() const { return results_; }

private:
    void run() {
        for (int batch = 0; !stopping_; ++batch) {
            results_.push_back(
                desk_.run({demo::make_trades("D" + std::to_string(batch) + "-", 200), in_flight},
                          never_stop, {}));
            if (!results_.back().trouble.empty()) return;
        }
    }

    demo::Desk desk_;
    std::atomic<bool> stopping_{false};
    std::vector<demo::PhaseResult> results_;
    std::thread thread_;
};

template <class IsSo>
bool eventually(IsSo is_so) {
    for (int i = 0; i < 5'000; ++i) {
        if (is_so()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return is_so();
}

bool is_ledger(const std::string& name) {
    return name.size() == 3;
}

// The venue has trades under way, another node escrows, a ledger has value in escrow.
bool has_something_open(demo::World& world, const std::string& name) {
    if (is_ledger(name)) {
        const auto totals = world.client(name).get("/v1/totals");
        REQUIRE(totals.has_value());
        for (const Json& row : *(*totals)["assets"].as_array()) {
            const auto escrowed = row["escrows"].text_or("");
            if (escrowed.find_first_not_of("0.") != std::string::npos) return true;
        }
        return false;
    }
    const auto stats = world.client(name).stats();
    REQUIRE(stats.has_value());
    return name == "venue" ? stats->open_trades > 0 : stats->open_deals > 0;
}

// Asks for new business that would be refused in any case, but for another reason, until the node
// is gone; every code that it gave.
std::vector<std::string> refusals(demo::World& world, const std::string& name) {
    std::vector<std::string> codes;
    for (int i = 0; i < 20'000; ++i) {
        std::string code;
        if (name == "venue") {
            const auto answer = world.client(name).submit_trades(
                {{"LATE", "SE0000108656", "50", "85.40", "nobody", "nobody", ""}});
            code = answer ? answer->front().reason : answer.error().code;
        } else {
            const auto answer = world.client(name).create_invoice(
                {name == "buyer" ? "test.eur.nobody" : "test.sek.nobody",
                 name == "buyer" ? "EUR/2" : "SEK/2",
                 "1.00",
                 {}});
            code = answer ? "taken" : answer.error().code;
        }
        if (code == "unavailable" || code == "outcome_unknown") break;
        if (codes.empty() || codes.back() != code) codes.push_back(code);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return codes;
}

std::size_t unfinished_drains(demo::World& world, const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(world.directory() / name / "log").rdbuf();
    const std::string log = text.str();
    std::size_t count = 0;
    for (auto at = log.find("drain_unfinished"); at != std::string::npos;
         at = log.find("drain_unfinished", at + 1))
        ++count;
    return count;
}

// Whether it was heard to refuse new business; a node with nothing in escrow is gone in a moment.
bool terminate(demo::World& world, const std::string& name) {
    world.terminate(name);
    bool refused = false;
    if (!is_ledger(name)) {
        const auto codes = refusals(world, name);
        refused = std::find(codes.begin(), codes.end(), "draining") != codes.end();
        // From then on nothing else.
        if (refused) CHECK(codes.back() == "draining");
    }
    CHECK(world.wait_ended(name, Duration::seconds(30)) == 0);
    return refused;
}

void restart(demo::World& world, const std::string& name) {
    REQUIRE(world.restart(name).has_value());
    REQUIRE(world.wait_ready(name, Duration::seconds(20)));
}

// In the middle of a load; everything ends, and what moved is what settled.
void under_load(std::optional<Duration> drain, const std::function<void(demo::World&)>& disturb) {
    TestDirectory directory("drain");
    directory.keep = true;
    const auto world = start_world({directory.path, program_directory(), profiles, false, drain});
    const auto before = read_books(*world);
    std::size_t declined_for_it = 0;
    std::vector<client::TradeRequest> settled;
    {
        Load load(*world);
        disturb(*world);
        load.stop();
        for (const demo::PhaseResult& result : load.results()) {
            check_all_ended(result);
            demo::add_settled(result, settled);
            for (const demo::Tracked& trade : result.trades)
                if (trade.reason == "draining") ++declined_for_it;
        }
        // All are back: what comes now settles.
        demo::Desk desk(world->loop(), world->desk());
        const auto result = desk.run({demo::make_trades("AFTER-", 50), in_flight}, never_stop, {});
        CHECK(result.counts.settled == 50);
        demo::add_settled(result, settled);
    }
    MESSAGE(settled.size(), " trades settled, ", declined_for_it,
            " declined by a node that drained");
    CHECK(settled.size() > 50);
    require_quiet(*world);
    check_books(*world);
    check_moved(*world, before, settled);
    check_replays(*world);
    directory.keep = false;
}

}  // namespace

TEST_CASE("a process that gets SIGTERM in the middle takes nothing new and resolves what is open") {
    under_load(std::nullopt, [](demo::World& world) {
        const auto disturb = [&](const std::string& name) {
            CAPTURE(name);
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            REQUIRE(eventually([&] { return has_something_open(world, name); }));
            const bool refused = terminate(world, name);
            if (!is_ledger(name)) CHECK(unfinished_drains(world, name) == 0);
            restart(world, name);
            return refused;
        };
        bool venue_refused = false;
        for (std::size_t i = 0; i < rounds * demo::roles.size(); ++i) {
            const std::string name(demo::roles[i % demo::roles.size()].name);
            const bool refused = disturb(name);
            if (name == "venue") venue_refused |= refused;
        }
        for (int i = 0; i < 20 && !venue_refused; ++i)
            venue_refused = disturb("venue");
        CHECK(venue_refused);
    });
}

namespace {

// Deliveries cannot be placed while their ledger is away, so payments stand in escrow.
bool stall(demo::World& world, const std::string& name) {
    if (!eventually([&] { return has_something_open(world, name); })) return false;
    world.kill("csd");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return has_something_open(world, "eur") && has_something_open(world, "sek");
}

}  // namespace

TEST_CASE("a node without time to drain leaves what is open, and it ends after the restart") {
    under_load(Duration::seconds(1), [](demo::World& world) {
        for (const std::string name : {"buyer", "seller", "connector"}) {
            CAPTURE(name);
            bool stalled = stall(world, name);
            for (int attempt = 0; attempt < 20 && !stalled; ++attempt) {
                restart(world, "csd");
                std::this_thread::sleep_for(std::chrono::milliseconds(300));
                stalled = stall(world, name);
            }
            REQUIRE(stalled);
            CHECK(terminate(world, name));
            CHECK(unfinished_drains(world, name) == 1);
            CHECK(has_something_open(world, "eur"));
            restart(world, "csd");
            restart(world, name);
        }
    });
}
