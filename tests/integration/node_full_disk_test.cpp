// A node on a file system that is really full, with money on its way: it claims and gives back on
// its ballast, then stops, and with room again its journal and the books are whole.
#include <doctest/doctest.h>

#include <iostream>

#include "sdk/base/exit_code.h"
#include "tests/integration/node_world.h"
#include "tests/integration/small_disk.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

constexpr int disk_mib = 32;
// Smaller than what is kept, so that only the ballast can be what carries a claim.
constexpr const char* limits = "[limits]\nballast_mib = 2\nlow_disk_mib = 8\n";

bool logs(NodeWorld& world, const std::string& text) {
    return read_file(world.process("connector").log()).find(text) != std::string::npos;
}

// Stands in escrow on both sides of the connector.
bool is_held(NodeWorld& world) {
    const auto escrows = world.client("connector").escrows();
    return escrows && escrows->size() == 1 && escrows->front().in && escrows->front().out &&
           escrows->front().in->state == "held" && escrows->front().out->state == "held";
}

// A payment that waits for bob, who is away; its id.
std::string begin_payment(NodeWorld& world) {
    const auto invoice = world.client("bob").create_invoice({"test.sek.bob", "SEK", "100.00", {}});
    REQUIRE_MESSAGE(invoice, invoice.error().detail);
    world.process("bob").kill();
    const auto id =
        world.client("alice").pay({invoice->code, "test.eur.alice", "EUR", "1000.00", false});
    REQUIRE_MESSAGE(id, id.error().detail);
    REQUIRE(eventually(10'000, [&] { return is_held(world); }));
    return *id;
}

void stops_when_nothing_is_left(NodeWorld& world, const SmallDisk& disk) {
    auto& connector = world.process("connector");
    for (int i = 0; i < 100 && connector.running(); ++i) {
        disk.fill(0);
        // What a ledger says about itself is journalled.
        world.process("sek").kill();
        world.process("sek").start();
        if (connector.wait(200)) break;
    }
    CHECK_FALSE(connector.running());
    CHECK(logs(world, "fatal: disk_full: "));
}

void check_whole(NodeWorld& world) {
    REQUIRE(world.wait_ready(20'000));
    CHECK(end_of(world, pay(world, "5.00"), 20'000) == "paid");
    CHECK(world.conserved());
    auto& connector = world.process("connector");
    connector.terminate();
    REQUIRE(connector.wait(20'000) == exit_done);
    Process replay(
        "lockstepd",
        {"--config", (world.directory() / "connector" / "node.toml").string(), "--replay"},
        world.directory() / "replay");
    replay.start();
    CHECK(replay.wait(20'000) == exit_done);  // another digest than state.json's is exit_diverged
}

void play(bool is_claimed) {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    auto& connector = world.process("connector");
    connector.terminate();
    REQUIRE(connector.wait(20'000) == exit_done);
    const auto config = world.directory() / "connector" / "node.toml";
    std::string text = read_file(config);
    write_file(config, text.insert(text.find("[endurance]\n"), limits));
    const auto data = world.directory() / "connector" / "data";
    std::filesystem::remove(data / "ballast");  // of the usual size, which is more than this disk's
    const SmallDisk disk(data, disk_mib);
    REQUIRE_MESSAGE(disk.error().empty(), disk.error());
    connector.start();
    REQUIRE(world.wait_ready(20'000));

    const std::string payment = begin_payment(world);
    disk.fill(0);
    if (is_claimed) world.process("bob").start();
    CHECK(end_of(world, payment, 60'000) == (is_claimed ? "paid" : "refunded"));
    if (is_claimed) {
        CHECK(eventually(10'000,
                         [&] { return world.balance("test.eur.connector").free.units() == 9'02; }));
    } else {
        CHECK(world.balance("test.eur.connector").free.is_zero());
        world.process("bob").start();
    }
    CHECK(logs(world, "ballast_released"));
    CHECK(eventually(10'000, [&] {
        const auto escrows = world.client("connector").escrows();
        return escrows && escrows->empty();
    }));
    // No new business.
    REQUIRE(world.wait_ready("bob", 10'000));  // the connector never is
    CHECK(end_of(world, pay(world, "5.00"), 20'000) == "declined");
    stops_when_nothing_is_left(world, disk);

    disk.make_room();
    connector.start();
    check_whole(world);
}

}  // namespace

TEST_CASE("a node on a full disk claims and gives back on its ballast, and loses nothing") {
    static const std::string refused = enter_own_mounts();  // before there is another thread
    if (!refused.empty()) {
        std::cout << "SKIPPED: no file system of its own for the test: " << refused << '\n';
        return;
    }
    SUBCASE("an escrow that is claimed") {
        play(true);
    }
    SUBCASE("an escrow that expires") {
        play(false);
    }
}
