// What the Bitcoin adapter does about what comes late: many blocks at once, payments after their
// time, and payments whose coins another branch of the chain does not have.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "bitcoin/adapter/payments.h"
#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

using namespace bitcoin;

CommandId id_of(std::uint8_t id) {
    return *CommandId::from(Bytes(CommandId::size, id));
}

Satoshi rate_of(const BitcoinNode& node, const Transaction& transaction) {
    const auto* const entry = node.machine.pool().find(txid_of(transaction));
    REQUIRE(entry != nullptr);
    return entry->fee * 1'000 / static_cast<Satoshi>(entry->size);
}

// A block with these alone.
void mine_only(EscrowWorld& world, std::vector<Transaction> transactions) {
    world.node.now = world.node.now + world.node.interval;
    input::Mine mine;
    mine.script = world.payee.home();
    mine.transactions = std::move(transactions);
    const auto done = world.node.give(mine);
    REQUIRE(done);
    REQUIRE(done->blocks.size() == 1);
}

std::size_t versions_sent(const BitcoinDesk& desk) {
    return std::set(desk.sent.begin(), desk.sent.end()).size();
}

TEST_CASE("of many blocks that are read at once a payment offers more for the last one alone") {
    EscrowWorld world;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    world.settle();
    world.payer.is_down = true;
    world.node.mine_empty(20);
    world.payer.is_down = false;
    pass(world.node, {&world.payer}, Duration::seconds(30));
    CHECK(versions_sent(world.payer) == 2);
    // And for none of them where one has it.
    world.payer.is_down = true;
    world.node.mine_empty(6);
    world.node.mine();
    world.payer.is_down = false;
    pass(world.node, {&world.payer}, Duration::seconds(30));
    CHECK(versions_sent(world.payer) == 2);
    CHECK(world.payer.balance->escrowed == Amount{1'000'000});
}

