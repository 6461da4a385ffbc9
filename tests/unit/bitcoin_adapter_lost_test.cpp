// What the Bitcoin adapter does about what its node's pool has lost, or does not tell of.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bitcoin/adapter/payments.h"
#include "bitcoin/adapter/pool_watch.h"
#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

using namespace bitcoin;

bool has_list(const Json& calls) {
    return calls[0]["method"].text_or("") == "getrawmempool";
}
// Of the desk's questions those with the pool's list have no answer.
void hide_list(BitcoinDesk& desk) {
    desk.divert = [&desk](const Request& request, const Json& calls) {
        if (!has_list(calls)) return false;
        desk.give(Reply{request.id, refuse(Reason::outcome_unknown)});
        return true;
    };
}

// A transaction that spends the escrow, and then what makes it go: another one that takes away the
// coin that it needs besides.
Transaction refund_with_coin(const EscrowWorld& world, Satoshi rate, const OutPoint& coin,
                             Satoshi value) {
    SpendPlan plan;
    plan.escrow = world.escrow_coin();
    plan.destination = world.payer.home();
    plan.rate = {rate};
    plan.fee_coins.push_back({coin, value, account_key});
    const auto spend = refund_escrow(
        plan,
        EscrowKeyName{BitcoinDesk::ledger(), world.key.payer, world.key.id, EscrowRole::payer},
        world.payer.signer());
    REQUIRE(spend);
    return spend->transaction;
}

// Pays all of one coin of the payer's to itself.
Transaction moved(const EscrowWorld& world, const OutPoint& coin, Satoshi value, Satoshi fee) {
    Transaction transaction;
    transaction.inputs.push_back(replaceable_input(coin));
    transaction.outputs.push_back({value - fee, world.payer.home()});
    const KeyCoin key_coin{coin, value, account_key};
    sign_coins(transaction, std::vector<KeyCoin>{key_coin}, 0, world.payer.signer());
    return transaction;
}

