// Four validators with real keys, journals and threads in one process: what a client and a reader
// see, and what is left after they stopped.
#include "sdk/store/replay.h"
#include "tests/integration/securities_cluster_world.h"

using namespace lockstep;
using namespace lockstep::securities;
using namespace lockstep::securities::test;

TEST_CASE("what clients do is proved to readers, and the journals give the same states again") {
    Scratch directory;
    {
        World world(directory.path);
        world.open_books(1'000);
        Follower bob(*world.cluster, world.bob.key());
        const EscrowTerms first = world.terms(1);
        CHECK(world.run(world.alice, {op::Prepare{first, first.expiry}}).at(0).done);
        CHECK(world.run(world.bob, {op::Fulfil{{first.payer, first.id}, World::preimage(1)}})
                  .at(0)
                  .done);
        const auto events = bob.wait_for(2);
        REQUIRE(events.size() == 2);
        CHECK(events[0].terms == first);
        CHECK(events[1].state == EscrowState::fulfilled);
        const auto rows = world.cluster->statement(world.alice.account(), 0, 100);
        REQUIRE(rows.has_value());
        CHECK(rows->size() == 3);
        CHECK(rows->back().kind == StatementRow::Kind::paid);
        CHECK(rows->back().free == Amount{999});
    }
    for (std::size_t i = 0; i < 4; ++i) {
        const ClusterSettings settings = [&] {
            ClusterSettings made;
            made.ledger = *Address::parse("test.csd");
            made.operator_key = Party("operator").key();
            made.data = directory.path;
            return made;
        }();
        const auto scheme = std::make_shared<Ed25519>();
        const auto keys = read_or_create_keys(settings, *scheme);
        REQUIRE(keys.has_value());
        ValidatorProgram program(keys->genesis, settings.timing, {keys->signers[i], scheme, false},
                                 nullptr);
        const auto same = replay_and_compare(validator_directory(settings, i).string(), program);
        if (!same) FAIL(same.error().detail);
    }
    {
        World world(directory.path);
        const auto again = world.run(
            world.alice, {op::Prepare{world.terms(2), world.clock.now() + Duration::seconds(9)}});
        CHECK(again.at(0).done);
        std::promise<std::vector<AssetTotals>> totals;
        world.cluster->totals([&](auto found) { totals.set_value(*found); });
        CHECK(totals.get_future().get().at(0).conserved());
    }
}