TEST_CASE("a funding that is claimed is not withdrawn, however late another branch makes it") {
    for (const bool is_seen_in_pool_only : {false, true}) {
        CAPTURE(is_seen_in_pool_only);
        EscrowWorld world;
        const Timestamp not_after = world.node.now + Duration::seconds(1'500);
        CHECK(world.payer.command(command::Prepare{world.terms, not_after}, 1) == "done");
        const Transaction funding = world.node.pool().at(0);
        world.settle();
        world.mine(4);
        CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
        const Transaction claim = world.node.pool().at(0);
        pass(world.node, {&world.payer}, Duration::seconds(5));
        if (!is_seen_in_pool_only) world.node.mine();
        pass(world.node, {&world.payer}, Duration::seconds(5));
        world.payer.restart();
        // The pool of the other branch has neither, as where the node has begun anew.
        world.node.reorganise(is_seen_in_pool_only ? 4 : 5);
        pass(world.node, {&world.payer}, Duration::seconds(60));
        const auto pool = world.node.pool();
        const auto spender = std::find_if(pool.begin(), pool.end(), [&](const Transaction& one) {
            return one.inputs[0].prevout == funding.inputs[0].prevout;
        });
        REQUIRE(spender != pool.end());
        CHECK(spender->outputs[0] == funding.outputs[0]);
        CHECK(spender->outputs.size() > 1);
        world.node.mine(3);
        world.settle();
        CHECK(world.payer.events.back().certainty != Certainty::rolled_back);
        CHECK(world.payer.answer(id_of(1)) == "done");
    }
}

TEST_CASE("a late payment that the other branch has too is not withdrawn") {
    EscrowWorld world;
    const Timestamp not_after = world.node.now + Duration::seconds(900);
    CHECK(world.payer.command(command::Prepare{world.terms, not_after}, 1) == "done");
    const Transaction funding = world.node.pool().at(0);
    world.mine(2);
    const std::size_t sent = world.payer.sent.size();
    REQUIRE(world.node.give(
        input::Invalidate{world.node.machine.chain().at(world.node.height() - 1)->id}));
    mine_only(world, {funding});
    world.node.mine_empty(3);
    pass(world.node, {&world.payer}, Duration::seconds(5));
    CHECK(world.payer.answer(id_of(1)) == "done");
    for (std::size_t i = sent; i < world.payer.sent.size(); ++i)
        CHECK(world.payer.sent[i] == serialize(funding));
    CHECK(world.payer.events.back().certainty == Certainty::final_);
}

TEST_CASE("a payment past its time offers no more, unless it is withdrawn") {
    EscrowWorld world;
    command::Transfer pays{world.payer.account(), world.payee.account(), world.terms.asset,
                           Amount{5'000'000}, world.node.now + Duration::seconds(300)};
    CHECK(world.payer.command(pays, 1) == "done");
    pass(world.node, {&world.payer}, Duration::seconds(10));
    // As long as a node reads blocks nothing is withdrawn; it wants more for what it has.
    bool is_busy = true;
    world.payer.alter = [&](const std::string& method, Json& answer) {
        if (!is_busy || method != "getblockchaininfo") return;
        Json info = answer["result"];
        info.set("initialblockdownload", true);
        answer.set("result", info);
    };
    pass(world.node, {&world.payer}, Duration::seconds(5));
    for (int i = 0; i < 3; ++i) {
        world.node.mine_empty();
        pass(world.node, {&world.payer}, Duration::seconds(5));
    }
    CHECK(versions_sent(world.payer) == 1);
    is_busy = false;
    pass(world.node, {&world.payer}, Duration::seconds(5));
    CHECK(versions_sent(world.payer) == 2);
    CHECK(world.node.pool().at(0).outputs[0].script == world.payer.home());
}

// The payer's rejected escrow, whose coins pay for its last payment.
TEST_CASE("a payment with the coin of a reject is void when the refund wins in another branch") {
    EscrowWorld world;
    world.terms.expiry = world.node.now + Duration::seconds(3 * 3'600);
    world.terms.expiry = Timestamp{world.terms.expiry.us() / 1'000'000 * 1'000'000};
    world.prepare();
    // Everything else is spent, so that what comes back is all there is.
    command::Transfer rest{world.payer.account(), world.payee.account(), world.terms.asset,
                           Amount{28'900'000}, world.later()};
    CHECK(world.payer.command(rest, 3) == "done");
    world.mine(1);
    while (world.node.median() < world.terms.expiry - Duration::seconds(600))
        world.mine(1);
    CHECK(world.payee.command(command::Reject{world.key, world.payee.account()}, 2) == "done");
    world.settle();
    world.mine(1);
    command::Transfer last{world.payer.account(), world.payee.account(), world.terms.asset,
                           Amount{900'000}, world.later()};
    REQUIRE(world.payer.balance->free > Amount{900'000});
    CHECK(world.payer.command(last, 4) == "done");
    // Takes back the reject; the refund is possible by then, and outbids it.
    world.carries_releases = false;
    world.node.reorganise(1);
    while (world.node.median() < world.terms.expiry)
        world.node.mine_empty();
    pass(world.node, {&world.payer}, Duration::seconds(20));
    world.node.mine(4);
    pass(world.node, {&world.payer}, Duration::seconds(20));
    CHECK(world.payer.events.back().state == EscrowState::refunded_expired);
    CHECK(world.payer.answer(id_of(4)) == "not_after_passed");
}

TEST_CASE("a payment with the change of one that was withdrawn in another branch is void") {
    EscrowWorld world;
    command::Transfer first{world.payer.account(), world.payee.account(), world.terms.asset,
                            Amount{25'000'000}, world.node.now + Duration::seconds(1'500)};
    CHECK(world.payer.command(first, 1) == "done");
    world.mine(1);
    command::Transfer second{world.payer.account(), world.payee.account(), world.terms.asset,
                             Amount{4'000'000}, world.later()};
    CHECK(world.payer.command(second, 2) == "done");
    CHECK(world.node.pool().size() == 1);
    world.node.reorganise(1);
    pass(world.node, {&world.payer}, Duration::seconds(10));
    world.node.mine();
    world.settle();
    CHECK(world.payer.balance->free > Amount{29'000'000});
    world.mine(2);
    CHECK(world.payer.answer(id_of(1)) == "not_after_passed");
    CHECK(world.payer.answer(id_of(2)) == "not_after_passed");
}

TEST_CASE("a payment with the coin of a claim is void when the refund wins in another branch") {
    EscrowWorld world;
    world.prepare();
    while (world.node.median() < world.terms.expiry)
        world.node.mine();
    pass(world.node, {&world.payee}, Duration::seconds(5));
    const Transaction refund = world.refund_past_the_adapter(60'000);
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.node.mine();
    pass(world.node, {&world.payee}, Duration::seconds(5));
    command::Transfer pays{world.payee.account(), world.payer.account(), world.terms.asset,
                           Amount{500'000}, world.later()};
    CHECK(world.payee.command(pays, 3) == "done");
    world.node.reorganise(1);
    input::Mine mine;
    mine.script = world.payer.home();
    mine.transactions = std::vector<Transaction>{refund};
    world.node.now = world.node.now + Duration::seconds(600);
    REQUIRE(world.node.give(mine));
    pass(world.node, {&world.payee}, Duration::seconds(5));
    world.node.mine_empty(3);
    pass(world.node, {&world.payee}, Duration::seconds(5));
    CHECK(world.payee.answer(id_of(2)) == "already_refunded");
    CHECK(world.payee.answer(id_of(3)) == "not_after_passed");
}

TEST_CASE("a coin that something else spent leaves the next version") {
    EscrowWorld world;
    command::Transfer pays{world.payer.account(), world.payee.account(), world.terms.asset,
                           Amount{15'000'000}, world.later()};
    CHECK(world.payer.command(pays, 1) == "done");
    const Transaction first = world.node.pool().at(0);
    REQUIRE(first.inputs.size() == 2);
    // Another process with the same seed.
    Transaction other;
    other.inputs.push_back(replaceable_input(first.inputs[1].prevout));
    other.outputs.push_back({9'990'000, world.payee.home()});
    const KeyCoin coin{first.inputs[1].prevout, 10'000'000, account_key};
    sign_coins(other, std::vector<KeyCoin>{coin}, 0, world.payer.signer());
    mine_only(world, {other});
    pass(world.node, {&world.payer}, Duration::seconds(20));
    REQUIRE(world.node.pool().size() == 1);
    CHECK(world.node.pool()[0].inputs[0].prevout == first.inputs[0].prevout);
    CHECK(world.node.pool()[0].inputs.at(1).prevout != first.inputs[1].prevout);
    world.mine(3);
    CHECK(world.payee.balance->free > Amount{24'000'000});
}

TEST_CASE("a claim that follows its escrow to another funding pays within the bounds") {
    // At the highest rate that there is, too.
    for (const char* const most : {"20000000", "5000"}) {
        CAPTURE(most);
        EscrowWorld world;
        BitcoinDesk payee(world.node, 2, {{"max_fee_rate", most}});
        EscrowTerms terms = world.terms;
        terms.amount = Amount{9'000'000};
        CHECK(world.payer.command(command::Prepare{terms, world.later()}, 1) == "done");
        world.node.mine();
        pass(world.node, {&world.payer, &payee}, Duration::seconds(10));
        // Its claim begins at the highest rate.
        payee.alter = [](const std::string& method, Json& answer) {
            if (method == "estimatesmartfee")
                answer.set("result", Json::object({{"feerate", 0.3}, {"blocks", 3}}));
        };
        pass(world.node, {&payee}, Duration::seconds(5));
        CHECK(payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
        world.node.reorganise(1);
        pass(world.node, {&world.payer, &payee}, Duration::seconds(20));
        const auto pool = world.node.pool();
        REQUIRE(pool.size() == 2);
        CHECK(pool[1].inputs[0].prevout == OutPoint{txid_of(pool[0]), 0});
        const Satoshi rate = rate_of(world.node, pool[1]);
        CHECK(rate >= std::stol(most) - 1);
        CHECK(rate <= std::stol(most) + 100);
    }
}

TEST_CASE("what both sides sign anew for another funding is sent, whatever it pays") {
    EscrowWorld world;
    world.carries_releases = false;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    world.mine(1);
    CHECK(world.payee.command(command::Reject{world.key, world.payee.account()}, 2) == "done");
    world.carries_releases = true;
    world.settle();
    CHECK(world.node.pool().size() == 1);
    world.node.mine();
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(5));
    // The funding goes back to the pool, and another version of it gets into a block.
    world.node.reorganise(2);
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(20));
    world.node.mine();
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(20));
    CHECK(world.payee.command(command::Reject{world.key, world.payee.account()}, 3) == "done");
    world.settle();
    world.mine(3);
    CHECK(world.payer.events.back().state == EscrowState::refunded_rejected);
    CHECK(world.payer.events.back().certainty == Certainty::final_);
}

TEST_CASE("a node that refuses every call after a reorganisation has no other chain") {
    EscrowWorld world;
    world.prepare();
    for (const char* const phase : {"tip", "walk"}) {
        CAPTURE(phase);
        world.node.reorganise(2);
        int hashes = 0;
        bool is_refusing = true;
        world.payer.divert = [&](const Request& request, const Json& calls) {
            if (calls[0]["method"].text_or("") != "getblockhash" || !is_refusing) return false;
            // The walk down is what comes after the first batch of hashes.
            if (++hashes == 1 && phase == std::string("walk")) return false;
            std::string text = "[";
            for (std::size_t i = 0; i < calls.size(); ++i)
                text += std::string(i == 0 ? "" : ",") + R"({"id":)" + std::to_string(i) +
                        R"(,"result":null,"error":{"code":-28,"message":"Loading"}})";
            text += "]";
            is_refusing = false;
            world.payer.give(Reply{request.id, Bytes(text.begin(), text.end())});
            return true;
        };
        for (int i = 0; i < 5 && is_refusing; ++i)
            pass(world.node, {&world.payer}, Duration::milliseconds(500));
        CHECK_FALSE(is_refusing);
        CHECK(world.payer.health->mode != report::Mode::refused);
        pass(world.node, {&world.payer}, Duration::seconds(10));
        CHECK(world.payer.health->mode == report::Mode::live);
        CHECK(world.payer.health->ledger_time == world.node.median());
    }
}

}  // namespace
}  // namespace lockstep::test
