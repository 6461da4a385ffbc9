// An adapter that stalls in the middle of a payment: the node is ended, comes back with the ledger
// paused, claims what is its own, and takes new business there only when the operator says so.
#include <doctest/doctest.h>

#include "sdk/machine/fatal.h"
#include "tests/integration/node_world.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

std::optional<Timestamp> paused_since(NodeWorld& world) {
    const auto ledgers = world.client("connector").ledgers();
    REQUIRE(ledgers);
    for (const client::LedgerView& ledger : *ledgers)
        if (ledger.ledger == "test.eur") return ledger.paused_since;
    FAIL("the ledger is not listed");
    return std::nullopt;
}

bool is_live(NodeWorld& world) {
    const auto ledgers = world.client("connector").ledgers();
    return ledgers && ledgers->size() == 2 && (*ledgers)[0].mode == "live" &&
           (*ledgers)[1].mode == "live";
}

}  // namespace

TEST_CASE("a stalled adapter ends the node, pauses its ledger, and costs nobody anything") {
    const TemporaryDirectory switches;
    const auto stall_on = switches.path() / "stall";
    NodeWorld world({{"eur", {"stalling", "{ stall_on = \"" + stall_on.string() + "\" }"}}});
    REQUIRE(world.wait_ready(10'000));
    Process& connector = world.process("connector");
    const auto stalled_file = world.directory() / "connector/data/stalled-ledgers";

    // Bob has his krona; the connector stalls when it wants its euro.
    write_file(stall_on, "");
    const std::string payment = pay(world, "100.00");
    const auto ended = connector.wait(20'000);
    REQUIRE(ended == exit_fatal);
    CHECK(read_file(stalled_file) == "test.eur\n");
    const std::string log = read_file(connector.log());
    CHECK(log.find(R"("level":"critical","event":"adapter_stalled","ledger":"test.eur")") !=
          std::string::npos);
    CHECK(world.balance("test.sek.bob").free.units() == 100'00);
    CHECK(world.balance("test.eur.connector").free.is_zero());

    std::filesystem::remove(stall_on);
    connector.start();
    REQUIRE(eventually(10'000, [&] { return is_live(world); }));
    const auto since = paused_since(world);
    REQUIRE(since);
    CHECK_FALSE(std::filesystem::exists(stalled_file));

    // What is open is claimed; the loss of a second is all there was.
    CHECK(end_of(world, payment, 20'000) == "paid");
    CHECK(eventually(10'000,
                     [&] { return world.balance("test.eur.connector").free.units() == 9'02; }));
    CHECK(world.conserved());

    const auto declines = [&] {
        const std::string refused = pay(world, "1.00");
        CHECK(end_of(world, refused, 20'000) == "declined");
        const auto view = world.client("alice").payment(refused);
        REQUIRE(view);
        CHECK(view->reason == "ledger_paused");
    };
    declines();
    const auto alarms = world.client("connector").alarms();
    REQUIRE(alarms);
    REQUIRE(alarms->size() == 1);
    CHECK(alarms->front().code == "adapter_stalled");
    CHECK(alarms->front().detail.find("lockstep ledgers resume test.eur") != std::string::npos);

    // Still so after another restart, and everybody who asks is told.
    connector.kill();
    connector.start();
    REQUIRE(eventually(10'000, [&] { return is_live(world); }));
    CHECK(paused_since(world) == since);
    declines();
    const auto ready = world.client("connector").ready();
    REQUIRE(ready);
    CHECK_FALSE(*ready);
    std::string said;
    CHECK(world.command_line("connector", {"status"}, said) == 0);
    CHECK(said.find("lockstep ledgers resume test.eur") != std::string::npos);
    CHECK(world.command_line("connector", {"ledgers"}, said) == 0);
    CHECK(said.find("paused since") != std::string::npos);

    client::ApiClient auditor(world.loop(), world.access("connector", "auditor"));
    CHECK(auditor.resume_ledger("test.eur").error().code == "not_permitted");
    CHECK(world.command_line("connector", {"ledgers", "resume", "test.usd"}, said) == 1);
    CHECK(said.find("not_found") != std::string::npos);
    CHECK(world.command_line("connector", {"ledgers", "resume", "test.eur"}, said) == 0);
    CHECK_MESSAGE(said == "new business is taken again on test.eur\n", said);
    CHECK(world.wait_ready(1'000));
    CHECK_FALSE(paused_since(world));
    CHECK(end_of(world, pay(world, "1.00"), 20'000) == "paid");
    CHECK(world.conserved());

    // All of it is in the journal.
    connector.terminate();
    REQUIRE(connector.wait(20'000) == 0);
    const auto config = (world.directory() / "connector/node.toml").string();
    Process replay("lockstepd", {"--config", config, "--replay"}, world.directory() / "replay");
    replay.start();
    CHECK_MESSAGE(replay.wait(20'000) == 0, read_file(replay.log()));
}
