// Fees, replacement, conflicts and reorganisations, as they meet an escrow on Bitcoin.
#include <doctest/doctest.h>

#include "bitcoin/adapter/fee_schedule.h"
#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

using namespace bitcoin;

Satoshi fee_of(const BitcoinNode& node, const Transaction& transaction) {
    return node.machine.pool().find(txid_of(transaction))->fee;
}

TEST_CASE("a claim that waits long pays no more than the most, however often it was replaced") {
    const EscrowWorld::Settings settings{{"max_fee_rate", "20000"}};
    EscrowWorld world(settings);
    world.prepare();
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    for (int i = 0; i < 40; ++i) {
        world.node.mine_empty();
        world.settle();
    }
    REQUIRE(world.node.pool().size() == 1);
    const bitcoin::Transaction claim = world.node.pool()[0];
    const bitcoin::Satoshi fee = world.escrow_coin().value - claim.outputs[0].value;
    const bitcoin::Satoshi most =
        *bitcoin::fee_for({20'000}, bitcoin::vsize_of_weight(bitcoin::weight_of(claim)) + 1);
    CHECK(fee > most / 2);
    CHECK(fee <= most);
}

TEST_CASE("a funding that is not included offers more, with the same first input") {
    EscrowWorld world;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    const Transaction first = world.node.pool().at(0);
    Satoshi fee = fee_of(world.node, first);
    for (int i = 0; i < 5; ++i) {
        world.node.mine_empty();
        world.settle();
        REQUIRE(world.node.pool().size() == 1);
        const Transaction now = world.node.pool().at(0);
        CHECK(now.inputs[0].prevout == first.inputs[0].prevout);
        CHECK(now.outputs[0] == first.outputs[0]);
        CHECK(now.outputs[1] == first.outputs[1]);
        CHECK(fee_of(world.node, now) > fee);
        fee = fee_of(world.node, now);
        // A restart lowers nothing.
        world.payer.restart();
        world.settle();
        CHECK(world.node.pool().at(0) == now);
    }
    world.mine(3);
    CHECK(world.payer.take_events() == "prepared seen, prepared final");
    CHECK(world.payee.take_events() == "prepared seen, prepared final");
}

TEST_CASE("a claim bids up to the highest rate before the expiry") {
    EscrowWorld world;
    world.prepare();
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    Satoshi fee = 0;
    while (world.node.now + Duration::seconds(1'200) < world.terms.expiry) {
        REQUIRE(world.node.pool().size() == 1);
        CHECK(world.node.pool()[0].inputs.size() == 1);
        CHECK(fee_of(world.node, world.node.pool()[0]) >= fee);
        fee = fee_of(world.node, world.node.pool()[0]);
        world.node.mine_empty();
        world.settle();
    }
    const Transaction last = world.node.pool()[0];
    const auto* entry = world.node.machine.pool().find(txid_of(last));
    CHECK(entry->fee * 1'000 / static_cast<Satoshi>(entry->size) >= 49'000);
    // The payer does not bid against it, with the preimage in hand.
    while (world.node.median() < world.terms.expiry) {
        world.node.mine_empty();
        world.settle();
    }
    CHECK(world.node.pool() == std::vector<Transaction>{last});
    CHECK(world.payer.sent.size() == 1);
    world.mine(3);
    CHECK(world.payer.take_events() == "fulfilled seen, fulfilled final");
}

TEST_CASE("the rate rises and never falls") {
    const FeeBounds bounds{{1'000}, {100'000}};
    CHECK(first_rate(bounds, std::nullopt) == FeePerKvb{1'000});
    CHECK(first_rate(bounds, FeePerKvb{500}) == FeePerKvb{1'000});
    CHECK(first_rate(bounds, FeePerKvb{7'000}) == FeePerKvb{7'000});
    CHECK(first_rate(bounds, FeePerKvb{700'000}) == FeePerKvb{100'000});
    CHECK(next_rate(bounds, {4'000}, std::nullopt, std::nullopt) == FeePerKvb{5'000});
    CHECK(next_rate(bounds, {4'000}, FeePerKvb{9'000}, std::nullopt) == FeePerKvb{9'000});
    CHECK(next_rate(bounds, {4'000}, FeePerKvb{900'000}, std::nullopt) == FeePerKvb{100'000});
    CHECK(next_rate(bounds, {100'000}, FeePerKvb{1'000}, 100) == FeePerKvb{100'000});
    for (const std::int64_t blocks : {-5, 0, 1, 2, 3})
        CHECK(next_rate(bounds, {1'000}, std::nullopt, blocks) == FeePerKvb{100'000});
    CHECK(next_rate(bounds, {1'000}, std::nullopt, 102) == FeePerKvb{1'009});
    for (std::int64_t start = 3; start < 300; start += 7) {
        FeePerKvb rate{1'000};
        for (std::int64_t blocks = start; blocks >= 2; --blocks) {
            const FeePerKvb next = next_rate(bounds, rate, std::nullopt, blocks);
            CHECK((next > rate || rate == bounds.most));
            rate = next;
        }
        CHECK(rate == bounds.most);
    }
}

TEST_CASE("a payment that comes too late is withdrawn, and refused when that is final") {
    EscrowWorld world;
    const Timestamp not_after = world.node.now + Duration::seconds(300);
    CHECK(world.payer.command(command::Prepare{world.terms, not_after}, 1) == "done");
    const Transaction funding = world.node.pool().at(0);
    world.settle();
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(301));
    REQUIRE(world.node.pool().size() == 1);
    const Transaction withdrawal = world.node.pool()[0];
    CHECK(withdrawal.inputs[0].prevout == funding.inputs[0].prevout);
    CHECK(withdrawal.outputs.size() == 1);
    CHECK(withdrawal.outputs[0].script == world.payer.home());
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "done");
    CHECK(world.payer.take_events() == "prepared seen, prepared gone");
    CHECK(world.payee.take_events() == "prepared seen, prepared gone");
    world.mine(2);
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "done");
    world.payer.restart();
    world.mine(1);
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "not_after_passed");
    CHECK(world.payer.balance->free > Amount{29'990'000});
    CHECK(world.payer.balance->escrowed.is_zero());
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 2) == "id_reused");
}

TEST_CASE("a funding that wins against its withdrawal stands") {
    EscrowWorld world;
    const Timestamp not_after = world.node.now + Duration::seconds(300);
    CHECK(world.payer.command(command::Prepare{world.terms, not_after}, 1) == "done");
    const Transaction funding = world.node.pool().at(0);
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(303));
    world.payer.take_events();
    input::Mine mine;
    mine.script = world.payee.home();
    mine.transactions = std::vector<Transaction>{funding};
    REQUIRE(world.node.give(mine));
    world.settle();
    world.mine(2);
    CHECK(world.payer.take_events() == "prepared seen, prepared final");
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "done");
    CHECK(world.node.pool().empty());
}

TEST_CASE("a reorganisation that drops a funding takes back what was told, and it is sent again") {
    EscrowWorld world;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    world.settle();
    world.mine(2);
    CHECK(world.payee.take_events() == "prepared seen");
    const std::size_t sent = world.payer.sent.size();
    world.node.reorganise(2);
    world.settle();
    CHECK(world.payee.take_events() == "prepared gone, prepared seen");
    CHECK(world.payer.take_events() == "prepared seen, prepared gone, prepared seen");
    CHECK(world.payer.sent.size() > sent);
    CHECK(world.node.pool().size() == 1);
    world.mine(3);
    CHECK(world.payee.take_events() == "prepared final");
    CHECK(world.payer.take_events() == "prepared final");
    CHECK(world.payer.health->mode == report::Mode::live);
}

TEST_CASE("a reorganisation that drops a claim does not stop it") {
    EscrowWorld world;
    world.prepare();
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.settle();
    world.mine(2);
    CHECK(world.payee.take_events() == "fulfilled seen");
    world.node.reorganise(2);
    // The other branch's pool has nothing of it.
    world.settle();
    CHECK(world.payee.take_events() == "fulfilled gone, fulfilled seen");
    CHECK(world.node.pool().size() == 1);
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.mine(3);
    CHECK(world.payee.take_events() == "fulfilled final");
    CHECK(world.payer.take_events() ==
          "fulfilled seen, fulfilled gone, fulfilled seen, fulfilled final");
}

TEST_CASE("a reorganisation deeper than the depth is told, and is a loud stop") {
    EscrowWorld world;
    world.prepare();
    world.node.reorganise(4);
    world.settle();
    CHECK(world.payee.take_events() == "prepared gone, prepared seen");
    CHECK(world.payee.health->mode == report::Mode::refused);
    CHECK(world.payer.health->mode == report::Mode::refused);
    CHECK(world.payer.command(command::Prepare{world.terms_of(2), world.later()}, 2) ==
          "ledger_paused");
    // What is open goes on.
    world.mine(3);
    CHECK(world.payee.take_events() == "prepared final");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 3) == "done");
}

TEST_CASE("a reorganisation deeper than is followed is refused") {
    EscrowWorld world(EscrowWorld::Settings{{"reorg_window", "8"}});
    world.mine(12);
    world.node.reorganise(11);
    world.settle();
    CHECK(world.payer.health->mode == report::Mode::live);
    world.mine(12);
    world.node.reorganise(12);
    world.settle();
    CHECK(world.payer.health->mode == report::Mode::refused);
    CHECK(world.payer.health->detail.find("deeper") != std::string::npos);
}

TEST_CASE("a node that begins anew takes nothing back") {
    EscrowWorld world;
    world.prepare();
    const BlockId last = world.node.machine.chain().at(world.node.height() - 2)->id;
    REQUIRE(world.node.give(input::Invalidate{last}));
    world.settle();
    CHECK(world.payee.take_events() == "");
    CHECK(world.payee.health->mode == report::Mode::stale);
    REQUIRE(world.node.give(input::Reconsider{last}));
    world.settle();
    CHECK(world.payee.take_events() == "");
    CHECK(world.payee.health->mode == report::Mode::live);
}

TEST_CASE("a claim that a dearer refund has replaced offers all that it may") {
    EscrowWorld world;
    world.prepare();
    // Somebody evicts it with a refund at a higher rate, which stays.
    while (world.node.median() < world.terms.expiry - Duration::seconds(600))
        world.node.mine();
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    const Satoshi first = fee_of(world.node, world.node.pool().at(0));
    CHECK(world.payer.take_events() == "");
    world.node.mine_empty();
    const Transaction refund = world.refund_past_the_adapter(60'000);
    CHECK(world.node.submit(refund) == "ok");
    world.settle();
    // It bids as far as it may, which is not enough here.
    REQUIRE(world.node.pool().size() == 1);
    CHECK(world.node.pool()[0] == refund);
    CHECK(first > 0);
    CHECK(world.payee.sent.size() > 1);
    world.mine(3);
    CHECK(world.payee.answer(*CommandId::from(Bytes(32, 2))) == "already_refunded");
    CHECK(world.payee.events.back().state == EscrowState::refunded_expired);
}

TEST_CASE("a claim outbids a refund that is in the pool") {
    EscrowWorld world;
    world.prepare();
    while (world.node.median() < world.terms.expiry)
        world.mine(1);
    REQUIRE(world.node.pool().size() == 1);
    CHECK(world.payer.take_events() == "refunded_expired seen");
    world.payee.command(command::Fulfil{world.key, world.preimage()}, 2);
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(30));
    REQUIRE(world.node.pool().size() == 1);
    CHECK(world.node.pool()[0].outputs[0].script == world.payee.home());
    CHECK(world.payee.answer(*CommandId::from(Bytes(32, 2))) == "done");
    world.mine(3);
    CHECK(world.payer.take_events() == "refunded_expired gone, fulfilled seen, fulfilled final");
}

TEST_CASE("a reserve pays for the refund and is not spent meanwhile") {
    EscrowWorld world(EscrowWorld::Settings{{"reserve_sat", "20000"}});
    world.prepare();
    const Amount free = world.payer.balance->free;
    CHECK(free.units() + 1'000'000 + 20'000 < 30'000'000);
    while (world.node.median() < world.terms.expiry)
        world.mine(1);
    REQUIRE(world.node.pool().size() == 1);
    CHECK(world.node.pool()[0].inputs.size() == 2);
    world.mine(3);
    CHECK(world.payer.take_events() == "refunded_expired seen, refunded_expired final");
    CHECK(world.payer.balance->free > Amount{free.units() + 1'015'000});
}

TEST_CASE("the node's estimate is what is paid, within the bounds") {
    for (const auto& row :
         std::vector<std::pair<double, Satoshi>>{{0.0002, 20'000}, {0.00001, 2'000}, {1, 50'000}}) {
        const Satoshi rate = row.second;
        CAPTURE(rate);
        EscrowWorld world;
        world.payer.alter = [value = row.first](const std::string& method, Json& answer) {
            if (method == "estimatesmartfee")
                answer.set("result", Json::object({{"feerate", value}, {"blocks", 3}}));
        };
        world.settle();
        CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
        const auto& entry = *world.node.machine.pool().all().begin();
        const Satoshi paid = entry.second.fee * 1'000 / static_cast<Satoshi>(entry.second.size);
        CHECK(paid >= rate);
        CHECK(paid < rate + rate / 50);
    }
}

TEST_CASE("a node that wants more is offered more") {
    bitcoin::Settings dear = BitcoinNode::few_confirmations();
    dear.min_relay_fee = 9'000;
    EscrowWorld world({}, dear);
    const auto id = *CommandId::from(Bytes(32, 1));
    world.payer.command(command::Prepare{world.terms, world.later()}, 1);
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(60));
    CHECK(world.payer.answer(id) == "done");
    CHECK(world.node.pool().size() == 1);
    world.mine(3);
    CHECK(world.payee.take_events() == "prepared seen, prepared final");
}

TEST_CASE("what the node will not take at any price is refused, and the coins are free again") {
    EscrowWorld world;
    const Amount free = world.payer.balance->free;
    world.payer.alter = [](const std::string& method, Json& answer) {
        if (method != "sendrawtransaction") return;
        answer.set("result", nullptr);
        answer.set("error", Json::object({{"code", -26}, {"message", "scriptpubkey"}}));
    };
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "not_accepted");
    CHECK(world.payer.balance->free == free);
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "not_accepted");
}

TEST_CASE("what a pool forgets without a block is sent again after a while") {
    bitcoin::Settings forgetful = BitcoinNode::few_confirmations();
    forgetful.pool_expiry = Duration::seconds(600);
    EscrowWorld world({}, forgetful);
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    const Transaction funding = world.node.pool().at(0);
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(700));
    CHECK(world.payer.sent.size() == 1);
    // Something comes, and what is old goes.
    world.node.pay(world.payee.home(), 1'000'000);
    CHECK_FALSE(world.node.pool_has(txid_of(funding)));
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(65));
    CHECK(world.node.pool_has(txid_of(funding)));
    REQUIRE(world.payer.sent.size() == 2);
    CHECK(world.payer.sent[0] == world.payer.sent[1]);
}

TEST_CASE("many escrows that expire at once come back one by one, each for itself") {
    EscrowWorld world(EscrowWorld::Settings{{"reserve_sat", "10000"}});
    constexpr std::uint8_t many = 25;
    for (int i = 0; i < many; ++i) {
        // The faucet's coins last for a few of them only, so the chain grows meanwhile.
        world.node.mine();
        world.node.pay(world.payer.home(), 2'000'000);
    }
    world.mine(1);
    const Timestamp expiry = world.terms.expiry;
    for (std::uint8_t i = 1; i <= many; ++i) {
        EscrowTerms terms = world.terms_of(i);
        terms.expiry = expiry + Duration::seconds(6 * 3'600);
        CHECK(world.payer.command(command::Prepare{terms, world.later()}, i) == "done");
    }
    world.mine(3);
    CHECK(world.payer.balance->escrowed == Amount{many * 1'000'000ULL});
    while (world.node.median() < expiry + Duration::seconds(6 * 3'600))
        world.node.mine();
    world.settle();
    CHECK(world.node.pool().size() == many);
    for (const Transaction& refund : world.node.pool())
        CHECK(refund.inputs.size() == 2);
    world.mine(3);
    CHECK(world.payer.balance->escrowed.is_zero());
}

TEST_CASE("what a reorganisation drops is sent again, also where no more may be offered") {
    EscrowWorld world(EscrowWorld::Settings{{"max_fee_rate", "2000"}});
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    world.mine(2);
    CHECK(world.payer.sent.size() == 1);
    world.node.reorganise(2);
    world.settle();
    REQUIRE(world.payer.sent.size() == 2);
    CHECK(world.payer.sent[0] == world.payer.sent[1]);
}

TEST_CASE("a claim follows its escrow to another version of the funding") {
    EscrowWorld world;
    // It has no reason of its own for another version.
    BitcoinDesk payee(world.node, 2, {{"max_fee_rate", "2000"}});
    const auto both = [&] { pass(world.node, {&world.payer, &payee}, Duration::seconds(10)); };
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    const Txid first = txid_of(world.node.pool().at(0));
    world.node.mine();
    both();
    CHECK(payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    // The funding goes back to the pool, and its payer offers more for it.
    world.node.reorganise(1);
    both();
    CHECK_FALSE(world.node.pool_has(first));
    const auto pool = world.node.pool();
    REQUIRE(pool.size() == 2);
    CHECK(pool[1].inputs[0].prevout == OutPoint{txid_of(pool[0]), 0});
    CHECK(pool[1].outputs[0].script == payee.home());
    world.node.mine(3);
    both();
    CHECK(payee.events.back().state == EscrowState::fulfilled);
    CHECK(payee.events.back().certainty == Certainty::final_);
    CHECK(world.payer.events.back().preimage == Bytes(32, 7));
    CHECK(world.payer.balance->escrowed.is_zero());
}

}  // namespace
}  // namespace lockstep::test
