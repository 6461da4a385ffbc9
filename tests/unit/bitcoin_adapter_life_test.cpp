// An escrow's life on Bitcoin, as its payer's and its payee's adapters tell it.
#include <doctest/doctest.h>

#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

TEST_CASE("an escrow is prepared, seen, final and fulfilled, for both sides") {
    EscrowWorld world;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    CHECK(world.node.pool().size() == 1);
    world.settle();
    CHECK(world.payer.take_events() == "prepared seen");
    CHECK(world.payee.take_events() == "prepared seen");
    CHECK(world.payee.events.back().terms == world.terms);
    world.mine(1);
    CHECK(world.payee.take_events() == "");
    world.mine(1);
    CHECK(world.payee.take_events() == "");
    world.mine(1);
    CHECK(world.payer.take_events() == "prepared final");
    CHECK(world.payee.take_events() == "prepared final");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.settle();
    // The payer learns the preimage from the pool.
    CHECK(world.payer.take_events() == "fulfilled seen");
    CHECK(world.payer.events.back().preimage == Bytes(32, 7));
    CHECK(world.payee.take_events() == "fulfilled seen");
    world.mine(3);
    CHECK(world.payer.take_events() == "fulfilled final");
    CHECK(world.payee.take_events() == "fulfilled final");
    CHECK(world.payee.balance->free > Amount{900'000});
    CHECK(world.payer.balance->escrowed.is_zero());
    CHECK(world.payer.health->mode == report::Mode::live);
}

TEST_CASE("an escrow that has expired comes back by itself, and not before") {
    EscrowWorld world;
    world.prepare();
    CHECK(world.payer.command(command::Refund{world.key}, 2) == "escrow_not_expired");
    while (world.node.median() < world.terms.expiry) {
        CHECK(world.payer.take_events() == "");
        CHECK(world.node.pool().empty());
        // Nothing is tried that the node would refuse, also when the node's own clock is past it.
        CHECK(world.payer.sent.size() == 1);
        world.mine(1);
    }
    CHECK(world.node.now > world.terms.expiry + Duration::seconds(1'200));
    CHECK(world.node.pool().size() == 1);
    CHECK(world.payer.sent.size() == 2);
    CHECK(world.payer.take_events() == "refunded_expired seen");
    world.mine(3);
    CHECK(world.payer.take_events() == "refunded_expired final");
    CHECK(world.payee.take_events() == "refunded_expired seen, refunded_expired final");
    CHECK(world.payer.command(command::Refund{world.key}, 3) == "done");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 4) ==
          "already_refunded");
}

TEST_CASE("what is no claim or refund of ours is refused with a reason") {
    EscrowWorld world;
    const EscrowKey nothing{world.key.payer, EscrowId{}};
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 50) ==
          "unknown_escrow");
    world.prepare();
    const Preimage wrong = *Preimage::from(Bytes(preimage_size, 8));
    CHECK(world.payee.command(command::Fulfil{world.key, wrong.clone()}, 51) == "wrong_preimage");
    CHECK(world.payer.command(command::Fulfil{world.key, world.preimage()}, 52) == "not_payee");
    CHECK(world.payee.command(command::Refund{world.key}, 53) == "not_permitted");
    CHECK(world.payer.command(command::Refund{nothing}, 54) == "unknown_escrow");
    CHECK(world.payer.command(command::Reject{world.key, world.payer.account()}, 55) ==
          "not_payee");
    CHECK(world.payee.command(command::Reject{nothing, world.payee.account()}, 56) ==
          "unknown_escrow");
    CHECK(world.payee.command(command::Expect{world.terms}, 57) == "done");
    CHECK(world.payer.command(command::Expect{world.terms}, 58) == "not_payee");
    CHECK(world.node.pool().empty());
}

TEST_CASE("the node refuses a refund too, until the median of the stamps is at the expiry") {
    EscrowWorld world;
    world.prepare();
    const auto refund = [&] { return world.refund_past_the_adapter(); };
    CHECK(world.node.submit(refund()) == "non-final");
    while (world.node.median() < world.terms.expiry) {
        CHECK(world.node.submit(refund()) == "non-final");
        world.node.mine();
    }
    CHECK(world.node.submit(refund()) == "ok");
}

