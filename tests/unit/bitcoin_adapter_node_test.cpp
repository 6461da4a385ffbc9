// How the Bitcoin adapter gets along with a node that is slow, narrow or full: batches, the scan
// for coins, the pool's list.
#include <doctest/doctest.h>

#include <algorithm>

#include "bitcoin/adapter/pool_watch.h"
#include "bitcoin/script/script.h"
#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

using namespace bitcoin;
using Mode = report::Mode;

std::string method_of(const Json& calls) {
    return calls[0]["method"].text_or("");
}
// Nobody answers it, as where a proxy finds it too large.
std::function<bool(const Request&, const Json&)> unanswered(
    BitcoinDesk& desk, std::function<bool(const Json& calls)> which) {
    return [&desk, which = std::move(which)](const Request& request, const Json& calls) {
        if (!which(calls)) return false;
        desk.give(Reply{request.id, refuse(Reason::outcome_unknown)});
        return true;
    };
}

TEST_CASE("batches that have no answer become smaller, until each call goes by itself") {
    EscrowWorld world;
    for (std::uint8_t id = 1; id <= 3; ++id)
        CHECK(world.payer.command(command::Prepare{world.terms_of(id), world.later()}, id) ==
              "done");
    world.mine(4);
    for (const bool is_known : {true, false}) {
        CAPTURE(is_known);
        BitcoinDesk desk(world.node, 2);
        if (is_known) pass(world.node, {&desk}, Duration::seconds(5));
        std::size_t most = 0;
        desk.divert = unanswered(desk, [&](const Json& calls) {
            const std::string method = method_of(calls);
            // Two hashes tell whether the chain goes on.
            const bool is_narrow =
                calls.size() > (method == "getblockhash" ? 2U : 1U) &&
                (method.starts_with("getblock") || method == "getrawtransaction" ||
                 method == "sendrawtransaction") &&
                method != "getblockchaininfo";
            if (!is_narrow) most = std::max(most, calls.size());
            return is_narrow;
        });
        if (is_known) world.node.reorganise(3);
        pass(world.node, {&desk}, Duration::seconds(90));
        CHECK(desk.health->mode == Mode::live);
        CHECK(desk.health->detail == "");
        CHECK(desk.health->ledger_time == world.node.median());
        CHECK(desk.events.size() >= 6);
        for (std::uint8_t id = 1; id <= 3; ++id) {
            const EscrowKey key{world.key.payer, world.terms_of(id).id};
            if (!is_known)
                desk.give(Command{*CommandId::from(Bytes(CommandId::size, id)),
                                  command::Fulfil{key, world.preimage()}});
        }
        pass(world.node, {&desk}, Duration::seconds(60));
        for (std::uint8_t id = 1; !is_known && id <= 3; ++id)
            CHECK(desk.answer(*CommandId::from(Bytes(CommandId::size, id))) == "done");
        CHECK(most <= 5);
    }
}

TEST_CASE("a batch grows again when many were answered") {
    BatchSize size(50);
    size.failed(50, "a");
    CHECK(size.now() == 25);
    // A smaller one that fails says more.
    size.failed(3, "a");
    CHECK(size.now() == 1);
    CHECK(size.failing() == "");
    size.failed(1, "a");
    CHECK(size.failing() == "");
    size.failed(1, "b");
    CHECK(size.failing() == "");
    size.failed(1, "b");
    CHECK(size.failing() == "b");
    for (int i = 0; i < 15; ++i)
        size.answered();
    CHECK(size.failing() == "");
    CHECK(size.now() == 1);
    size.answered();
    CHECK(size.now() == 2);
    for (int i = 0; i < 16 * 5; ++i)
        size.answered();
    CHECK(size.now() == 50);
}

TEST_CASE("a call that has no answer even by itself is named") {
    EscrowWorld world;
    const std::string tip = to_text(world.node.machine.chain().tip().id);
    BitcoinDesk desk(world.node, 2);
    desk.divert = unanswered(desk, [&](const Json& calls) {
        for (const Json& call : *calls.as_array())
            if (call["params"][0].text_or("") == tip) return true;
        return false;
    });
    pass(world.node, {&desk}, Duration::seconds(30));
    CHECK(desk.health->mode == Mode::catching_up);
    CHECK(desk.health->detail == "the node does not answer getblock " + tip);
    desk.divert = nullptr;
    pass(world.node, {&desk}, Duration::seconds(5));
    CHECK(desk.health->mode == Mode::live);
    CHECK(desk.health->detail == "");
}

