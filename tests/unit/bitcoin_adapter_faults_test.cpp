// What happens to an escrow on Bitcoin when answers are lost, processes die, the node is away or
// another one, and everything but the seed is gone.
#include <doctest/doctest.h>

#include "bitcoin/script/script.h"
#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

using Mode = report::Mode;

TEST_CASE("a request or an answer that is lost is unknown, and the same octets go out again") {
    for (const bool request : {true, false}) {
        CAPTURE(request);
        EscrowWorld world;
        (request ? world.payer.lost_requests : world.payer.lost_answers) = 1;
        CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "unknown");
        CHECK(world.node.pool().size() == (request ? 0 : 1));
        world.settle();
        CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "done");
        CHECK(world.node.pool().size() == 1);
        REQUIRE(world.payer.sent.size() == 2);
        CHECK(world.payer.sent[0] == world.payer.sent[1]);
        world.mine(3);
        CHECK(world.payer.take_events() == "prepared seen, prepared final");
        CHECK(world.payer.answers.at(*CommandId::from(Bytes(32, 1))).size() == 2);
    }
}

TEST_CASE("a payment whose coin another version of what made it leaves out is refused") {
    EscrowWorld world;
    const auto prepare = [&](std::uint8_t id, std::uint64_t units) {
        EscrowTerms terms = world.terms_of(id);
        terms.amount = Amount{units};
        return world.payer.command(command::Prepare{terms, world.later()}, id);
    };
    // All coins but one, so that the last payment hangs on the change of the one before it.
    CHECK(prepare(1, 9'900'000) == "done");
    CHECK(prepare(2, 9'900'000) == "done");
    world.mine(3);
    CHECK(prepare(3, 1'000'000) == "done");
    world.mine(1);
    CHECK(prepare(4, 5'000'000) == "done");
    CHECK(world.node.pool().size() == 1);
    // The third is in no block again, offers more for the next, and so has other change.
    world.node.reorganise(1);
    world.settle();
    world.mine(1);
    CHECK(world.node.pool().empty());
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 4))) == "done");
    world.mine(2);  // final is what three blocks have
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 4))) == "not_after_passed");
    CHECK(prepare(5, 5'000'000) == "done");
    CHECK(world.node.pool().size() == 1);
}

TEST_CASE("an answer that never comes is unknown after a while") {
    EscrowWorld world;
    world.payer.is_silent = true;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "");
    pass(world.node, {&world.payer}, Duration::seconds(20));
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "unknown");
    world.payer.is_silent = false;
    pass(world.node, {&world.payer}, Duration::seconds(30));
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "done");
    CHECK(world.payer.sent.size() == 1);
}

TEST_CASE(
    "a process that dies at any step goes on with what it remembers, and does nothing twice") {
    EscrowWorld world;
    const auto restart = [&] {
        for (BitcoinDesk* const desk : {&world.payer, &world.payee}) {
            desk->restart();
            desk->run();
        }
        world.settle();
    };
    restart();
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    restart();
    // Sent again as it was signed.
    REQUIRE(world.payer.sent.size() == 2);
    CHECK(world.payer.sent[0] == world.payer.sent[1]);
    CHECK(world.payer.take_events() == "prepared seen");
    for (int i = 0; i < 3; ++i) {
        world.mine(1);
        restart();
    }
    CHECK(world.payer.take_events() == "prepared final");
    CHECK(world.payee.take_events() == "prepared seen, prepared final");
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 9) == "done");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    restart();
    REQUIRE(world.payee.sent.size() == 2);
    CHECK(world.payee.sent[0] == world.payee.sent[1]);
    for (int i = 0; i < 3; ++i) {
        world.mine(1);
        restart();
    }
    CHECK(world.payer.take_events() == "fulfilled seen, fulfilled final");
    CHECK(world.payee.take_events() == "fulfilled seen, fulfilled final");
    for (BitcoinDesk* const desk : {&world.payer, &world.payee})
        for (std::size_t i = 1; i < desk->events.size(); ++i)
            CHECK(desk->events[i].cursor > desk->events[i - 1].cursor);
    CHECK(world.node.pool().empty());
    CHECK(world.payer.balance->escrowed.is_zero());
}

