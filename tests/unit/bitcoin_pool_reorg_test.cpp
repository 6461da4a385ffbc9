// The pool behind a chain that changes: blocks that come, and blocks that leave.
#include <doctest/doctest.h>

#include "tests/unit/bitcoin_pool_world.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

TEST_CASE("what a block includes leaves, and what is in conflict with it, with its descendants") {
    PoolWorld world;
    const Transaction parent = world.pay({{world.coinbase(1)}, 1'000, 2});
    const Transaction child = world.pay({{PoolWorld::place(parent)}});
    const Transaction loser = world.pay({{world.coinbase(2)}});
    const Transaction behind = world.pay({{PoolWorld::place(loser)}});
    const Transaction other = world.pay({{world.coinbase(3), PoolWorld::place(behind)}});
    for (const Transaction& one : {parent, child, loser, behind, other})
        REQUIRE(world.accept(one) == "ok");
    const Transaction winner = world.pay({{world.coinbase(2)}, 2'000});
    REQUIRE(world.block({parent, winner}) == "ok");
    CHECK(world.pool.all().size() == 1);
    CHECK(world.has(child));
    CHECK(world.pool.with_ancestors(txid_of(child)).count == 1);
    world.check();
}

TEST_CASE("what was in a block that left comes back behind what it waits for") {
    PoolWorld world;
    const Transaction parent = world.pay({{world.coinbase(1)}, 1'000, 2});
    const Transaction free = world.pay({{PoolWorld::place(parent, 1)}, 0});  // paid by its miner
    REQUIRE(world.block({parent, free}) == "ok");
    const BlockId first = world.last;
    const Transaction child = world.pay({{PoolWorld::place(free)}});
    REQUIRE(world.block({child}) == "ok");
    const Transaction grandchild = world.pay({{PoolWorld::place(child), PoolWorld::place(parent)}});
    REQUIRE(world.accept(grandchild) == "ok");
    CHECK(world.test(world.pay({{world.coinbase(2)}, 0})) == "min relay fee not met");

    world.invalidate(first);
    CHECK(world.pool.all().size() == 4);
    CHECK(world.pool.with_ancestors(txid_of(grandchild)).count == 4);
    CHECK(world.pool.with_descendants(txid_of(parent)).count == 4);
    // They are behind each other though the last one came first.
    const auto ordered = world.pool.in_order();
    CHECK(ordered.front()->txid == txid_of(parent));
    CHECK(ordered.back()->txid == txid_of(grandchild));
    CHECK(world.pool.find(txid_of(parent))->sequence > ordered.back()->sequence);
    world.check();
    CHECK(world.selected_block() == "ok");
    CHECK(world.pool.all().empty());

    world.reconsider(first);
    world.check();
}

TEST_CASE("what the other branch includes, too, stays where it is, and its children") {
    PoolWorld world;
    const BlockId fork = world.chain.tip().id;
    const Transaction shared = world.pay({{world.coinbase(1)}});
    REQUIRE(world.block({shared}) == "ok");
    const Transaction child = world.pay({{PoolWorld::place(shared)}});
    REQUIRE(world.accept(child) == "ok");
    REQUIRE(world.block_on(fork, {shared}) == "ok");
    REQUIRE(world.block_on(world.last) == "ok");
    CHECK_FALSE(world.has(shared));
    CHECK(world.has(child));
    CHECK(world.pool.with_ancestors(txid_of(child)).count == 1);
    world.check();
}

TEST_CASE("what the other branch spends otherwise is lost, with all that waits for it") {
    PoolWorld world;
    const BlockId fork = world.chain.tip().id;
    const Transaction loser = world.pay({{world.coinbase(1)}});
    const Transaction behind = world.pay({{PoolWorld::place(loser)}});
    REQUIRE(world.block({loser, behind}) == "ok");
    const Transaction last = world.pay({{PoolWorld::place(behind)}});
    const Transaction after = world.pay({{PoolWorld::place(last)}});
    REQUIRE(world.accept(last) == "ok");
    REQUIRE(world.accept(after) == "ok");
    const Transaction winner = world.pay({{world.coinbase(1)}, 2'000});
    REQUIRE(world.block_on(fork, {winner}) == "ok");
    REQUIRE(world.block_on(world.last) == "ok");
    CHECK(world.pool.all().empty());
    world.check();
}

TEST_CASE("coinbases that are young again, and those that are gone, take their spenders along") {
    PoolWorld world;
    REQUIRE(world.block() == "ok");
    const BlockId first = world.last;
    const int height = world.chain.height();
    const Transaction old_enough = world.pay({{world.coinbase(height - 100)}});
    const Transaction young = world.pay({{world.coinbase(height - 99)}});
    const Transaction child = world.pay({{PoolWorld::place(young)}});
    for (const Transaction& one : {old_enough, young, child})
        REQUIRE(world.accept(one) == "ok");
    world.invalidate(first);
    CHECK(world.has(old_enough));
    CHECK_FALSE(world.has(young));
    CHECK_FALSE(world.has(child));
    world.check();

    // A coinbase does not come back itself.
    REQUIRE(world.grow(100) == "ok");
    const BlockId base = world.chain.at(height)->id;
    const Transaction spends = world.pay({{world.coinbase(height)}});
    REQUIRE(world.accept(spends) == "ok");
    world.invalidate(base);
    CHECK(world.pool.find(txid_of(spends)) == nullptr);
    CHECK(world.pool.all().size() == 1);
    world.check();
}

TEST_CASE("locktimes that have not passed any more") {
    PoolWorld world;
    REQUIRE(world.block() == "ok");
    const BlockId first = world.last;
    const auto tip = static_cast<std::uint32_t>(world.chain.height());
    Transaction absolute = world.pay({{world.coinbase(1)}});
    absolute.locktime = tip;
    absolute.inputs[0].sequence = final_sequence - 1;
    Transaction by_time = world.pay({{world.coinbase(2)}});
    by_time.locktime = static_cast<std::uint32_t>(world.chain.next().median_time - 1);
    by_time.inputs[0].sequence = final_sequence - 1;
    const Transaction relative = world.pay({{world.coinbase(3)}, 1'000, 1, tip + 1 - 3});
    const Transaction steady = world.pay({{world.coinbase(4)}, 1'000, 1, tip - 4});
    for (const Transaction& one : {absolute, by_time, relative, steady})
        REQUIRE(world.accept(one) == "ok");
    world.invalidate(first);
    CHECK(world.pool.all().size() == 1);
    CHECK(world.has(steady));
    world.check();
}

TEST_CASE("a family that is too large when blocks leave loses its last ones") {
    PoolWorld world;
    std::vector<Transaction> chain{world.pay({{world.coinbase(1)}})};
    for (int i = 1; i < 30; ++i)
        chain.push_back(world.pay({{PoolWorld::place(chain.back())}}));
    REQUIRE(world.block({chain.begin(), chain.begin() + 10}) == "ok");
    for (std::size_t i = 10; i < 30; ++i)
        REQUIRE(world.accept(chain[i]) == "ok");
    world.invalidate(world.last);
    CHECK(world.pool.all().size() == 25);
    CHECK(world.has(chain[24]));
    CHECK_FALSE(world.has(chain[25]));
    world.check();
}

TEST_CASE("what comes back is verified from memory, and once more where that is lost") {
    PoolWorld world;
    const Transaction known = world.pay({{world.coinbase(1)}});
    const Transaction unknown = world.pay({{world.coinbase(2)}});
    REQUIRE(world.accept(known) == "ok");
    REQUIRE(world.block({known, unknown}) == "ok");
    CHECK(world.pool.is_verified(known));
    CHECK_FALSE(world.pool.is_verified(unknown));
    world.invalidate(world.last);
    CHECK(world.has(known));
    CHECK(world.has(unknown));
    CHECK(world.pool.is_verified(unknown));
    // What is not standard does not come back.
    Transaction odd = world.pay({{world.coinbase(3)}});
    odd.outputs[0].script = anybody;
    REQUIRE(world.block({odd}) == "ok");
    world.invalidate(world.last);
    CHECK_FALSE(world.has(odd));
    CHECK(world.pool.all().size() == 2);
    world.check();
}

TEST_CASE("what comes back to a full pool has to pay its place, too") {
    PoolPolicy policy;
    policy.max_octets = 3 * 99;
    PoolWorld world(policy);
    const Transaction poor = world.pay({{world.coinbase(1)}, 500});
    REQUIRE(world.block({poor}) == "ok");
    for (int i = 2; i <= 4; ++i)
        REQUIRE(world.accept(world.pay({{world.coinbase(i)}, 1'000})) == "ok");
    world.invalidate(world.last);
    CHECK_FALSE(world.has(poor));
    CHECK(world.pool.all().size() == 3);
    world.check();
}