TEST_CASE("an escrow that its payee gives back is the payer's before its expiry") {
    EscrowWorld world;
    world.carries_releases = false;
    world.prepare();
    const auto before = world.payer.balance->free;
    CHECK(world.payee.command(command::Reject{world.key, world.payee.account()}, 2) == "done");
    REQUIRE(world.payee.releases.size() == 1);
    const report::Release release = world.payee.releases[0];
    CHECK(release.payer == world.payer.account());
    // The same once more, and after a restart: it is irrevocable.
    world.payee.restart();
    // Whatever fees are meanwhile.
    world.payee.alter = [](const std::string& method, Json& answer) {
        if (method == "estimatesmartfee")
            answer.set("result", Json::object({{"feerate", 0.0002}, {"blocks", 3}}));
    };
    world.settle();
    CHECK(world.payee.command(command::Reject{world.key, world.payee.account()}, 2) == "done");
    REQUIRE(world.payee.releases.size() == 2);
    CHECK(world.payee.releases[1].octets == release.octets);
    // What does not fit changes nothing.
    for (std::size_t i = 0; i < release.octets.size(); i += 7) {
        Bytes other = release.octets;
        other[i] ^= 1;
        world.payer.give(Released{release.escrow, other});
    }
    world.payer.give(Released{{world.payer.account(), EscrowId{}}, release.octets});
    world.settle();
    CHECK(world.node.pool().empty());
    world.payer.give(Released{release.escrow, release.octets});
    world.settle();
    CHECK(world.node.pool().size() == 1);
    CHECK(world.payer.take_events() == "refunded_rejected seen");
    world.mine(3);
    CHECK(world.payer.take_events() == "refunded_rejected final");
    CHECK(world.payee.take_events() == "refunded_rejected seen, refunded_rejected final");
    CHECK(world.payer.balance->free > Amount{before.units() + 990'000});
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 3) ==
          "already_refunded");
}

TEST_CASE("who has given back may still claim with the preimage, and the ledger decides") {
    EscrowWorld world;
    world.carries_releases = false;
    world.prepare();
    CHECK(world.payee.command(command::Reject{world.key, world.payee.account()}, 2) == "done");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 3) == "done");
    world.mine(3);
    CHECK(world.payee.take_events() == "fulfilled seen, fulfilled final");
    world.payer.give(Released{world.key, world.payee.releases[0].octets});
    world.mine(1);
    CHECK(world.payer.take_events() == "fulfilled seen, fulfilled final");
    CHECK(world.payee.command(command::Reject{world.key, world.payee.account()}, 4) ==
          "already_fulfilled");
}

