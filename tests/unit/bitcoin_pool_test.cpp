// What the pool takes and refuses, its families, its limits, and how its fee rate rises and falls.
#include <doctest/doctest.h>

#include "sdk/crypto/hash.h"
#include "tests/unit/bitcoin_pool_world.h"
#include "tests/unit/bitcoin_texts.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

namespace {

using Verdict = Mempool::Verdict;

// Its size is 96.
constexpr Satoshi least_fee = 96;

// To a script of witnesses, and the spend of that with such a stack.
Bytes pays_to(const Bytes& witness_script) {
    ScriptWriter writer;
    writer.op(Opcode::op_0).push(sha256(witness_script).view());
    return writer.take();
}

}  // namespace

TEST_CASE("a transaction is refused for the first of the reasons that hold") {
    PoolWorld world;
    const Transaction good = world.pay({{world.coinbase(1)}});
    const Transaction in_block = world.pay({{world.coinbase(2)}});
    REQUIRE(world.block({in_block}) == "ok");
    const Transaction waiting = world.pay({{world.coinbase(3)}});
    REQUIRE(world.accept(waiting) == "ok");
    const int next = world.chain.next().height;
    struct Row {
        const char* said;
        std::function<void(Transaction&)> change;
    };
    const Row rows[] = {
        {"ok", [](Transaction&) {}},
        {"bad-txns-vin-empty", [](Transaction& t) { t.inputs.clear(); }},
        {"coinbase",
         [](Transaction& t) {
             t.inputs[0].prevout = {};
             t.inputs[0].script_sig = {1, 1};
         }},
        {"version", [](Transaction& t) { t.version = 3; }},
        {"dust", [](Transaction& t) { t.outputs[0].value = 1; }},
        {"non-final",
         [&](Transaction& t) {
             t.locktime = static_cast<std::uint32_t>(next);
             t.inputs[0].sequence = 0;
         }},
        {"ok",
         [&](Transaction& t) {
             t.locktime = static_cast<std::uint32_t>(next - 1);
             t.inputs[0].sequence = final_sequence - 1;
         }},
        {"non-final",
         [&](Transaction& t) {
             t.locktime = static_cast<std::uint32_t>(world.chain.next().median_time);
             t.inputs[0].sequence = final_sequence - 1;
         }},
        {"ok",
         [&](Transaction& t) {
             t.locktime = static_cast<std::uint32_t>(world.chain.next().median_time - 1);
             t.inputs[0].sequence = final_sequence - 1;
         }},
        {"txn-already-in-mempool", [&](Transaction& t) { t = waiting; }},
        {"txn-same-nonwitness-data-in-mempool",
         [&](Transaction& t) {
             t = waiting;
             t.inputs[0].witness.insert(t.inputs[0].witness.begin(), Bytes{1});
         }},
        {"txn-mempool-conflict",
         [&](Transaction& t) {
             t.inputs[0].prevout = world.coinbase(3);
             t.locktime = 1;
         }},
        {"txn-already-known", [&](Transaction& t) { t = in_block; }},
        {"bad-txns-inputs-missingorspent", [](Transaction& t) { t.inputs[0].prevout.index = 1; }},
        {"bad-txns-inputs-missingorspent",
         [&](Transaction& t) { t.inputs[0].prevout = PoolWorld::place(waiting, 1); }},
        {"non-BIP68-final",
         [&](Transaction& t) { t.inputs[0].sequence = static_cast<std::uint32_t>(next); }},
        {"ok",
         [&](Transaction& t) { t.inputs[0].sequence = static_cast<std::uint32_t>(next - 1); }},
        // An output of the pool is as old as the next block.
        {"non-BIP68-final",
         [&](Transaction& t) {
             t.inputs[0].prevout = PoolWorld::place(waiting);
             t.inputs[0].sequence = 1;
         }},
        {"bad-txns-premature-spend-of-coinbase",
         [&](Transaction& t) { t.inputs[0].prevout = world.coinbase(next - 99); }},
        {"bad-txns-in-belowout", [](Transaction& t) { t.outputs[0].value = 50 * coin + 1; }},
        {"bad-witness-nonstandard",
         [](Transaction& t) {
             t.inputs[0].witness.insert(t.inputs[0].witness.begin(), Bytes(81));
         }},
        {"ok", [](Transaction& t) { t.outputs[0].value = 50 * coin - least_fee; }},
        {"min relay fee not met",
         [](Transaction& t) { t.outputs[0].value = 50 * coin - least_fee + 1; }},
        {"mandatory-script-verify-flag-failed (Witness program hash mismatch)",
         [](Transaction& t) { t.inputs[0].witness = {Bytes{0x52}}; }},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.said));
        Transaction transaction = good;
        row.change(transaction);
        const Verdict verdict = world.pool.test(transaction, world.now_s);
        CHECK(verdict.fault.value_or("ok") == row.said);
        CHECK(verdict.is_missing_inputs == (verdict.fault == "bad-txns-inputs-missingorspent"));
        CHECK(verdict.txid == txid_of(transaction));
    }
    CHECK(world.pool.all().size() == 1);
    Transaction cheap = good;
    cheap.outputs[0].value = 50 * coin - least_fee + 1;
    const Verdict verdict = world.pool.test(cheap);
    CHECK(verdict.text() == "min relay fee not met, 95 < 96");
    CHECK(verdict.size == 96);
    CHECK(verdict.fee == 95);
    world.check();
}