TEST_CASE("a process that dies between its memory and the request sends the request") {
    EscrowWorld world;
    world.payer.lost_requests = 1;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "unknown");
    world.payer.restart();
    world.settle();
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "done");
    REQUIRE(world.payer.sent.size() == 2);
    CHECK(world.payer.sent[0] == world.payer.sent[1]);
}

TEST_CASE("from its seed alone each side finds its escrows again and ends them") {
    for (const bool named : {true, false}) {
        CAPTURE(named);
        EscrowWorld world;
        world.prepare();
        const command::Prepare second{world.terms_of(2), world.later()};
        CHECK(world.payer.command(second, 5) == "done");
        world.mine(4);
        CHECK(world.payee.command(
                  command::Fulfil{{world.key.payer, second.terms.id}, world.preimage()}, 6) ==
              "done");
        world.mine(4);
        // The payer finds the payee by its configuration, or by what it does on the chain.
        EscrowWorld::Settings settings{
            {"counterparties", world.payer.account().text() + "," + world.payee.account().text()}};
        BitcoinDesk payer(world.node, 1, named ? settings : EscrowWorld::Settings{});
        BitcoinDesk payee(world.node, 2);
        const auto both = [&] { pass(world.node, {&payer, &payee}, Duration::seconds(40)); };
        both();
        const std::string story =
            "prepared seen, prepared final, prepared seen, prepared final, "
            "fulfilled seen, fulfilled final";
        CHECK(payee.take_events() == story);
        if (!named) {
            CHECK(payer.take_events() == "");
            CHECK(payee.command(command::Transfer{payee.account(), payer.account(),
                                                  world.terms.asset, Amount{1'000}, world.later()},
                                7) == "done");
            both();
            CHECK(payer.take_events().size() == story.size());
        } else {
            CHECK(payer.take_events() == story);
        }
        CHECK(payer.balance->escrowed == Amount{1'000'000});
        CHECK(payee.command(command::Fulfil{world.key, world.preimage()}, 8) == "done");
        world.node.mine(3);
        both();
        CHECK(payer.take_events() == "fulfilled seen, fulfilled final");
        CHECK(payee.take_events() == "fulfilled seen, fulfilled final");
        // Ids of before are not used again.
        CHECK(payer.command(command::Prepare{world.terms, world.later()}, 9) == "done");
        CHECK(payer.sent.empty());
    }
}

TEST_CASE("a payer that has its seed alone gets back what expires") {
    EscrowWorld world;
    world.prepare();
    BitcoinDesk payer(world.node, 1, {{"counterparties", world.payee.account().text()}});
    while (world.node.median() < world.terms.expiry)
        world.node.mine();
    pass(world.node, {&payer}, Duration::seconds(60));
    CHECK(payer.take_events() == "prepared seen, prepared final, refunded_expired seen");
}

TEST_CASE("coins of before the height at which the blocks begin are found by a scan") {
    EscrowWorld world;
    world.prepare();
    const std::string height = std::to_string(world.node.height() - 1);
    BitcoinDesk payer(world.node, 1, {{"start_height", height}});
    pass(world.node, {&payer}, Duration::seconds(5));
    CHECK(payer.balance->free == world.payer.balance->free);
    CHECK(payer.health->mode == Mode::live);
    payer.restart();
    pass(world.node, {&payer}, Duration::seconds(5));
    CHECK(payer.balance->free == world.payer.balance->free);
    // Beyond the tip there is nothing to follow yet.
    BitcoinDesk early(world.node, 1, {{"start_height", "1000"}});
    pass(world.node, {&early}, Duration::seconds(5));
    CHECK(early.health->mode == Mode::stale);
}

TEST_CASE("without its node an adapter is stale, takes no business, and claims when it is back") {
    EscrowWorld world;
    world.prepare();
    world.payee.is_down = true;
    world.payer.is_down = true;
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(3'601));
    CHECK(world.payer.health->mode == Mode::stale);
    CHECK(world.payer.health->detail == "no answer of the node");
    CHECK(world.payer.command(command::Prepare{world.terms_of(2), world.later()}, 2) ==
          "ledger_paused");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 3) == "");
    world.payee.is_down = false;
    world.settle();
    CHECK(world.payee.answer(*CommandId::from(Bytes(32, 3))) == "done");
    CHECK(world.payee.health->mode == Mode::live);
    CHECK(world.node.pool().size() == 1);
}

TEST_CASE("a funding that never left is refused when its time is over") {
    EscrowWorld world;
    world.payer.is_down = true;
    const Timestamp not_after = world.node.now + Duration::seconds(60);
    CHECK(world.payer.command(command::Prepare{world.terms, not_after}, 1) == "");
    const auto free = world.payer.balance->free;
    CHECK(free < Amount{30'000'000});
    pass(world.node, {&world.payer}, Duration::seconds(61));
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 1))) == "not_after_passed");
    CHECK(world.payer.balance->free == Amount{30'000'000});
    world.payer.is_down = false;
    world.settle();
    CHECK(world.payer.sent.empty());
}