TEST_CASE("business is checked before anything is signed") {
    EscrowWorld world;
    std::uint8_t id = 100;
    const auto prepare = [&](auto change) {
        command::Prepare given{world.terms, world.later()};
        change(given);
        return world.payer.command(std::move(given), id++);
    };
    const auto with_terms = [&](auto change) {
        return prepare([&](command::Prepare& p) { change(p.terms); });
    };
    CHECK(with_terms([&](auto& t) { t.payer = world.payee.account(); }) == "not_permitted");
    CHECK(with_terms([&](auto& t) { t.payee = *Address::parse("test.btc.bob"); }) ==
          "unknown_account");
    CHECK(with_terms([&](auto& t) { t.payee = *Address::parse("test.csd.bob"); }) ==
          "unknown_account");
    CHECK(with_terms([&](auto& t) { t.asset = *AssetId::make("BTC", 2); }) == "unknown_asset");
    CHECK(with_terms([&](auto& t) { t.amount = Amount{}; }) == "zero_amount");
    CHECK(with_terms([&](auto& t) { t.payee = t.payer; }) == "same_account");
    CHECK(with_terms([&](auto& t) { t.amount = Amount{UINT64_MAX}; }) == "amount_too_large");
    CHECK(with_terms([&](auto& t) { t.expiry = world.node.now; }) == "expiry_passed");
    CHECK(with_terms([&](auto& t) { t.expiry = t.expiry + Duration::seconds(15 * 86'400); }) ==
          "expiry_too_far");
    // At 50 satoshi a byte a claim costs some 7,000.
    CHECK(with_terms([&](auto& t) { t.amount = Amount{6'000}; }) == "not_accepted");
    CHECK(with_terms([&](auto& t) { t.amount = Amount{30'000'000}; }) == "insufficient_funds");
    CHECK(prepare([&](auto& p) { p.not_after = world.node.now - Duration{1}; }) ==
          "not_after_passed");
    CHECK(world.payer.sent.empty());
    CHECK(world.node.pool().empty());
}

TEST_CASE("a name is used once: with equal fields the answer is the first one's") {
    EscrowWorld world;
    const command::Prepare first{world.terms, world.later()};
    CHECK(world.payer.command(first, 1) == "done");
    CHECK(world.payer.command(first, 1) == "done");
    // As another command, too.
    CHECK(world.payer.command(first, 2) == "done");
    command::Prepare other = first;
    other.terms.amount = Amount{2'000'000};
    CHECK(world.payer.command(other, 1) == "id_reused");
    CHECK(world.payer.command(other, 3) == "id_reused");
    CHECK(world.payer.command(first, 1) == "done");
    world.mine(3);
    CHECK(world.payer.command(other, 4) == "id_reused");
    CHECK(world.payer.command(first, 5) == "done");
    CHECK(world.payer.sent.size() == 1);
    // Another id is another escrow, under the same condition as well.
    const command::Prepare second{world.terms_of(2), world.later()};
    CHECK(world.payer.command(second, 6) == "done");
    world.mine(3);
    CHECK(world.payee.take_events() ==
          "prepared seen, prepared final, prepared seen, prepared final");
    CHECK(world.payer.balance->escrowed == Amount{2'000'000});
}

TEST_CASE("a transfer pays another account") {
    EscrowWorld world;
    const auto transfer = [&](auto change) {
        command::Transfer t{world.payer.account(), world.payee.account(), world.terms.asset,
                            Amount{500'000}, world.later()};
        change(t);
        return t;
    };
    CHECK(world.payer.command(transfer([](auto&) {}), 1) == "done");
    CHECK(world.payer.command(transfer([](auto&) {}), 1) == "done");
    CHECK(world.payer.command(transfer([](auto& t) { t.amount = Amount{1}; }), 2) ==
          "not_accepted");
    CHECK(world.payer.command(transfer([](auto& t) { std::swap(t.from, t.to); }), 3) ==
          "not_permitted");
    CHECK(world.payer.command(transfer([](auto& t) { t.to = *Address::parse("test.btc.x"); }), 4) ==
          "unknown_account");
    CHECK(world.payer.command(transfer([](auto& t) { t.amount = Amount{1'000'000'000}; }), 5) ==
          "insufficient_funds");
    world.mine(1);
    CHECK(world.payee.balance->free == Amount{500'000});
    CHECK(world.payer.sent.size() == 1);
}

TEST_CASE("queries are answered from the book") {
    EscrowWorld world;
    world.prepare();
    const auto ask = [&](BitcoinDesk& desk, QueryBody body) {
        desk.give(Query{1, std::move(body)});
        desk.run();
        return *desk.results.back().answer;
    };
    const auto found = ask(world.payee, ask::Escrow{world.key});
    REQUIRE(found.escrows.size() == 1);
    CHECK(found.escrows[0].terms == world.terms);
    CHECK(found.escrows[0].state == EscrowState::prepared);
    CHECK(found.ledger_time == world.node.median());
    CHECK(ask(world.payee, ask::Escrow{{world.key.payer, EscrowId{}}}).escrows.empty());
    for (BitcoinDesk* const desk : {&world.payer, &world.payee}) {
        const auto open = ask(*desk, ask::OpenEscrows{desk->account(), 10, 0});
        REQUIRE(open.escrows.size() == 1);
        CHECK(ask(*desk, ask::OpenEscrows{desk->account(), 10, open.escrows[0].sequence})
                  .escrows.empty());
        const auto balances = ask(*desk, ask::Balances{desk->account()});
        CHECK(balances.balances == std::vector<Balance>{*desk->balance});
    }
    CHECK(world.payer.balance->escrowed == Amount{1'000'000});
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.mine(1);
    const auto ended = ask(world.payer, ask::Escrow{world.key});
    CHECK(ended.escrows.at(0).state == EscrowState::fulfilled);
    CHECK(ended.escrows.at(0).preimage == Bytes(32, 7));
    CHECK(ask(world.payer, ask::OpenEscrows{world.payer.account(), 10, 0}).escrows.empty());
}

}  // namespace
}  // namespace lockstep::test
