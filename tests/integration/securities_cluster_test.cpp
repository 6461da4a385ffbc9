// Four validators with real keys, journals and threads in one process: what a client and a reader
// see, and what is left after they stopped.
#include <thread>

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

TEST_CASE("what was handed to validators that stop before they decide has an unknown outcome") {
    Scratch directory;
    ValidatorTiming slow;  // the first block comes at once, the next not within this test
    slow.min_interval = slow.max_interval = slow.propose_timeout = Duration::seconds(600);
    World world(directory.path, slow);
    CHECK(world.run(world.op, {op::OpenAccount{world.alice.account(), world.alice.key()}})
              .at(0)
              .done);
    std::promise<Result<std::vector<OpAnswer>>> promise;
    auto future = promise.get_future();
    world.cluster->submit(
        world.op.sign(world.clock, {op::OpenAccount{world.bob.account(), world.bob.key()}}),
        [&](const Result<std::vector<OpAnswer>>& answers) { promise.set_value(answers); });
    world.cluster->stop();
    const auto answers = future.get();
    REQUIRE_FALSE(answers.has_value());
    CHECK(answers.error() == Reason::outcome_unknown);
}

TEST_CASE("one key cannot take the streams of all, and gets one back when one ends") {
    Scratch directory;
    World world(directory.path);
    world.open_books(1'000);
    std::atomic<bool> gone{false};
    const auto subscribe = [&](const Party& party) {
        return world.cluster->subscribe(
            party.key(), 0,
            {[&](const std::shared_ptr<const Bytes>&) { return !gone; }, [] { return true; }},
            [](Reason) {});
    };
    for (std::size_t i = 0; i < service::max_streams_of_key; ++i)
        REQUIRE(subscribe(world.alice));
    const auto refused = subscribe(world.alice);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == Reason::limit_reached);
    CHECK(subscribe(world.bob));
    gone = true;
    for (int i = 0; i < 1'000 && world.cluster->stats().readers > 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(subscribe(world.alice));
}

TEST_CASE("totals and digests, which anyone may ask for, are computed one at a time") {
    Scratch directory;
    World world(directory.path);
    world.open_books(1'000);
    std::promise<void> inside;
    std::promise<void> leave;
    world.cluster->totals([&](const auto&) {
        inside.set_value();
        leave.get_future().wait();
    });
    inside.get_future().wait();
    std::atomic<int> answered{0};
    std::atomic<int> refused{0};
    // validator 1's thread is held up by the first answer, so that none of these is answered yet
    for (int i = 0; i < 10; ++i) {
        world.cluster->totals([&](const auto& totals) { ++(totals ? answered : refused); });
        world.cluster->digest([&](const auto& digest) { ++(digest ? answered : refused); });
    }
    CHECK(refused == 18);
    leave.set_value();
    for (int i = 0; i < 1'000 && answered < 2; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(answered == 2);
}
