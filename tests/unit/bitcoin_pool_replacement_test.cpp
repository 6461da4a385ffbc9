// Replacement by fee: the rules of BIP 125, one by one and at their limits.
#include <doctest/doctest.h>

#include "tests/unit/bitcoin_pool_world.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

namespace {

constexpr std::uint32_t replaceable = 0xfffffffd;

std::string id(const Transaction& transaction) {
    return to_text(txid_of(transaction));
}

}  // namespace

TEST_CASE("rule 1: only what says so is replaced, or all is") {
    PoolWorld world;
    const Transaction final_one = world.pay({{world.coinbase(1)}});
    const Transaction open_one = world.pay({{world.coinbase(2)}, 1'000, 1, replaceable});
    REQUIRE(world.accept(final_one) == "ok");
    REQUIRE(world.accept(open_one) == "ok");
    CHECK(world.accept(world.pay({{world.coinbase(1)}, 5'000})) == "txn-mempool-conflict");
    CHECK_FALSE(world.pool.is_replaceable(txid_of(final_one)));
    CHECK(world.pool.is_replaceable(txid_of(open_one)));
    CHECK_FALSE(world.pool.is_replaceable(Txid{}));
    // A child of such a one can leave with its parent, but not be replaced by itself.
    const Transaction child = world.pay({{PoolWorld::place(open_one)}});
    REQUIRE(world.accept(child) == "ok");
    CHECK(world.pool.is_replaceable(txid_of(child)));
    CHECK(world.accept(world.pay({{PoolWorld::place(open_one)}, 5'000})) == "txn-mempool-conflict");

    const Transaction better = world.pay({{world.coinbase(2)}, 5'000});
    const Mempool::Verdict verdict = world.pool.test(better);
    CHECK_FALSE(verdict.fault);
    std::set<Txid> replaced(verdict.replaces.begin(), verdict.replaces.end());
    CHECK(replaced == std::set<Txid>{txid_of(open_one), txid_of(child)});
    CHECK(world.accept(better) == "ok");
    CHECK_FALSE(world.has(open_one));
    CHECK_FALSE(world.has(child));
    world.check();

    PoolPolicy policy;
    policy.full_rbf = true;
    PoolWorld free(policy);
    const Transaction first = free.pay({{free.coinbase(1)}});
    REQUIRE(free.accept(first) == "ok");
    CHECK(free.pool.is_replaceable(txid_of(first)));
    CHECK(free.accept(free.pay({{free.coinbase(1)}, 5'000})) == "ok");
    free.check();
}

TEST_CASE("rule 2: a replacement waits for nothing new") {
    PoolWorld world;
    const Transaction open_one = world.pay({{world.coinbase(1)}, 1'000, 1, replaceable});
    const Transaction parent = world.pay({{world.coinbase(2)}});
    REQUIRE(world.accept(open_one) == "ok");
    REQUIRE(world.accept(parent) == "ok");
    const Transaction replacement =
        world.pay({{world.coinbase(1), PoolWorld::place(parent)}, 50'000});
    CHECK(world.accept(replacement) == "replacement-adds-unconfirmed, replacement " +
                                           id(replacement) + " adds unconfirmed input, idx 1");
    // Nor on what it replaces.
    CHECK(world.accept(world.pay(
              {{world.coinbase(3), PoolWorld::place(open_one), world.coinbase(1)}, 50'000})) ==
          "bad-txns-spends-conflicting-tx, " +
              id(world.pay(
                  {{world.coinbase(3), PoolWorld::place(open_one), world.coinbase(1)}, 50'000})) +
              " spends conflicting transaction " + id(open_one));
    // What the replaced one waited for is allowed.
    const Transaction child =
        world.pay({{PoolWorld::place(parent), world.coinbase(4)}, 2'000, 1, replaceable});
    REQUIRE(world.accept(child) == "ok");
    CHECK(world.accept(world.pay({{PoolWorld::place(parent), world.coinbase(4)}, 9'000})) == "ok");
    world.check();
}

TEST_CASE("rules 3 and 4: all that leaves is paid for, and the replacement's own way") {
    PoolWorld world;
    const Transaction open_one = world.pay({{world.coinbase(1)}, 9'600, 1, replaceable});
    const Transaction child = world.pay({{PoolWorld::place(open_one)}, 500});
    REQUIRE(world.accept(open_one) == "ok");
    REQUIRE(world.accept(child) == "ok");
    const auto said = [&](Satoshi fee, std::size_t outputs = 1) {
        return world.test(world.pay({{world.coinbase(1)}, fee, outputs}));
    };
    const auto text = [&](Satoshi fee) {
        return world.pool.test(world.pay({{world.coinbase(1)}, fee})).text();
    };
    const auto rejected = [&](Satoshi fee) {
        return "insufficient fee, rejecting replacement " +
               id(world.pay({{world.coinbase(1)}, fee}));
    };
    CHECK(text(9'600) ==
          rejected(9'600) + "; new feerate 0.00100000 BTC/kvB <= old feerate 0.00100000 BTC/kvB");
    CHECK(text(9'601) ==
          rejected(9'601) + ", less fees than conflicting txs; 0.00009601 < 0.000101");
    CHECK(text(10'100) ==
          rejected(10'100) + ", not enough additional fees to relay; 0.00 < 0.00000096");
    CHECK(said(10'099) == "insufficient fee");
    CHECK(said(10'195) == "insufficient fee");
    CHECK(said(10'196) == "ok");
    // The same fee for a larger one is a lower rate.
    CHECK(said(10'196, 20) == "insufficient fee");
    CHECK(world.accept(world.pay({{world.coinbase(1)}, 10'196})) == "ok");
    CHECK(world.pool.all().size() == 1);
    world.check();
}

TEST_CASE("rule 5: no more than a hundred leave, and who leaves twice counts twice") {
    PoolWorld world;
    // Five of them with nineteen children each: a hundred in all.
    std::vector<OutPoint> places;
    std::vector<OutPoint> ends;
    for (int i = 1; i <= 5; ++i) {
        const Transaction parent = world.pay({{world.coinbase(i)}, 10'000, 20, replaceable});
        REQUIRE(world.accept(parent) == "ok");
        places.push_back(world.coinbase(i));
        for (std::uint32_t child = 0; child < 19; ++child)
            REQUIRE(world.accept(world.pay({{PoolWorld::place(parent, child)}, 100})) == "ok");
        ends.push_back(PoolWorld::place(parent, 19));
    }
    const Transaction replacement = world.pay({places, 200'000});
    CHECK(world.test(replacement) == "ok");
    SUBCASE("one more is too many") {
        REQUIRE(world.accept(world.pay({{ends[0]}, 100})) == "ok");
        CHECK(world.accept(replacement) ==
              "too many potential replacements, rejecting replacement " + id(replacement) +
                  "; too many potential replacements (101 > 100)");
    }
    SUBCASE("a child of two parents counts for both") {
        REQUIRE(world.accept(world.pay({{ends[0], ends[1]}, 300})) == "ok");
        CHECK(world.test(replacement) == "too many potential replacements");
    }
    CHECK_FALSE(world.has(replacement));
    world.check();
}

TEST_CASE("the last one of a full family can be replaced") {
    PoolWorld world;
    Transaction last = world.pay({{world.coinbase(1)}, 5'000, 30, replaceable});
    REQUIRE(world.accept(last) == "ok");
    const Transaction first = last;
    for (std::uint32_t i = 0; i < 24; ++i) {
        last = world.pay({{PoolWorld::place(first, i)}, 1'000, 1, replaceable});
        REQUIRE(world.accept(last) == "ok");
    }
    // one small child more than the limit, and no other
    CHECK(world.accept(world.pay({{PoolWorld::place(first, 25)}})) == "ok");
    CHECK(world.test(world.pay({{PoolWorld::place(first, 26)}})) == "too-long-mempool-chain");
    CHECK(world.accept(world.pay({{PoolWorld::place(first, 23)}, 5'000})) == "ok");
    CHECK_FALSE(world.has(last));
    world.check();
}
