// What holds for an escrow on Bitcoin through conflicts, reorganisations and lies of its node.
#include <doctest/doctest.h>

#include <algorithm>

#include "bitcoin/adapter/reject.h"
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

// What both sides signed, as a payer could send it at any time.
Transaction reject_past_the_adapters(const EscrowWorld& world, Satoshi rate) {
    SpendPlan plan;
    plan.escrow = world.escrow_coin();
    plan.destination = world.payer.home();
    plan.rate = {rate};
    const auto name = [&](EscrowRole role) {
        return EscrowKeyName{BitcoinDesk::ledger(), world.key.payer, world.key.id, role};
    };
    const auto partial = offer_reject(plan, name(EscrowRole::payee), world.payee.signer());
    REQUIRE(partial);
    RejectTerms terms;
    terms.escrow = plan.escrow;
    terms.destination = plan.destination;
    terms.most_fee = max_money;
    const auto spend =
        complete_reject(*partial, terms, name(EscrowRole::payer), world.payer.signer());
    REQUIRE(spend);
    return spend->transaction;
}

TEST_CASE("a claim that met a conflict offers no less than before, at any later time") {
    // Far from its expiry, where a claim that began anew would begin with the least rate.
    for (const bool is_late : {false, true}) {
        CAPTURE(is_late);
        EscrowWorld world;
        world.prepare();
        while (is_late && world.node.median() < world.terms.expiry - Duration::seconds(3'600))
            world.node.mine();
        CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
        for (int i = 0; i < 4 || (is_late && world.node.median() < world.terms.expiry); ++i) {
            world.node.mine_empty();
            pass(world.node, {&world.payee}, Duration::seconds(2));
        }
        if (!is_late) REQUIRE(world.payee.sent.size() > 3);
        // What is dearer throws it out, and stays.
        CHECK(world.node.submit(is_late ? world.refund_past_the_adapter(70'000)
                                        : reject_past_the_adapters(world, 70'000)) == "ok");
        const std::size_t before = world.payee.sent.size();
        for (int i = 0; i < 3; ++i) {
            pass(world.node, {&world.payee}, Duration::seconds(20));
            world.node.mine_empty();
        }
        CHECK(world.payee.sent.size() > before);
        Satoshi left = max_money;
        for (const Bytes& octets : world.payee.sent) {
            const Satoshi value = parse_transaction(octets)->outputs.at(0).value;
            CHECK(value <= left);
            left = value;
        }
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

TEST_CASE("a block that is not what its id says is refused") {
    EscrowWorld world;
    world.prepare();
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.mine(1);
    for (const char* const what : {"header", "transaction", "witness"}) {
        CAPTURE(what);
        BitcoinDesk desk(world.node, 2);
        desk.alter = [&](const std::string& method, Json& answer) {
            if (method != "getblock") return;
            std::string text = answer["result"].text_or("");
            const std::size_t preimage = text.find(to_hex(Bytes(preimage_size, 7)));
            if (what == std::string("witness") && preimage == std::string::npos) return;
            char& digit = what == std::string("header")        ? text[20]
                          : what == std::string("transaction") ? text[text.size() - 9]
                                                               : text[preimage];
            digit = digit == '0' ? '1' : '0';
            answer.set("result", text);
        };
        pass(world.node, {&desk}, Duration::seconds(3));
        CHECK(desk.health->mode == report::Mode::refused);
        for (const report::Escrow& event : desk.events)
            CHECK(event.state == EscrowState::prepared);
    }
}

Satoshi rate_in_pool(const BitcoinNode& node) {
    REQUIRE(node.pool().size() == 1);
    const auto* const entry = node.machine.pool().find(txid_of(node.pool()[0]));
    return entry->fee * 1'000 / static_cast<Satoshi>(entry->size);
}

TEST_CASE("a claim bids up to the highest rate before the expiry while no block comes") {
    EscrowWorld world;
    world.prepare();
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    const int height = world.node.height();
    Satoshi rate = rate_in_pool(world.node);
    CHECK(rate < 3'000);
    while (world.node.now + Duration::seconds(1'300) < world.terms.expiry) {
        world.node.now = world.node.now + Duration::seconds(600);
        pass(world.node, {&world.payee}, Duration::seconds(2));
        CHECK(rate_in_pool(world.node) >= rate);
        rate = rate_in_pool(world.node);
        // Far from it nothing is offered that is too little to count.
        if (world.node.now + Duration::seconds(6 * 3'600) < world.terms.expiry)
            CHECK(world.payee.sent.size() == 1);
    }
    CHECK(rate >= 49'000);
    CHECK(world.node.height() == height);
}

TEST_CASE("what spends an escrow follows what is paid in the pool, up and never down") {
    for (const bool is_claim : {true, false}) {
        CAPTURE(is_claim);
        EscrowWorld world;
        world.prepare();
        BitcoinDesk& desk = is_claim ? world.payee : world.payer;
        if (is_claim)
            CHECK(desk.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
        else
            while (world.node.median() < world.terms.expiry)
                world.mine(1);
        const auto with_pool = [&](double least, std::int64_t vsize, double fees) {
            desk.alter = [=](const std::string& method, Json& answer) {
                if (method != "getmempoolinfo") return;
                answer.set("result",
                           Json::object(
                               {{"mempoolminfee", least}, {"bytes", vsize}, {"total_fee", fees}}));
            };
            pass(world.node, {&desk}, Duration::seconds(5));
            return rate_in_pool(world.node);
        };
        const Satoshi first = rate_in_pool(world.node);
        CHECK(first < 2'600);
        // Nothing is behind the pool's least, and what is paid in a pool that fits into a block.
        CHECK(with_pool(0.00001, 900'000, 0.9) == first);
        const Satoshi least = with_pool(0.0002, 900'000, 0.9);
        CHECK(least >= 20'000);
        CHECK(least < 25'000);
        CHECK(with_pool(0.00001, 1'000, 0.0001) == least);
        const Satoshi crowded = with_pool(0.00001, 5'000'000, 1.5);
        CHECK(crowded >= 30'000);
        CHECK(crowded < 35'000);
        // Within the bounds, and without an end.
        const std::size_t sent = desk.sent.size();
        CHECK(with_pool(0.01, 5'000'000, 100) >= 49'900);
        CHECK(with_pool(0.02, 5'000'000, 100) <= 50'500);
        CHECK(desk.sent.size() == sent + 1);
        world.mine(3);
        CHECK(desk.events.back().certainty == Certainty::final_);
        CHECK(desk.events.back().state ==
              (is_claim ? EscrowState::fulfilled : EscrowState::refunded_expired));
    }
}

}  // namespace
}  // namespace lockstep::test
