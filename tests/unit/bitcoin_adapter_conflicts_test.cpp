// What holds for an escrow on Bitcoin through conflicts, reorganisations and lies of its node.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

using namespace bitcoin;

bool spends(const BitcoinNode& node, const OutPoint& place) {
    const auto pool = node.pool();
    return std::any_of(pool.begin(), pool.end(), [&](const Transaction& transaction) {
        return transaction.inputs[0].prevout == place;
    });
}

TEST_CASE("a claim whose block was taken back is sent again, though its node has forgotten it") {
    bitcoin::Settings forgetful = BitcoinNode::few_confirmations();
    forgetful.pool_expiry = Duration::seconds(600);
    EscrowWorld world({}, forgetful);
    world.prepare();
    const OutPoint place = world.escrow_coin().place;
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.mine(2);
    CHECK(world.payee.take_events() == "fulfilled seen");
    CHECK(world.payee.sent.size() == 1);
    world.node.reorganise(2);
    // What came back to the pool is old by now, and goes when something comes.
    world.node.pay(world.payee.home(), 1'000'000);
    CHECK_FALSE(spends(world.node, place));
    world.settle();
    CHECK(spends(world.node, place));
    world.mine(3);
    CHECK(world.payee.events.back().state == EscrowState::fulfilled);
    CHECK(world.payee.events.back().certainty == Certainty::final_);
}

TEST_CASE("a claim that met a conflict offers no less than before, at any later time") {
    EscrowWorld world;
    world.prepare();
    while (world.node.median() < world.terms.expiry - Duration::seconds(3'600))
        world.node.mine();
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    while (world.node.median() < world.terms.expiry)
        world.node.mine_empty();
    // A refund at a higher rate throws it out, and stays.
    CHECK(world.node.submit(world.refund_past_the_adapter(70'000)) == "ok");
    for (int i = 0; i < 3; ++i) {
        pass(world.node, {&world.payee}, Duration::seconds(20));
        world.node.mine_empty();
    }
    REQUIRE(world.payee.sent.size() > 2);
    Satoshi left = max_money;
    for (const Bytes& octets : world.payee.sent) {
        const Satoshi value = parse_transaction(octets)->outputs.at(0).value;
        CHECK(value <= left);
        left = value;
    }
}

TEST_CASE("a preimage that does not fulfil the condition is none, whoever shows it") {
    EscrowWorld world;
    world.prepare();
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    // An id says nothing about the witness: who passes a transaction on can alter that.
    world.payer.alter = [](const std::string& method, Json& answer) {
        if (method != "getrawtransaction") return;
        std::string text = answer["result"].text_or("");
        const std::size_t at = text.find(to_hex(Bytes(preimage_size, 7)));
        REQUIRE(at != std::string::npos);
        text.replace(at, 2, "08");
        answer.set("result", text);
    };
    world.settle();
    CHECK(world.payer.take_events() == "");
    world.payer.alter = nullptr;
    world.mine(1);
    CHECK(world.payer.take_events() == "fulfilled seen");
    CHECK(world.payer.events.back().preimage == Bytes(preimage_size, 7));
}

}  // namespace
}  // namespace lockstep::test