TEST_CASE("one transaction of the pool that is not answered does not hide the others") {
    EscrowWorld world;
    const std::string big = to_text(world.node.pay(world.payee.home(), 1'000'000));
    world.payee.divert = unanswered(world.payee, [&](const Json& calls) {
        for (const Json& call : *calls.as_array())
            if (call["params"][0].text_or("") == big) return true;
        return false;
    });
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(20));
    CHECK(world.payee.take_events() == "prepared seen");
    CHECK(world.payee.health->mode == Mode::live);
    CHECK(world.payee.health->detail == "the node does not answer getrawtransaction " + big);
}

TEST_CASE("a payment that the node does not answer is named, and asked for as long as it is so") {
    EscrowWorld world;
    world.payer.divert = unanswered(
        world.payer, [&](const Json& calls) { return method_of(calls) == "sendrawtransaction"; });
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "unknown");
    pass(world.node, {&world.payer}, Duration::seconds(20));
    CHECK(
        world.payer.health->detail.starts_with("the node does not answer sendrawtransaction of "));
    world.payer.divert = nullptr;
    pass(world.node, {&world.payer}, Duration::seconds(60));
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "done");
    CHECK(world.payer.health->detail == "");
}

TEST_CASE("without the pool's list the blocks are followed") {
    EscrowWorld world;
    int lists = 0;
    world.payee.divert = unanswered(world.payee, [&](const Json& calls) {
        const bool has_list = method_of(calls) == "getrawmempool";
        lists += has_list ? 1 : 0;
        return has_list;
    });
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    for (int i = 0; i < 4; ++i) {
        world.node.mine();
        pass(world.node, {&world.payer, &world.payee}, Duration::seconds(60));
    }
    CHECK(world.payee.take_events() == "prepared seen, prepared final");
    CHECK(world.payee.health->mode == Mode::live);
    CHECK(world.payee.health->detail == "the node does not answer getrawmempool");
    // Once in a minute: it may be what makes the node slow.
    CHECK(lists < 12);
    world.payee.divert = nullptr;
    pass(world.node, {&world.payee}, Duration::seconds(62));
    CHECK(world.payee.health->detail == "");
}

