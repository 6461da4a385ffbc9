// What a block takes of the pool.
#include <doctest/doctest.h>

#include "bitcoin/chain/sigops.h"
#include "tests/unit/bitcoin_pool_world.h"
#include "tests/unit/bitcoin_texts.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

namespace {

std::vector<Txid> selected(const PoolWorld& world, std::size_t weight = 3'996'000,
                           std::size_t sigops = max_block_sigops) {
    std::vector<Txid> ids;
    for (const Mempool::Entry* one : world.pool.select(weight, sigops))
        ids.push_back(one->txid);
    return ids;
}

std::vector<Txid> ids(const std::vector<Transaction>& transactions) {
    std::vector<Txid> list;
    for (const Transaction& one : transactions)
        list.push_back(txid_of(one));
    return list;
}

constexpr std::size_t one_weight = 4 * 96;  // of one that spends one and pays one

}  // namespace

TEST_CASE("a block takes what pays the highest rate, and with it what that one waits for") {
    PoolWorld world;
    const Transaction middle = world.pay({{world.coinbase(1)}, 5'000});
    const Transaction poor = world.pay({{world.coinbase(2)}, 200});
    const Transaction rich_child = world.pay({{PoolWorld::place(poor)}, 20'000});
    const Transaction last = world.pay({{world.coinbase(3)}, 1'000});
    for (const Transaction& one : {last, poor, rich_child, middle})
        REQUIRE(world.accept(one) == "ok");
    CHECK(selected(world) == ids({poor, rich_child, middle, last}));
    // What does not fit is passed over for what does.
    CHECK(selected(world, 3 * one_weight) == ids({poor, rich_child, middle}));
    CHECK(selected(world, 3 * one_weight - 1) == ids({poor, rich_child}));
    CHECK(selected(world, one_weight) == ids({middle}));
    CHECK(selected(world, one_weight - 1).empty());
    CHECK(world.selected_block() == "ok");
    CHECK(world.pool.all().empty());
    world.check();
}

TEST_CASE("a child that pays well counts with the parent that it brings, not alone") {
    PoolWorld world;
    const Transaction poor = world.pay({{world.coinbase(1)}, 200});
    const Transaction child = world.pay({{PoolWorld::place(poor)}, 9'000});
    const Transaction other = world.pay({{world.coinbase(2)}, 5'000});
    for (const Transaction& one : {poor, child, other})
        REQUIRE(world.accept(one) == "ok");
    CHECK(selected(world) == ids({other, poor, child}));
}

TEST_CASE("a child that pays less than its parent waits behind others") {
    PoolWorld world;
    const Transaction parent = world.pay({{world.coinbase(1)}, 9'000, 2});
    const Transaction child = world.pay({{PoolWorld::place(parent)}, 500});
    const Transaction better_child = world.pay({{PoolWorld::place(parent, 1)}, 2'000});
    const Transaction other = world.pay({{world.coinbase(2)}, 1'000});
    for (const Transaction& one : {parent, child, better_child, other})
        REQUIRE(world.accept(one) == "ok");
    CHECK(selected(world) == ids({parent, better_child, other, child}));
}

TEST_CASE("a package whose ancestors another one brought counts without these") {
    PoolWorld world;
    const Transaction parent = world.pay({{world.coinbase(1)}, 300, 2});
    const Transaction first = world.pay({{PoolWorld::place(parent)}, 20'000});
    const Transaction second = world.pay({{PoolWorld::place(parent, 1)}, 9'000});
    const Transaction other = world.pay({{world.coinbase(2)}, 8'000});
    for (const Transaction& one : {parent, first, second, other})
        REQUIRE(world.accept(one) == "ok");
    // With its parent the second would bring less than the other one.
    REQUIRE(rate_of(9'300, 2 * 96 + 43) < rate_of(8'000, 96));
    CHECK(selected(world) == ids({parent, first, second, other}));
}

TEST_CASE("a block asks for a rate, for few signatures, and for locktimes that have passed") {
    PoolPolicy policy;
    policy.min_relay = 0;
    PoolWorld world(policy);
    const Transaction poor = world.pay({{world.coinbase(1)}, 95});
    const Transaction enough = world.pay({{world.coinbase(2)}, 96});
    REQUIRE(world.accept(poor) == "ok");
    REQUIRE(world.accept(enough) == "ok");
    CHECK(selected(world) == ids({enough}));

    const Bytes signed_one = script("1 0x21 0x02" + std::string(64, '1') + " 1 CHECKMULTISIG");
    Transaction many = world.pay({{world.coinbase(3)}, 100'000});
    many.outputs[0].script = signed_one;
    REQUIRE(world.accept(many) == "ok");
    CHECK(selected(world, 4'000'000, 80) == ids({many, enough}));
    CHECK(selected(world, 4'000'000, 79) == ids({enough}));
}

TEST_CASE("what is selected fills a block to the last package, and the chain takes it") {
    PoolWorld world({}, 60);
    std::size_t size = 0;
    for (int i = 1; i <= 60; ++i) {
        const Transaction wide = world.pay({{world.coinbase(i)}, 100'000 + i, 400});
        REQUIRE(world.accept(wide) == "ok");
        for (std::uint32_t child = 0; child < 20; ++child)
            REQUIRE(world.accept(world.pay({{PoolWorld::place(wide, child)}, 100 + child})) ==
                    "ok");
    }
    for (const std::size_t weight : {400'000U, 399'000U, 70'000U}) {
        std::size_t used = 0;
        for (const Mempool::Entry* one : world.pool.select(weight, max_block_sigops))
            used += one->weight;
        CHECK(used <= weight);
        CHECK(used > weight - 70'000);
    }
    int blocks = 0;
    while (!world.pool.all().empty() && blocks < 100) {
        size = world.pool.all().size();
        REQUIRE(world.selected_block(400'000) == "ok");
        CHECK(world.pool.all().size() < size);
        ++blocks;
    }
    CHECK(blocks > 8);
    CHECK(blocks <= 12);
    world.check();
}
