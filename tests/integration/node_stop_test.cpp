// A node whose journal lacks an escrow of its own stops loudly, and goes on when the escrow has
// ended and its operator has looked.
#include <doctest/doctest.h>

#include <chrono>

#include "sdk/crypto/hash.h"
#include "sdk/net/system_time.h"
#include "tests/integration/node_world.h"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("a loud stop is told, refused to end while an escrow is open, and then acknowledged") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    client::ApiClient& connector = world.client("connector");
    const Timestamp now = net::system_time();
    const Timestamp expiry = now + Duration::seconds(5);
    world.instruct_as(
        "connector", "test.sek.connector",
        op::Prepare{
            {EscrowId{sha256(as_bytes("outside")).array()}, *Address::parse("test.sek.connector"),
             *Address::parse("test.sek.bob"), *AssetId::make("SEK", 2), Amount{100},
             condition_of(*Preimage::from(Bytes(32, 1))), expiry},
            expiry});
    const auto stopped = [&] {
        const auto stats = connector.stats();
        return stats && stats->loud_stop;
    };
    REQUIRE(eventually(5'000, stopped));

    // Everybody who asks is told, and who acts too early is told why.
    const auto ready = connector.ready();
    REQUIRE(ready);
    CHECK_FALSE(*ready);
    std::string said;
    CHECK(world.command_line("connector", {"status"}, said) == 0);
    CHECK_MESSAGE(said.find("lockstep acknowledge") != std::string::npos, said);
    CHECK(world.command_line("connector", {"alarms"}, said) == 0);
    CHECK(said.find("unknown_escrow") != std::string::npos);
    CHECK(world.command_line("connector", {"acknowledge"}, said) == 1);
    CHECK_MESSAGE(said.find("escrows_unresolved") != std::string::npos, said);
    CHECK_MESSAGE(said.find("of test.sek.connector on test.sek") != std::string::npos, said);
    const auto invoice = connector.create_invoice({"test.sek.connector", "SEK", "1.00", {}});
    REQUIRE_FALSE(invoice);
    CHECK(invoice.error().code == "loud_stop");

    // No restart ends it.
    world.process("connector").kill();
    world.process("connector").start();
    REQUIRE(eventually(10'000, stopped));
    REQUIRE(eventually(15'000, [&] { return connector.acknowledge().has_value(); }));
    CHECK_FALSE(stopped());
    CHECK(world.command_line("connector", {"acknowledge"}, said) == 0);
    CHECK(said.find("nothing to acknowledge") != std::string::npos);
    CHECK(world.wait_ready(1'000));
    CHECK(end_of(world, pay(world, "1.00"), 20'000) == "paid");
    CHECK(world.conserved());
}