TEST_CASE("what a block displaced from the pool is looked at again when it comes back") {
    EscrowWorld world;
    world.prepare();
    // Dearer than the payer's adapter may bid against it while it does not see it.
    const Transaction claim = world.claim_past_the_adapter(60'000);
    const Transaction refund = world.refund_past_the_adapter(1'000);
    while (world.node.median() < world.terms.expiry - Duration::seconds(1'200))
        world.node.mine();
    CHECK(world.node.submit(claim) == "ok");
    pass(world.node, {&world.payer}, Duration::seconds(2));
    CHECK(world.payer.take_events() == "fulfilled seen");
    while (world.node.median() < world.terms.expiry)
        world.node.mine_empty();
    // While no list comes a block has the refund instead, and is taken back.
    world.payer.divert = unanswered(
        world.payer, [&](const Json& calls) { return method_of(calls) == "getrawmempool"; });
    pass(world.node, {&world.payer}, Duration::seconds(30));
    input::Mine mine;
    mine.script = world.payee.home();
    mine.transactions = std::vector<Transaction>{refund};
    REQUIRE(world.node.give(mine));
    pass(world.node, {&world.payer}, Duration::seconds(2));
    CHECK(world.payer.take_events() == "fulfilled gone, refunded_expired seen");
    world.node.reorganise(1);
    CHECK(world.node.submit(claim) == "ok");
    pass(world.node, {&world.payer}, Duration::seconds(2));
    CHECK(world.payer.take_events() == "refunded_expired gone");
    world.payer.divert = nullptr;
    pass(world.node, {&world.payer}, Duration::seconds(60));
    CHECK(world.payer.take_events() == "fulfilled seen");
}

TEST_CASE("a scan may last, and its progress is told meanwhile") {
    EscrowWorld world;
    world.prepare();
    const std::string height = std::to_string(world.node.height() - 1);
    BitcoinDesk desk(world.node, 1, {{"start_height", height}, {"stale_after_ms", "30000"}});
    std::vector<Request> starts;
    int status = 0;
    desk.divert = [&](const Request& request, const Json& calls) {
        if (calls[0]["params"][0].text_or("") == "start") {
            starts.push_back(request);
            return true;
        }
        if (calls[0]["params"][0].text_or("") != "status") return false;
        ++status;
        const std::string text = R"([{"id":0,"result":{"progress":37},"error":null}])";
        desk.give(Reply{request.id, Bytes(text.begin(), text.end())});
        return true;
    };
    pass(world.node, {&desk}, Duration::seconds(600));
    CHECK(starts.size() == 1);
    CHECK(starts.at(0).patience >= Duration::seconds(1'800));
    CHECK(status > 100);
    CHECK(desk.health->mode == Mode::catching_up);
    CHECK(desk.health->detail == "the node looks for coins of before block " + height + ": 37 %");
    desk.give(Reply{starts[0].id, world.node.answer(starts[0].body)});
    desk.divert = nullptr;
    pass(world.node, {&desk}, Duration::seconds(5));
    CHECK(desk.health->mode == Mode::live);
    CHECK(desk.balance->free == world.payer.balance->free);
}

TEST_CASE("a scan of somebody else is waited for") {
    EscrowWorld world;
    BitcoinDesk desk(world.node, 1, {{"start_height", "5"}});
    int refused = 0;
    desk.alter = [&](const std::string& method, Json& answer) {
        if (method != "scantxoutset" || answer["result"].is_null()) return;
        if (++refused > 5) return;
        answer.set("result", nullptr);
        answer.set("error", Json::object({{"code", -8}, {"message", "Scan already in progress"}}));
    };
    pass(world.node, {&desk}, Duration::seconds(4));
    CHECK(desk.health->mode == Mode::catching_up);
    pass(world.node, {&desk}, Duration::seconds(10));
    CHECK(desk.health->mode == Mode::live);
    CHECK(desk.balance->free == world.payer.balance->free);
}

TEST_CASE("of a list only what is new is asked for, in the node's order") {
    const auto made = [](std::uint8_t byte) {
        Transaction transaction;
        transaction.inputs.emplace_back();
        transaction.outputs.push_back({1, Bytes{byte}});
        return transaction;
    };
    const Transaction a = made(1);
    const Transaction b = made(2);
    const Transaction c = made(3);
    const auto answer = [](const Transaction& one) { return Json(to_hex(serialize(one))); };
    PoolWatch watch(2);
    watch.list_is({txid_of(a), txid_of(b), txid_of(c)});
    CHECK(watch.ask().size() == 2);
    // A list that comes between the question and its answer asks for nothing twice.
    watch.list_is({txid_of(c), txid_of(b), txid_of(a)});
    CHECK(watch.take({answer(a), answer(b)}).size() == 2);
    CHECK(watch.ask().size() == 1);
    CHECK(watch.take({answer(c)}).size() == 1);
    CHECK_FALSE(watch.has_more());
    watch.list_is({txid_of(b), txid_of(a)});
    CHECK_FALSE(watch.has_more());
    CHECK(watch.contains(txid_of(a)));
    CHECK_FALSE(watch.contains(txid_of(c)));
    // What a block has had and has not any more is looked at again.
    watch.left(txid_of(b));
    watch.list_is({txid_of(a), txid_of(b)});
    CHECK(watch.ask().size() == 1);
    CHECK(watch.take({answer(b)}).size() == 1);
    CHECK_FALSE(watch.has_more());
    // What did not reach the node is asked for again.
    watch.list_is({txid_of(a), txid_of(b), txid_of(c)});
    CHECK(watch.ask().size() == 1);
    watch.lost();
    CHECK(watch.ask().size() == 1);
}

TEST_CASE("a list is asked for so seldom that it takes a tenth of the time at most") {
    const Timestamp start{1'790'000'000'000'000};
    const auto pause_after = [&](Duration taken, std::size_t octets,
                                 Duration block = Duration::seconds(600)) {
        PoolWatch watch(50, block);
        CHECK(watch.is_list_due(start));
        watch.list_came({start, start + taken, octets});
        std::int64_t ms = 0;
        while (!watch.is_list_due(start + taken + Duration::milliseconds(ms)))
            ms += 100;
        return ms;
    };
    CHECK(pause_after(Duration{}, 10'000) <= 100);
    CHECK(pause_after(Duration::milliseconds(500), 10'000) == 4'600);
    CHECK(pause_after(Duration{}, 20'000'000) == 3'600);
    CHECK(pause_after(Duration::seconds(300), 20'000'000) == 60'000);
    CHECK(pause_after(Duration::seconds(300), 10'000, Duration::seconds(10)) == 10'000);
}

}  // namespace
}  // namespace lockstep::test