TEST_CASE("a claim that was replaced by what is gone again goes out as it was") {
    for (const bool is_listed : {true, false}) {
        CAPTURE(is_listed);
        // The claim can offer no more.
        EscrowWorld world;
        BitcoinDesk payee(world.node, 2, {{"min_fee_rate", "2000"}, {"max_fee_rate", "2000"}});
        world.prepare();
        const OutPoint coin{world.node.pay(world.payer.home(), 5'000'000), 0};
        while (world.node.median() < world.terms.expiry)
            world.node.mine();
        pass(world.node, {&payee}, Duration::seconds(5));
        if (!is_listed) hide_list(payee);
        CHECK(payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
        const Transaction claim = world.node.pool().at(0);
        pass(world.node, {&payee}, Duration::seconds(5));
        // Replacement cycling: a refund evicts it and is evicted itself by way of its other coin.
        CHECK(world.node.submit(refund_with_coin(world, 20'000, coin, 5'000'000)) == "ok");
        CHECK(world.node.submit(moved(world, coin, 5'000'000, 50'000)) == "ok");
        CHECK_FALSE(world.node.pool_has(txid_of(claim)));
        pass(world.node, {&payee}, Duration::seconds(is_listed ? 2 : 62));
        CHECK(world.node.pool_has(txid_of(claim)));
        CHECK(payee.sent.size() == 2);
        CHECK(payee.sent.back() == payee.sent.front());
    }
}

TEST_CASE("a funding that the pool has lost goes out again without a list of it") {
    bitcoin::Settings forgetful = BitcoinNode::few_confirmations();
    forgetful.pool_expiry = Duration::seconds(600);
    EscrowWorld world({}, forgetful);
    hide_list(world.payer);
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    const Transaction funding = world.node.pool().at(0);
    pass(world.node, {&world.payer}, Duration::seconds(700));
    world.node.pay(world.payee.home(), 1'000'000);
    CHECK_FALSE(world.node.pool_has(txid_of(funding)));
    pass(world.node, {&world.payer}, Duration::seconds(65));
    CHECK(world.node.pool_has(txid_of(funding)));
}

TEST_CASE("a claim that the pool showed once does not keep a refund back for ever") {
    bitcoin::Settings forgetful = BitcoinNode::few_confirmations();
    forgetful.pool_expiry = Duration::seconds(600);
    EscrowWorld world(EscrowWorld::Settings{{"stale_after_ms", "14400000"}}, forgetful);
    world.prepare();
    while (world.node.median() < world.terms.expiry - Duration::seconds(600))
        world.node.mine();
    const Transaction claim = world.claim_past_the_adapter(3'000);
    CHECK(world.node.submit(claim) == "ok");
    pass(world.node, {&world.payer}, Duration::seconds(5));
    CHECK(world.payer.take_events() == "fulfilled seen");
    // No list says that it is gone.
    hide_list(world.payer);
    pass(world.node, {&world.payer}, Duration::seconds(700));
    world.node.pay(world.payee.home(), 1'000'000);
    REQUIRE_FALSE(world.node.pool_has(txid_of(claim)));
    while (world.node.median() < world.terms.expiry) {
        world.node.mine_empty();
        pass(world.node, {&world.payer}, Duration::seconds(1));
    }
    const std::size_t sent = world.payer.sent.size();
    world.payer.restart();
    pass(world.node, {&world.payer}, Duration::seconds(4 * 3'600 - 60));
    CHECK(world.payer.sent.size() == sent);
    pass(world.node, {&world.payer}, Duration::seconds(120));
    CHECK(world.payer.sent.size() > sent);
    world.node.mine(3);
    pass(world.node, {&world.payer}, Duration::seconds(5));
    CHECK(world.payer.events.back().state == EscrowState::refunded_expired);
}

TEST_CASE("a refund does not bid against a claim that no list tells of any more") {
    EscrowWorld world;
    world.prepare();
    while (world.node.median() < world.terms.expiry - Duration::seconds(600))
        world.node.mine();
    const Transaction claim = world.claim_past_the_adapter(3'000);
    CHECK(world.node.submit(claim) == "ok");
    pass(world.node, {&world.payer}, Duration::seconds(5));
    hide_list(world.payer);
    while (world.node.median() < world.terms.expiry)
        world.node.mine_empty();
    pass(world.node, {&world.payer}, Duration::seconds(2 * 3'600));
    world.node.mine_empty(2);
    pass(world.node, {&world.payer}, Duration::seconds(600));
    CHECK(world.node.pool() == std::vector<Transaction>{claim});
}

TEST_CASE("a list that is not used does not put off the next one") {
    EscrowWorld world;
    const Timestamp start{1'790'000'000'000'000};
    PoolWatch watch(50);
    // It takes a second to make.
    const auto answer = [&](int second) {
        return PoolWatch::ListAnswer{start + Duration::seconds(second),
                                     start + Duration::seconds(second + 1), 1'000};
    };
    watch.list_came(answer(0));
    CHECK_FALSE(watch.is_list_due(start + Duration::seconds(9)));
    watch.list_unused(answer(11));
    CHECK(watch.is_list_due(start + Duration::seconds(12)));
    // Not for ever: blocks that are not to be had would have one asked for with each poll.
    watch.list_unused(answer(13));
    CHECK_FALSE(watch.is_list_due(start + Duration::seconds(15)));
    watch.list_came(answer(30));
    watch.list_unused(answer(50));
    CHECK(watch.is_list_due(start + Duration::seconds(51)));
}

TEST_CASE("a list that the node refuses is none, and is told") {
    EscrowWorld world;
    world.payee.alter = [](const std::string& method, Json& answer) {
        if (method != "getrawmempool") return;
        answer.set("result", nullptr);
        answer.set("error", Json::object({{"code", -1}, {"message", "no"}}));
    };
    pass(world.node, {&world.payee}, Duration::seconds(60));
    CHECK(world.payee.health->mode == report::Mode::live);
    CHECK(world.payee.health->detail == "the node does not answer getrawmempool");
}

TEST_CASE("a transaction without an answer keeps nothing from being gone") {
    EscrowWorld world;
    bitcoin::Txid big = world.node.pay(world.payee.home(), 1'000'000);
    int asked = 0;
    world.payee.divert = [&](const Request& request, const Json& calls) {
        for (const Json& call : *calls.as_array()) {
            if (call["params"][0].text_or("") != to_text(big)) continue;
            ++asked;
            world.payee.give(Reply{request.id, refuse(Reason::outcome_unknown)});
            return true;
        }
        return false;
    };
    const Timestamp not_after = world.node.now + Duration::seconds(60);
    CHECK(world.payer.command(command::Prepare{world.terms, not_after}, 1) == "done");
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(50));
    CHECK(world.payee.take_events() == "prepared seen");
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(50));
    CHECK(world.payee.take_events() == "prepared gone");
    CHECK(world.payee.health->detail ==
          "the node does not answer getrawtransaction " + to_text(big));
    // With the next block once more.
    const int before = asked;
    pass(world.node, {&world.payee}, Duration::seconds(60));
    CHECK(asked == before);
    world.node.mine_empty();
    pass(world.node, {&world.payee}, Duration::seconds(60));
    CHECK(asked > before);
    world.payee.divert = nullptr;
    world.node.mine_empty();
    pass(world.node, {&world.payee}, Duration::seconds(5));
    CHECK(world.payee.health->detail == "");
}

TEST_CASE("batches that are lost together halve once, and few are under way at a time") {
    EscrowWorld world;
    constexpr std::uint8_t many = 30;
    for (int i = 0; i < many; ++i) {
        world.node.mine();
        world.node.pay(world.payer.home(), 2'000'000);
    }
    world.mine(1);
    for (std::uint8_t id = 1; id <= many; ++id)
        CHECK(world.payer.command(command::Prepare{world.terms_of(id), world.later()}, id) ==
              "done");
    world.mine(3);
    // The payee claims all of them at once, while its node says nothing.
    world.payee.is_silent = true;
    for (std::uint8_t id = 1; id <= many; ++id)
        world.payee.give(
            Command{*CommandId::from(Bytes(CommandId::size, id)),
                    command::Fulfil{{world.key.payer, world.terms_of(id).id}, world.preimage()}});
    pass(world.node, {&world.payee}, Duration::seconds(20));
    world.payee.is_silent = false;
    std::vector<std::size_t> sizes;
    world.payee.divert = [&](const Request&, const Json& calls) {
        if (calls[0]["method"].text_or("") == "sendrawtransaction") sizes.push_back(calls.size());
        return false;
    };
    pass(world.node, {&world.payee}, Duration::seconds(10));
    REQUIRE_FALSE(sizes.empty());
    CHECK(*std::max_element(sizes.begin(), sizes.end()) == 10);
    CHECK(world.node.pool().size() == many);
    // One by one, and no more of them at a time than there are connections.
    std::vector<Request> waiting;
    world.node.reorganise(2);
    world.payee.divert = [&](const Request& request, const Json& calls) {
        if (calls[0]["method"].text_or("") != "sendrawtransaction") return false;
        if (calls.size() > 1)
            world.payee.give(Reply{request.id, refuse(Reason::outcome_unknown)});
        else
            waiting.push_back(request);
        return true;
    };
    pass(world.node, {&world.payee}, Duration::seconds(15));
    CHECK(waiting.size() == 8);
}

TEST_CASE("what was not sent because too much is under way is not unknown") {
    EscrowWorld world;
    world.payer.divert = [&](const Request& request, const Json& calls) {
        if (calls[0]["method"].text_or("") != "sendrawtransaction") return false;
        world.payer.give(Reply{request.id, refuse(Reason::overloaded)});
        return true;
    };
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "");
    world.payer.divert = nullptr;
    world.settle();
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "done");
}

TEST_CASE("what is only tried again is not written again") {
    EscrowWorld world;
    world.payer.divert = [&](const Request& request, const Json& calls) {
        if (calls[0]["method"].text_or("") != "sendrawtransaction") return false;
        world.payer.give(Reply{request.id, refuse(Reason::outcome_unknown)});
        return true;
    };
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "unknown");
    const std::size_t sent = world.payer.sent.size();
    const std::size_t writes = world.payer.writes;
    pass(world.node, {&world.payer}, Duration::seconds(120));
    CHECK(world.payer.sent.size() > sent + 3);
    CHECK(world.payer.writes == writes);
}

}  // namespace
}  // namespace lockstep::test