TEST_CASE("the chain of another network is refused, loudly") {
    EscrowWorld world;
    for (const char* const other : {"litecoin-regtest", "main"}) {
        BitcoinDesk desk(world.node, 1, {{"network", other}});
        pass(world.node, {&desk}, Duration::seconds(5));
        CHECK(desk.health->mode == Mode::refused);
        CHECK(desk.health->detail.find("not " + std::string(other)) != std::string::npos);
        CHECK(desk.command(command::Transfer{desk.account(), world.payee.account(),
                                             world.terms.asset, Amount{10'000}, world.later()},
                           1) == "ledger_paused");
        CHECK(desk.events.empty());
    }
}

TEST_CASE("a node whose last block is old is stale") {
    EscrowWorld world;
    CHECK(world.payer.health->mode == Mode::live);
    world.node.now = world.node.now + Duration::seconds(6 * 3600);
    world.settle();
    CHECK(world.payer.health->mode == Mode::stale);
    CHECK(world.payer.health->detail.find("older") != std::string::npos);
}

Json failure_of(int code, const char* message) {
    return Json::object({{"code", code}, {"message", message}});
}

TEST_CASE("a node that lacks a block is refused, and says which") {
    EscrowWorld world;
    BitcoinDesk desk(world.node, 2);
    desk.alter = [&](const std::string& method, Json& answer) {
        if (method != "getblock") return;
        answer.set("result", nullptr);
        answer.set("error", failure_of(-1, "Block not available (pruned data)"));
    };
    pass(world.node, {&desk}, Duration::seconds(3));
    CHECK(desk.health->mode == Mode::refused);
    CHECK(desk.health->detail.find("pruned and lacks block 0") != std::string::npos);
    desk.alter = nullptr;
    pass(world.node, {&desk}, Duration::seconds(3));
    CHECK(desk.health->mode == Mode::live);
}

TEST_CASE("a node that warms up or answers nonsense is waited for") {
    EscrowWorld world;
    world.prepare();
    for (const char* const nonsense : {"", "[]", "[1,2,3,4]", "Work queue depth exceeded"}) {
        world.payer.garbage = nonsense;
        world.mine(1);
        world.payer.garbage.reset();
        world.settle();
        CHECK(world.payer.health->mode == Mode::live);
        CHECK(world.payer.health->ledger_time == world.node.median());
    }
    world.payer.alter = [&](const std::string&, Json& answer) {
        answer.set("result", nullptr);
        answer.set("error", failure_of(-28, "Loading block index..."));
    };
    CHECK(world.payer.command(command::Transfer{world.payer.account(), world.payee.account(),
                                                world.terms.asset, Amount{10'000}, world.later()},
                              7) == "");
    pass(world.node, {&world.payer}, Duration::seconds(3'600));
    CHECK(world.payer.health->mode == Mode::stale);
    world.payer.alter = nullptr;
    pass(world.node, {&world.payer}, Duration::seconds(70));
    CHECK(world.payer.health->mode == Mode::live);
    CHECK(world.payer.answer(*CommandId::from(Bytes(32, 7))) == "done");
}

TEST_CASE("two escrows of one name: the first stands, and the other is none") {
    using namespace bitcoin;
    EscrowWorld world;
    world.prepare();
    EscrowTerms other = world.terms;
    other.amount = Amount{777'777};
    FundingPlan plan;
    plan.lock = *lock_of(BitcoinDesk::ledger(), other);
    plan.amount = 777'777;
    plan.change_script = world.payer.home();
    plan.rate = {3'000};
    plan.announcement = announcement_script(
        {other.condition, other.id, other.expiry,
         hint_of(*key_of_account(BitcoinDesk::ledger(), world.payee.account()))});
    std::vector<KeyCoin> coins;
    for (const auto& [place, coin] : world.node.machine.chain().coins().all())
        if (coin.output.script == world.payer.home())
            coins.push_back({place, coin.output.value, account_key});
    const auto funding = fund_escrow(plan, coins, {}, world.payer.signer());
    REQUIRE(funding);
    CHECK(world.node.submit(funding->transaction) == "ok");
    world.mine(4);
    CHECK(world.payee.take_events() == "");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.mine(3);
    CHECK(world.payee.take_events() == "fulfilled seen, fulfilled final");
    CHECK(world.payee.events.back().terms == world.terms);
}

TEST_CASE("an escrow that somebody places in the payer's name is not the payer's") {
    using namespace bitcoin;
    EscrowWorld world;
    // A coin of a kind whose witness may show anything.
    ScriptWriter strange;
    strange.number(2).push(Bytes(32, 9));
    const Txid coin = world.node.pay(strange.bytes(), 5'000'000);
    world.mine(1);
    const auto payer = *key_of_account(BitcoinDesk::ledger(), world.payer.account());
    const auto payee = *key_of_account(BitcoinDesk::ledger(), world.payee.account());
    EscrowTerms forged = world.terms;
    forged.amount = Amount{3'000'000};
    Transaction transaction;
    TxIn input;
    input.prevout = {coin, 0};
    input.witness = {Bytes(71, 1), Bytes(payer.view().begin(), payer.view().end())};
    transaction.inputs.push_back(input);
    const auto lock = lock_of(BitcoinDesk::ledger(), forged);
    transaction.outputs.push_back({3'000'000, script_pubkey_of(*escrow_script(*lock))});
    transaction.outputs.push_back(
        {0, announcement_script({forged.condition, forged.id, forged.expiry, hint_of(payee)})});
    input::Mine mine;
    mine.script = world.payee.home();
    mine.transactions = std::vector<Transaction>{transaction};

    const auto done = world.node.give(mine);
    REQUIRE(done);
    REQUIRE(done->blocks.size() == 1);
    world.mine(3);
    CHECK(world.payee.take_events() == "prepared seen, prepared final");
    CHECK(world.payer.take_events() == "");
    // The payer's own of that name is what its book has, and comes back.
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    world.mine(3);
    CHECK(world.payer.take_events() == "prepared seen, prepared final");
    CHECK(world.payer.events.back().terms == world.terms);
    while (world.node.median() < world.terms.expiry)
        world.mine(1);
    world.mine(3);
    CHECK(world.payer.take_events() == "refunded_expired seen, refunded_expired final");
}

TEST_CASE("an adapter that starts again goes on where it was") {
    EscrowWorld world;
    world.prepare();
    std::set<std::string> asked;
    world.payee.alter = [&](const std::string& method, Json&) { asked.insert(method); };
    world.payee.restart();
    world.settle();
    CHECK(asked.contains("getblockchaininfo"));
    CHECK_FALSE(asked.contains("getblock"));
    CHECK(world.payee.health->mode == Mode::live);
    // What was taken back meanwhile is found by where it was.
    world.node.reorganise(2);
    world.payee.restart();
    world.settle();
    CHECK(asked.contains("getblock"));
    CHECK(world.payee.take_events() == "");
    world.node.reorganise(5);
    world.payee.restart();
    world.settle();
    CHECK(world.payee.take_events() == "prepared gone, prepared seen");
}

TEST_CASE("what was answered is known after a restart") {
    EscrowWorld world;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    EscrowTerms poor = world.terms_of(3);
    poor.amount = Amount{50'000'000};
    const command::Prepare refused{poor, world.later()};
    CHECK(world.payer.command(refused, 3) == "insufficient_funds");
    world.mine(1);
    for (int i = 0; i < 10; ++i)
        world.node.pay(world.payer.home(), 10'000'000);
    world.mine(1);
    world.payer.restart();
    CHECK(world.payer.command(command::Prepare{world.terms_of(2), world.later()}, 1) ==
          "id_reused");
    CHECK(world.payer.command(refused, 3) == "insufficient_funds");
}

}  // namespace
}  // namespace lockstep::test