TEST_CASE("too many signatures are not standard, and the scripts are not run for it") {
    PoolWorld world;
    // Each of these counts twenty signatures, four times.
    const Bytes many = script("1 0x21 0x02" + std::string(64, '1') + " 1 CHECKMULTISIG");
    Transaction transaction = world.pay({{world.coinbase(1)}, 1'000'000});
    transaction.outputs.assign(201, {1'000, many});
    CHECK(world.accept(transaction) == "bad-txns-too-many-sigops, 16080");
    transaction.outputs.resize(200);
    const Verdict verdict = world.pool.test(transaction);
    CHECK(verdict.text() == "");
    CHECK(verdict.size == 16'000 * 20 / 4);
}

TEST_CASE("rules of blocks are told from those of relay alone") {
    PoolWorld world;
    struct Row {
        std::string witness_script;
        std::vector<Bytes> stack;
        const char* said;
    };
    const Row rows[] = {
        {"1 NOP10", {}, "non-mandatory-script-verify-flag (NOPx reserved for soft-fork upgrades)"},
        {"IF 1 ENDIF",
         {Bytes{2}},
         "non-mandatory-script-verify-flag (OP_IF/NOTIF argument must be minimal)"},
        {"0",
         {},
         "mandatory-script-verify-flag-failed (Script evaluated without error but finished with a "
         "false/empty top stack element)"},
        {"NOP10 VERIFY",
         {},
         "mandatory-script-verify-flag-failed (NOPx reserved for soft-fork upgrades)"},
    };
    int height = 1;
    for (const Row& row : rows) {
        CAPTURE(row.witness_script);
        const Bytes witness_script = script(row.witness_script);
        Transaction pays = world.pay({{world.coinbase(height++)}});
        pays.outputs[0].script = pays_to(witness_script);
        REQUIRE(world.accept(pays) == "ok");
        Transaction spends = world.pay({{world.coinbase(height)}});
        spends.inputs[0].prevout = PoolWorld::place(pays);
        spends.inputs[0].witness = row.stack;
        spends.inputs[0].witness.push_back(witness_script);
        spends.outputs[0].value = pays.outputs[0].value - 1'000;
        const std::string where = ", input 0 of " + to_text(txid_of(spends)) + " (wtxid " +
                                  to_text(wtxid_of(spends)) + "), spending " +
                                  to_text(txid_of(pays)) + ":0";
        CHECK(world.accept(spends) == row.said + where);
    }
}

TEST_CASE("no transaction has more than 25 ancestors or descendants, itself included") {
    PoolWorld world;
    std::vector<Transaction> chain{world.pay({{world.coinbase(1)}, 1'000, 3})};
    REQUIRE(world.accept(chain[0]) == "ok");
    for (int i = 1; i < 25; ++i) {
        chain.push_back(world.pay({{PoolWorld::place(chain.back())}}));
        REQUIRE(world.accept(chain.back()) == "ok");
    }
    world.check();
    const std::string too_many = "too-long-mempool-chain, too many descendants for tx " +
                                 to_text(txid_of(chain[0])) + " [limit: 25]";
    // But for one small child of an ancestor that is the only one (CPFP carve-out).
    CHECK(world.accept(world.pay({{PoolWorld::place(chain[0], 1)}})) == "ok");
    CHECK(world.accept(world.pay({{PoolWorld::place(chain[0], 2)}})) == too_many);
    // The ancestors are met in the order of their ids: which limit is seen first depends on these.
    const std::string said = world.accept(world.pay({{PoolWorld::place(chain.back())}}));
    CHECK(said.starts_with("too-long-mempool-chain, too many "));
    CHECK(world.pool.with_ancestors(txid_of(chain.back())).count == 25);
    CHECK(world.pool.with_descendants(txid_of(chain.front())).count == 26);
    CHECK(world.pool.ancestors(txid_of(chain.back())).size() == 24);
    CHECK(world.pool.with_ancestors(Txid{}) == Mempool::Family{});

    // When a block took the first one, there is room again.
    REQUIRE(world.block({chain[0]}) == "ok");
    CHECK(world.accept(world.pay({{PoolWorld::place(chain.back())}})) == "ok");
    world.check();
}

TEST_CASE("families have sizes, too, and parents are counted before their ancestors") {
    PoolPolicy policy;
    policy.max_ancestors = 3;
    PoolWorld world(policy);
    const Transaction wide = world.pay({{world.coinbase(1)}, 1'000, 4});
    REQUIRE(world.accept(wide) == "ok");
    std::vector<OutPoint> places;
    for (std::uint32_t i = 0; i < 3; ++i) {
        const Transaction child = world.pay({{PoolWorld::place(wide, i)}});
        REQUIRE(world.accept(child) == "ok");
        places.push_back(PoolWorld::place(child));
    }
    CHECK(world.accept(world.pay({places})) ==
          "too-long-mempool-chain, too many unconfirmed parents [limit: 3]");
    CHECK(world.accept(world.pay({{places[0], places[1]}})) ==
          "too-long-mempool-chain, too many unconfirmed ancestors [limit: 3]");
    CHECK(world.accept(world.pay({{places[0]}})) == "ok");

    PoolPolicy narrow;
    narrow.max_ancestor_size = 2 * 96 - 1;
    PoolWorld small(narrow);
    const Transaction first = small.pay({{small.coinbase(1)}});
    REQUIRE(small.accept(first) == "ok");
    CHECK(small.accept(small.pay({{PoolWorld::place(first)}})) ==
          "too-long-mempool-chain, exceeds ancestor size limit [limit: 191]");
    narrow.max_ancestor_size = 10 * 96;
    narrow.max_descendant_size = 3 * 96 - 1;
    PoolWorld other(narrow);
    const Transaction again = other.pay({{other.coinbase(1)}});
    REQUIRE(other.accept(again) == "ok");
    const Transaction second = other.pay({{PoolWorld::place(again)}});
    REQUIRE(other.accept(second) == "ok");
    CHECK(other.accept(other.pay({{PoolWorld::place(second)}})) ==
          "too-long-mempool-chain, exceeds descendant size limit for tx " +
              to_text(txid_of(again)) + " [limit: 287]");
}

TEST_CASE("what came too long ago leaves with its descendants, and not a second sooner") {
    PoolWorld world;
    const Transaction old = world.pay({{world.coinbase(1)}});
    REQUIRE(world.accept(old) == "ok");
    world.now_s += 100;
    const Transaction child = world.pay({{PoolWorld::place(old)}});
    const Transaction other = world.pay({{world.coinbase(2)}});
    REQUIRE(world.accept(child) == "ok");
    REQUIRE(world.accept(other) == "ok");
    const std::int64_t due = world.now_s - 100 + world.pool.policy().expiry_s;
    world.pool.expire(due);
    CHECK(world.pool.all().size() == 3);
    world.pool.expire(due + 1);
    CHECK_FALSE(world.has(old));
    CHECK_FALSE(world.has(child));
    CHECK(world.has(other));
    world.check();
    // An ancestor that is too old takes along what has just come.
    const Transaction late = world.pay({{PoolWorld::place(other)}});
    world.now_s = due + 101;
    CHECK(world.accept(late) == "mempool full");
    CHECK(world.pool.all().empty());
}

TEST_CASE("a full pool loses the package that pays least, and asks for more than that one paid") {
    PoolPolicy policy;
    policy.max_octets = 10 * 99;  // of serialised ones
    PoolWorld world(policy);
    std::vector<Transaction> taken;
    for (int i = 0; i < 10; ++i) {
        taken.push_back(world.pay({{world.coinbase(i + 1)}, 1'000 + 96 * i}));
        REQUIRE(world.accept(taken.back()) == "ok");
    }
    REQUIRE(world.pool.octets() == policy.max_octets);
    CHECK(world.pool.min_rate(world.now_s) == 1'000);
    // Who pays least leaves, even if that is who came.
    CHECK(world.accept(world.pay({{world.coinbase(11)}, 999})) == "mempool full");
    const FeeRate asked = rate_of(999, 96) + 1'000;
    CHECK(world.pool.min_rate(world.now_s) == asked);
    const Satoshi enough = fee_at(asked, 96);
    CHECK(world.accept(world.pay({{world.coinbase(11)}, enough - 1})) ==
          "mempool min fee not met, " + std::to_string(enough - 1) + " < " +
              std::to_string(enough));
    const Transaction late = world.pay({{world.coinbase(11)}, enough});
    CHECK(world.accept(late) == "ok");
    CHECK_FALSE(world.has(taken[0]));
    CHECK(world.pool.all().size() == 10);
    world.check();

    // A child that pays keeps its parent: it is the package that counts.
    const Transaction child = world.pay({{PoolWorld::place(taken[1])}, 50'000});
    CHECK(world.accept(child) == "ok");
    CHECK(world.has(taken[1]));
    CHECK(world.has(child));
    CHECK_FALSE(world.has(late));
    // A parent that pays enough alone does not leave for its child.
    const Satoshi least = fee_at(world.pool.min_rate(world.now_s), 96);
    REQUIRE(least < 1'000 + 2 * 96);  // less than each of the others pays
    CHECK(world.accept(world.pay({{PoolWorld::place(taken[9])}, least})) == "mempool full");
    CHECK(world.has(taken[9]));
    world.check();
}

TEST_CASE("after a block the fee rate that is asked for falls by half in twelve hours, or sooner") {
    MinimumRate rate(1'000);
    constexpr std::int64_t hour = 60 * 60;
    const auto full = [&](std::int64_t now_s) { return MinimumRate::Moment{now_s, 100, 100}; };
    CHECK(rate.at(full(0)) == 0);
    rate.raise(64'000);
    rate.raise(32'000);
    CHECK(rate.at(full(100 * hour)) == 64'000);  // no block came
    rate.start_falling(0);
    CHECK(rate.at(full(10)) == 64'000);
    CHECK(rate.at(full(11)) < 64'000);
    CHECK(rate.at(full(6 * hour)) == 45'255);  // by the root of two
    CHECK(rate.at(full(12 * hour)) == 32'000);
    CHECK(rate.at(full(24 * hour)) == 16'000);
    CHECK(rate.at({12 * hour, 50, 100}) == 32'000);
    CHECK(rate.at({12 * hour, 49, 100}) == 16'000);
    CHECK(rate.at({12 * hour, 24, 100}) == 4'000);
    // Below half of the least step it is forgotten; before that it is no less than that step.
    CHECK(rate.at(full(72 * hour)) == 1'000);
    CHECK(rate.at(full(84 * hour - 60)) == 1'000);
    CHECK(rate.at(full(84 * hour + 60)) == 0);
    // In many small steps it falls as far as in one.
    MinimumRate often = rate;
    for (std::int64_t now_s = 0; now_s <= 12 * hour; now_s += 11)
        often.settle(full(now_s));
    CHECK(std::abs(often.at(full(12 * hour)) - 32'000) <= 8);
    often.raise(40'000);
    CHECK(often.at(full(200 * hour)) == 40'000);
    MinimumRate extreme(1'000);
    extreme.raise(max_money * 1'000);
    CHECK(extreme.at(full(0)) > max_money / 100);
}

TEST_CASE("the pool's fee rate rises with evictions and falls from the next block on") {
    PoolPolicy policy;
    policy.max_octets = 2 * 99;
    PoolWorld world(policy);
    for (int i = 1; i <= 3; ++i)
        world.accept(world.pay({{world.coinbase(i)}, 9'600 * i}));
    CHECK(world.pool.all().size() == 2);
    CHECK(world.pool.min_rate(world.now_s) == 101'000);
    world.now_s += 1'000'000;
    CHECK(world.pool.min_rate(world.now_s) == 101'000);
    REQUIRE(world.block() == "ok");
    world.now_s += 12 * 60 * 60;
    CHECK(world.pool.min_rate(world.now_s) == 50'500);
    world.now_s += 1'000'000;
    CHECK(world.pool.min_rate(world.now_s) == 1'000);
    CHECK(world.pool.min_rate(0) >= 1'000);
}

TEST_CASE("how fast the fee rate fell is not changed by what comes later") {
    PoolPolicy policy;
    policy.max_octets = 2 * 99;
    PoolWorld world(policy);
    for (int i = 1; i <= 3; ++i)
        world.accept(world.pay({{world.coinbase(i)}, 9'600 * i}));
    REQUIRE(world.selected_block() == "ok");
    REQUIRE(world.pool.all().empty());
    world.now_s += 3 * 60 * 60;
    CHECK(world.pool.min_rate(world.now_s) == 50'500);
    REQUIRE(world.accept(world.pay({{world.coinbase(4)}, 9'600})) == "ok");
    REQUIRE(world.pool.octets() >= policy.max_octets / 2);
    CHECK(world.pool.min_rate(world.now_s) == 50'500);
    CHECK(world.pool.min_rate(world.now_s + 12 * 60 * 60) == 25'250);
}

TEST_CASE("scripts that were verified are not run again, and no verdict changes") {
    PoolWorld world;
    const Transaction taken = world.pay({{world.coinbase(1)}});
    REQUIRE(world.accept(taken) == "ok");
    int asked = 0;
    int known = 0;
    world.chain.skip_scripts_of([&](const Transaction& one) {
        ++asked;
        const bool is = world.pool.is_verified(one);
        known += is ? 1 : 0;
        return is;
    });
    const Transaction unknown = world.pay({{world.coinbase(2)}});
    REQUIRE(world.block({taken, unknown}) == "ok");
    CHECK(asked == 2);
    CHECK(known == 1);
    CHECK(world.pool.is_verified(taken));
    CHECK_FALSE(world.pool.is_verified(unknown));
    // With another witness it is another one.
    Transaction other = world.pay({{world.coinbase(3)}});
    REQUIRE(world.accept(other) == "ok");
    other.inputs[0].witness = {Bytes{0x52}};
    CHECK_FALSE(world.pool.is_verified(other));
    CHECK(world.block({other}) ==
          "mandatory-script-verify-flag-failed (Witness program hash mismatch)");

    VerifiedScripts verified;
    std::array<std::uint8_t, 32> id{};
    for (std::size_t i = 0; i < 3 * VerifiedScripts::generation; ++i) {
        id[0] = static_cast<std::uint8_t>(i);
        id[1] = static_cast<std::uint8_t>(i >> 8);
        id[2] = static_cast<std::uint8_t>(i >> 16);
        verified.insert(Txid{id});
    }
    CHECK(verified.size() <= 2 * VerifiedScripts::generation);
    CHECK(verified.contains(Txid{id}));
    CHECK_FALSE(verified.contains(Txid{}));
}
