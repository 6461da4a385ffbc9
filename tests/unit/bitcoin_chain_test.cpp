// Blocks: their rules, the coins, and branches that take each other's place.
#include "bitcoin/machine/mining.h"
#include "tests/unit/bitcoin_world.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

TEST_CASE("regtest begins with the block that it always began with") {
    const Block genesis = regtest_genesis();
    CHECK(to_text(id_of(genesis.header)) ==
          "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
    CHECK(to_text(txid_of(genesis.transactions[0])) ==
          "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
    CHECK(parse_block(serialize(genesis)) == genesis);
    CHECK_FALSE(check_block(genesis, regtest_params));
    const Chain chain(regtest_params, genesis);
    CHECK(chain.height() == 0);
    CHECK(chain.coins().size() == 0);
}

TEST_CASE("a block is read as it was written, and no byte more or less") {
    World world;
    Block block = world.next(world.chain.tip().id);
    commit(block);
    mine(block);
    const Bytes octets = serialize(block);
    CHECK(parse_block(octets) == block);
    CHECK(parse_header(ByteView(octets).first(header_size)) == block.header);
    for (std::size_t size = 0; size < octets.size(); ++size)
        CHECK_FALSE(parse_block(ByteView(octets).first(size)));
    CHECK(weight_of(block) == 3 * serialize(block, WitnessForm::without).size() + octets.size());
}

TEST_CASE("targets: what is zero, negative or too large has no work") {
    const BlockId low;
    CHECK(has_work(low, 0x207fffff, 0x207fffff));
    CHECK(has_work(low, 0x1d00ffff, 0x207fffff));
    CHECK_FALSE(has_work(low, 0x207fffff, 0x1d00ffff));  // above the limit
    for (const std::uint32_t bits :
         {0U, 0x20000000U, 0x20800001U, 0x01003456U, 0xff123456U, 0x22000100U})
        CHECK_FALSE(has_work(low, bits, 0x207fffff));
    std::array<std::uint8_t, 32> number{};
    number[28] = 1;  // 2^224
    CHECK(has_work(BlockId{number}, 0x1d010000, 0x207fffff));
    CHECK_FALSE(has_work(BlockId{number}, 0x1d00ffff, 0x207fffff));
}

TEST_CASE("what is wrong with a block") {
    World world;
    REQUIRE(world.grow(101) == "ok");
    const BlockId tip = world.chain.tip().id;
    const Coins before = world.chain.coins();
    struct Row {
        const char* said;
        std::function<void(Block&)> change;
        bool works = true;
    };
    const Row rows[] = {
        {"prev-blk-not-found", [](Block& b) { b.header.parent = {}; }},
        {"bad-diffbits", [](Block& b) { b.header.bits = 0x207ffffe; }},
        {"time-too-old", [](Block& b) { b.header.time = 1; }},
        {"time-too-new", [](Block& b) { b.header.time = 2'000'000'000; }},
        {"bad-version(0x00000003)", [](Block& b) { b.header.version = 3; }},
        {"bad-cb-missing", [&](Block& b) { b.transactions[0] = world.spend(1); }},
        {"bad-cb-multiple",
         [](Block& b) {
             Transaction second = b.transactions[0];
             second.locktime = 1;
             b.transactions.push_back(second);
         }},
        {"bad-txns-duplicate",
         [&](Block& b) {
             b.transactions.push_back(world.spend(2));
             b.transactions.insert(b.transactions.end(), 2, world.spend(1));
         }},
        {"bad-txns-inputs-missingorspent",
         [&](Block& b) { b.transactions.insert(b.transactions.end(), 2, world.spend(1)); }},
        {"bad-cb-length", [](Block& b) { b.transactions[0].inputs[0].script_sig = {1}; }},
        {"bad-cb-height",
         [](Block& b) {
             b.transactions[0].inputs[0].script_sig = {2, 7, 7, 7};
         }},
        {"bad-cb-amount", [](Block& b) { ++b.transactions[0].outputs[0].value; }},
        {"bad-txns-vout-negative", [](Block& b) { b.transactions[0].outputs[0].value = -1; }},
        {"unexpected-witness",
         [&](Block& b) {
             b.transactions.push_back(world.spend(1));
             b.transactions[1].inputs[0].witness = {Bytes{1}};
         }},
        {"bad-witness-nonce-size",
         [](Block& b) {
             commit(b);
             b.transactions[0].inputs[0].witness = {Bytes(31)};
         }},
        {"bad-witness-merkle-match",
         [](Block& b) {
             commit(b);
             b.transactions[0].inputs[0].witness = {Bytes(32, 1)};
         }},
        {"bad-txns-nonfinal",
         [&](Block& b) {
             b.transactions.push_back(world.spend(1));
             b.transactions[1].locktime = 102;
             b.transactions[1].inputs[0].sequence = 0;
         }},
        {"bad-txns-inputs-missingorspent",
         [&](Block& b) {
             b.transactions.push_back(world.spend(1));
             b.transactions[1].inputs[0].prevout.index = 7;
         }},
        {"bad-txns-premature-spend-of-coinbase",
         [&](Block& b) { b.transactions.push_back(world.spend(3)); }},
        {"bad-txns-in-belowout",
         [&](Block& b) {
             b.transactions.push_back(world.spend(1));
             ++b.transactions[1].outputs[0].value;
         }},
        {"mandatory-script-verify-flag-failed (Script evaluated without error but finished with a "
         "false/empty top stack element)",
         [&](Block& b) {
             Transaction locked = world.spend(1);
             locked.outputs[0].script = {0};
             Transaction spends = world.spend(1);
             spends.inputs[0].prevout.txid = txid_of(locked);
             b.transactions.push_back(locked);
             b.transactions.push_back(spends);
         }},
        {"bad-blk-sigops",
         [](Block& b) {
             b.transactions[0].outputs[0].script =
                 Bytes(20'001, static_cast<std::uint8_t>(Opcode::checksig));
         }},
        {"bad-blk-length",
         [](Block& b) { b.transactions[0].outputs[0].script = Bytes(1'000'000); }},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.said));
        Block block = world.next(tip);
        row.change(block);
        CHECK(world.give(block) == row.said);
        CHECK(world.chain.tip().id == tip);
        CHECK(world.change.left.empty());
        CHECK(world.change.joined.empty());
        CHECK(world.chain.coins() == before);
    }
    Block wrong_root = world.next(tip);
    mine(wrong_root);
    wrong_root.header.merkle_root = {};
    std::uint64_t tries = UINT64_MAX;
    REQUIRE(find_work(wrong_root.header, regtest_params.bits, tries));
    CHECK(world.chain.accept(wrong_root, start_s, world.change) == "bad-txnmrklroot");
    Block no_work = world.next(tip);
    mine(no_work);
    while (has_work(id_of(no_work.header), no_work.header.bits, regtest_params.bits))
        ++no_work.header.nonce;
    CHECK(world.chain.accept(no_work, start_s, world.change) == "high-hash");

    Block good = world.next(tip, {world.spend(1, 500)}, 500);
    commit(good);
    CHECK(world.give(good) == "ok");
    mine(good);
    CHECK(world.give(good) == "duplicate");
    CHECK(world.chain.coins().size() == before.size() + 1);
}

TEST_CASE("a coinbase can be spent a hundred blocks later, and not one before") {
    World world;
    REQUIRE(world.grow(99) == "ok");
    CHECK(world.give(world.next(world.chain.tip().id, {world.spend(1)})) ==
          "bad-txns-premature-spend-of-coinbase");
    REQUIRE(world.grow(1) == "ok");
    CHECK(world.give(world.next(world.chain.tip().id, {world.spend(1)})) == "ok");
    CHECK(world.chain.height() == 101);
}

TEST_CASE("locktimes look at the median time of the parent, at -1, 0 and +1") {
    World world;
    REQUIRE(world.grow(110) == "ok");
    const std::int64_t median = world.chain.next().median_time;
    const auto with = [&](std::int64_t locktime) {
        Transaction transaction = world.spend(1);
        transaction.locktime = static_cast<std::uint32_t>(locktime);
        transaction.inputs[0].sequence = final_sequence - 1;
        return transaction;
    };
    CHECK_FALSE(is_final(with(median + 1), 111, median));
    CHECK_FALSE(is_final(with(median), 111, median));
    CHECK(is_final(with(median - 1), 111, median));
    CHECK_FALSE(is_final(with(111), 111, median));
    CHECK(is_final(with(110), 111, median));
    CHECK(world.give(world.next(world.chain.tip().id, {with(median)})) == "bad-txns-nonfinal");
    CHECK(world.give(world.next(world.chain.tip().id, {with(median - 1)})) == "ok");
}

TEST_CASE("relative locktimes count from the coin's block, in blocks and in 512 seconds") {
    World world;
    REQUIRE(world.grow(150) == "ok");
    const auto waits = [&](std::uint32_t sequence) {
        Transaction transaction = world.spend(50);
        transaction.inputs[0].sequence = sequence;
        return world.give(world.next(world.chain.tip().id, {transaction}));
    };
    // Block 151 spends a coin of block 50; blocks are a minute apart.
    CHECK(waits(102) == "bad-txns-nonfinal");
    CHECK(waits(sequence_is_time | 12) == "bad-txns-nonfinal");
    const auto good = [&](std::uint32_t sequence) {
        World fresh;
        REQUIRE(fresh.grow(150) == "ok");
        Transaction transaction = fresh.spend(50);
        transaction.inputs[0].sequence = sequence;
        return fresh.give(fresh.next(fresh.chain.tip().id, {transaction}));
    };
    CHECK(good(101) == "ok");
    // 101 minutes lie between the median times: 11 units are 94 minutes, 12 are 102.
    CHECK(good(sequence_is_time | 11) == "ok");
    CHECK(good(sequence_disabled | 0xffff) == "ok");
}

TEST_CASE("the branch with more work takes the place of the other, and coins go with it") {
    World world;
    REQUIRE(world.grow(101) == "ok");
    const BlockId fork = world.chain.tip().id;
    const Coins at_fork = world.chain.coins();
    const Transaction spend = world.spend(1);
    REQUIRE(world.give(world.next(fork, {spend})) == "ok");
    const BlockId first = world.last;
    const OutPoint paid{txid_of(spend), 0};
    CHECK(world.chain.coins().find(paid) != nullptr);

    // As much work: who came first stays.
    REQUIRE(world.give(world.next(fork)) == "ok");
    const BlockId second = world.last;
    CHECK(world.chain.tip().id == first);
    CHECK(world.change.joined.empty());
    CHECK(world.chain.tips().size() == 2);

    REQUIRE(world.give(world.next(second)) == "ok");
    CHECK(world.chain.tip().id == world.last);
    CHECK(world.change.left == std::vector<BlockId>{first});
    CHECK(world.change.joined == std::vector<BlockId>{second, world.last});
    CHECK(world.chain.coins().find(paid) == nullptr);
    CHECK_FALSE(world.chain.is_active(first));

    SUBCASE("and back, when it is called invalid") {
        ChainChange change;
        const Coins now = world.chain.coins();
        CHECK(world.chain.invalidate(second, change));
        CHECK(world.chain.tip().id == first);
        CHECK(change.left == std::vector<BlockId>{world.last, second});
        CHECK(change.joined == std::vector<BlockId>{first});
        CHECK(world.chain.coins().find(paid) != nullptr);
        Block block = world.next(second);
        CHECK(world.give(block) == "bad-prevblk");

        change = {};
        CHECK(world.chain.reconsider(second, change));
        CHECK(world.chain.coins() == now);
        CHECK(change.left == std::vector<BlockId>{first});
        CHECK(change.joined.size() == 2);
    }
    SUBCASE("down to where both began") {
        ChainChange change;
        CHECK(world.chain.invalidate(second, change));
        CHECK(world.chain.invalidate(first, change));
        CHECK(world.chain.tip().id == fork);
        CHECK(world.chain.coins() == at_fork);
        CHECK_FALSE(world.chain.invalidate(BlockId{}, change));
        CHECK_FALSE(world.chain.invalidate(world.chain.at(0)->id, change));
    }
}

TEST_CASE("a branch that turns out wrong is left again, with all that stood on it") {
    World world;
    REQUIRE(world.grow(101) == "ok");
    const BlockId fork = world.chain.tip().id;
    REQUIRE(world.grow(2) == "ok");
    const BlockId good = world.chain.tip().id;
    const Coins before = world.chain.coins();
    // Its first block takes too much, which is seen when it is connected.
    Block bad = world.next(fork);
    bad.transactions[0].outputs[0].value += 1;
    CHECK(world.give(bad) == "ok");
    const BlockId wrong = world.last;
    CHECK(world.give(world.next(wrong)) == "ok");
    Block third = world.next(world.last);
    CHECK(world.give(third) == "ok");
    CHECK(world.chain.tip().id == good);
    CHECK(world.chain.coins() == before);
    CHECK(world.change.left.empty());
    CHECK(world.change.joined.empty());
    CHECK(world.chain.find(wrong)->invalid);
    CHECK(world.chain.find(world.last)->invalid);
    CHECK(world.give(world.next(wrong)) == "bad-prevblk");
}

TEST_CASE(
    "a branch that fails on its way leaves the block that came first, of two with one height") {
    World world;
    REQUIRE(world.grow(101) == "ok");
    const BlockId fork = world.chain.tip().id;
    REQUIRE(world.give(world.next(fork)) == "ok");
    const BlockId first = world.last;
    REQUIRE(world.give(world.next(fork)) == "ok");
    const BlockId second = world.last;
    Block bad = world.next(second);
    ++bad.transactions[0].outputs[0].value;
    CHECK(world.give(bad) == "bad-cb-amount");
    CHECK(world.chain.tip().id == first);
    CHECK(world.change.left.empty());
    CHECK(world.change.joined.empty());

    ChainChange change;
    CHECK(world.chain.invalidate(first, change));
    CHECK(world.chain.tip().id == second);
    CHECK(world.chain.reconsider(first, change));
    CHECK(world.chain.tip().id == first);
}

TEST_CASE("the subsidy halves every 150 blocks, and ends") {
    CHECK(subsidy_at(1, regtest_params) == 50 * coin);
    CHECK(subsidy_at(149, regtest_params) == 50 * coin);
    CHECK(subsidy_at(150, regtest_params) == 25 * coin);
    CHECK(subsidy_at(150 * 63, regtest_params) == 0);
    CHECK(subsidy_at(150 * 64, regtest_params) == 0);
}
