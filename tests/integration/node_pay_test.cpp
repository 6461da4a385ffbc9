// Payments over two ledgers through one connector, by real processes.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "connector/client/balance_stream.h"
#include "connector/client/event_stream.h"
#include "sdk/base/exit_code.h"
#include "tests/integration/node_world.h"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("a sender in euro pays a receiver in krona through a connector") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    const std::string payment = pay(world, "100.00");
    CHECK(end_of(world, payment, 20'000) == "paid");
    const auto view = world.client("alice").payment(payment);
    REQUIRE(view);
    CHECK(view->hops == 2);
    CHECK(view->preimage.size() == 64);
    // 100 krona at 0.09 euro and a spread of 0.2 percent, rounded up to a cent.
    CHECK(view->amount == "9.02");
    CHECK(eventually(5'000, [&] { return world.balance("test.sek.bob").free.units() == 100'00; }));
    CHECK(eventually(5'000,
                     [&] { return world.balance("test.eur.connector").free.units() == 9'02; }));
    CHECK(world.conserved());
    // Its ledger says so before the connector has heard of it.
    CHECK(eventually(5'000, [&] {
        const auto fees = world.client("connector").fees();
        return fees && fees->size() == 1 && fees->front().fee == "0.02";
    }));
}

TEST_CASE("payments end whole when any process is killed on the way") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    std::vector<std::string> payments;
    for (const char* victim : {"connector", "alice", "bob", "sek", "eur"}) {
        CAPTURE(victim);
        for (int i = 0; i < 5; ++i)
            payments.push_back(pay(world, "10.00"));
        sleep_ms(30);
        world.process(victim).kill();
        sleep_ms(300);
        world.process(victim).start();
        REQUIRE(world.wait_ready(10'000));
    }
    std::uint64_t paid = 0;
    for (const std::string& payment : payments) {
        const std::string end = end_of(world, payment, 40'000);
        CHECK_MESSAGE((end == "paid" || end == "refunded" || end == "declined"), end);
        if (end == "paid") ++paid;
    }
    MESSAGE(paid << " of " << payments.size() << " paid");
    CHECK(paid > 0);
    CHECK(eventually(20'000, [&] {
        return world.balance("test.sek.bob").free.units() == paid * 10'00 &&
               world.balance("test.eur.connector").free.units() == paid * 91 &&
               world.balance("test.eur.alice").escrowed.is_zero() &&
               world.balance("test.sek.connector").escrowed.is_zero();
    }));
    CHECK(world.conserved());
    const auto stats = world.client("connector").stats();
    REQUIRE(stats);
    CHECK(stats->restarts == 1);
}

TEST_CASE("a node ends on SIGTERM, and its journal replays to the state that it had") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    std::vector<std::string> payments;
    for (int i = 0; i < 20; ++i)
        payments.push_back(pay(world, "1.00"));
    for (const std::string& payment : payments)
        CHECK(end_of(world, payment, 20'000) == "paid");
    for (const char* node : {"alice", "bob", "connector"}) {
        CAPTURE(node);
        const auto config = (world.directory() / node / "node.toml").string();
        // A second one on the same data is refused while the first runs.
        Process second("lockstepd", {"--config", config}, world.directory() / "second");
        second.start();
        CHECK(second.wait(5'000) == exit_failed);
        CHECK(read_file(second.log()).find("in_use") != std::string::npos);

        const auto live = world.client(node).digest();
        REQUIRE(live);
        CHECK(live->digest.size() == 64);
        world.process(node).terminate();
        CHECK(world.process(node).wait(20'000) == 0);
        Process replay("lockstepd", {"--config", config, "--replay"}, world.directory() / "replay");
        replay.start();
        CHECK(replay.wait(20'000) == 0);
        const auto stopped = parse_json(read_file(world.directory() / node / "data/state.json"));
        REQUIRE(stopped);
        const std::string digest((*stopped)["digest"].text_or("?"));
        CHECK(read_file(replay.log()).find(digest) != std::string::npos);

        std::string other = read_file(world.directory() / node / "data/state.json");
        other.replace(other.find(digest), 8, "00000000");
        write_file(world.directory() / node / "data/state.json", other);
        replay.start();
        CHECK(replay.wait(20'000) == exit_diverged);
    }
}

TEST_CASE("events come once and in order, from the beginning and across a restart") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    std::mutex mutex;
    std::vector<std::uint64_t> numbers;
    std::vector<std::string> states;
    const std::string first = pay(world, "5.00");
    CHECK(end_of(world, first, 20'000) == "paid");
    client::EventStream events(world.loop(), world.access("alice"), 0,
                               [&](const client::EventView& event) {
                                   const std::lock_guard lock(mutex);
                                   numbers.push_back(event.number);
                                   if (event.kind == "payment") states.push_back(event.state);
                               });
    const auto saw_paid = [&](std::size_t times) {
        const std::lock_guard lock(mutex);
        return static_cast<std::size_t>(std::count(states.begin(), states.end(), "paid")) == times;
    };
    CHECK(eventually(5'000, [&] { return saw_paid(1); }));
    world.process("alice").kill();
    sleep_ms(100);
    world.process("alice").start();
    REQUIRE(world.wait_ready(10'000));
    CHECK(end_of(world, pay(world, "5.00"), 20'000) == "paid");
    CHECK(eventually(5'000, [&] { return saw_paid(2); }));
    events.stop();
    for (std::size_t i = 0; i < numbers.size(); ++i)
        CHECK(numbers[i] == i + 1);
}

TEST_CASE("a connector's operator follows its quotes, escrows and balances through a payment") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    std::mutex mutex;
    std::vector<std::string> told;
    std::map<std::string, std::vector<client::BalanceView>> balances;
    client::EventStream events(
        world.loop(), world.access("connector"), 0,
        [&](const client::EventView& event) {
            const std::lock_guard lock(mutex);
            std::string line = event.kind + " " + event.state;
            for (const client::EventLegView& leg : event.legs)
                line += ", " + leg.leg + " " + leg.amount + " " + leg.asset + " on " + leg.ledger;
            told.push_back(line);
        },
        {}, "quote,escrow");
    client::BalanceStream accounts(world.loop(), world.access("connector"),
                                   [&](const client::BalanceView& balance) {
                                       const std::lock_guard lock(mutex);
                                       balances[balance.account].push_back(balance);
                                   });
    const auto locked = [&](const auto& question) {
        return eventually(10'000, [&] {
            const std::lock_guard lock(mutex);
            return question();
        });
    };
    // What there is comes at first, before anything changes.
    REQUIRE(locked([&] { return balances.contains("test.sek.connector"); }));
    CHECK(end_of(world, pay(world, "100.00"), 20'000) == "paid");
    CHECK(locked([&] { return told.size() >= 7; }));
    CHECK(locked([&] {
        const auto& euro = balances["test.eur.connector"];
        const auto& krona = balances["test.sek.connector"];
        return !euro.empty() && euro.back().free == "9.02" && krona.size() >= 2 &&
               krona.back().escrowed == "0.00" && krona.back().available == krona.back().free;
    }));
    events.stop();
    accounts.stop();
    const std::string in = ", in 9.02 EUR on test.eur";
    const std::string out = ", out 100.00 SEK on test.sek";
    CHECK(told == std::vector<std::string>{"quote given" + in + out, "quote used" + in + out,
                                           "escrow held" + in, "escrow sent" + out,
                                           "escrow held" + out, "escrow fulfilled" + out,
                                           "escrow fulfilled" + in});
    // Nothing was told twice.
    for (const auto& [account, views] : balances)
        for (std::size_t i = 1; i < views.size(); ++i)
            CHECK(std::tie(views[i].free, views[i].escrowed, views[i].available) !=
                  std::tie(views[i - 1].free, views[i - 1].escrowed, views[i - 1].available));
}
