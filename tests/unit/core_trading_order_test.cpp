// Trades whose messages overtake each other, come too late, or come from nobody who may send them.
#include "sdk/crypto/hash.h"
#include "tests/unit/core_checks.h"
#include "tests/unit/core_forward.h"
#include "tests/unit/core_trades.h"
#include "tests/unit/core_world_settings.h"

using namespace lockstep;
using namespace lockstep::test;
using core::TradeState;
namespace message = core::message;
namespace input = core::input;

TEST_CASE("a decline that comes after hop 0 was placed costs nobody anything") {
    for (const char* who : {"seller", "venue"}) {
        CAPTURE(std::string(who));
        CoreWorld world;
        bool said = false;
        world.carry_out = [&](const auto& from, const core::output::ToLedger& command) {
            if (from == "buyer" && std::holds_alternative<op::Prepare>(command.body) && !said) {
                said = true;
                say(world, who, "buyer", message::Declined{plan_of(world), Reason::party_refused});
                say(world, who, "seller", message::Declined{plan_of(world), Reason::party_refused});
            }
            return true;
        };
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(90));
        CHECK(said);
        CHECK(core::is_end(world.trade("venue", "T1").state));
        CHECK(core::is_end(world.trade("buyer", "T1").state));
        CHECK(world.open_escrows() == 0);
        CHECK(world.books_balance());
        check_idle(world);
    }
}

TEST_CASE("a payment that comes after the seller's deal lapsed is given back") {
    CoreWorld world;
    bool lost = false;
    world.carry_out = [&](const auto& from, const core::output::ToLedger& command) {
        const bool payment =
            from == "connector" && std::holds_alternative<op::Prepare>(command.body);
        if (payment && !lost) {
            lost = true;
            say(world, "buyer", "seller", message::Declined{plan_of(world), Reason::cancelled});
        }
        return true;
    };
    world.submit({world.order("T1")});
    world.settle_down();
    CHECK(world.trade("seller", "T1").state == TradeState::declined);
    CHECK(world.node("seller").machine->state().strays.size() == 1);
    world.pass(Duration::seconds(4));
    CHECK(world.open_escrows() > 0);
    world.pass(Duration::seconds(2));
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("terms that overtake their proposal wait for it, and not for long") {
    CoreWorld world;
    std::vector<core::Message> late;
    world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
        if (from == "venue" && to == "seller") late.push_back(m);
        return !(from == "venue" && to == "seller");
    };
    world.submit({world.order("T1")});
    world.settle_down();
    CHECK(world.node("seller").machine->state().early.size() == 1);
    SUBCASE("it comes in time") {
        say(world, "venue", "seller", late.front());
        world.settle_down();
        check_settled(world);
    }
    SUBCASE("it does not come") {
        world.pass(Duration::seconds(90));
        CHECK(world.trade("venue", "T1").reason == Reason::terms_lapsed);
        check_nothing_moved(world);
    }
    check_idle(world);
}

TEST_CASE("a decline that overtakes the proposal ends the trade on the other side as well") {
    for (const char* name : {"buyer", "seller"}) {
        CAPTURE(std::string(name));
        const std::string other = std::string(name) == "buyer" ? "seller" : "buyer";
        CoreWorld world;
        world.give(world.node(name), input::Drain{});
        std::vector<core::Message> late;
        world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
            if (from == "venue" && to == other) late.push_back(m);
            return !(from == "venue" && to == other);
        };
        world.submit({world.order("T1")});
        world.settle_down();
        CHECK(world.trade("venue", "T1").state == TradeState::declined);
        for (const core::Message& m : late)
            say(world, "venue", other.c_str(), m);
        world.settle_down();
        CHECK(world.trade(other, "T1").state == TradeState::declined);
        CHECK(world.trade(other, "T1").reason == Reason::draining);
        world.pass(Duration::seconds(90));  // the quote that the buyer had asked for lapses
        check_nothing_moved(world);
        check_idle(world);
    }
}

TEST_CASE("a peer cannot fill the room for trades with terms that nobody proposed") {
    CoreWorld::Options options;
    options.max_slots = 3;
    CoreWorld world(options);
    for (int i = 0; i < 10; ++i) {
        message::TermsOffered offered;
        offered.terms.trade = trade_of(world, ("X" + std::to_string(i)).c_str());
        say(world, "buyer", "seller", offered);
    }
    message::TermsOffered no_venue;
    no_venue.terms.trade = trade_of(world, "Y");
    no_venue.terms.trade.venue = world.key("connector");
    say(world, "buyer", "seller", no_venue);
    world.settle_down();
    CHECK(world.node("seller").machine->open_trades() == 3);
    world.pass(Duration::seconds(6));
    check_idle(world);
}

TEST_CASE("the venue's evidence is what fulfils the signed condition, whatever order it hears in") {
    CoreWorld world;
    std::vector<core::Message> offers;
    world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
        // The seller's acceptance and end overtake the buyer's offer.
        if (from == "buyer" && to == "venue") offers.push_back(m);
        return !(from == "buyer" && to == "venue");
    };
    world.submit({world.order("T1")});
    world.settle_down();
    CHECK(world.trade("venue", "T1").state == TradeState::proposed);
    say(world, "seller", "venue",
        message::Ended{plan_of(world), message::EndState::settled, std::nullopt, Bytes(32, 7)});
    for (const core::Message& m : offers)
        say(world, "buyer", "venue", m);
    world.settle_down();
    const core::TradeRecord record = world.trade("venue", "T1");
    CHECK(record.state == TradeState::settled);
    CHECK(record.seller_signature.has_value());
    REQUIRE(record.preimage.has_value());
    CHECK(fulfils(*record.preimage, record.terms->condition));
    check_idle(world);
}

TEST_CASE("a venue does not wait for ever for parties that are silent") {
    CoreWorld world;
    world.down("buyer");
    world.down("seller");
    world.submit({world.order("T1")});
    world.pass(Duration::seconds(24 * 3600 + 1));
    CHECK(world.trade("venue", "T1").state == TradeState::broken);
    CHECK(world.trade("venue", "T1").reason == Reason::outcome_unknown);
    CHECK(world.node("venue").alarms == std::vector<std::string>{"outcome_unknown"});
    CHECK(world.node("venue").machine->open_trades() == 0);
}

TEST_CASE("a delivery that comes before its payment is given back, and ends the trade") {
    CoreWorld world;
    world.pass_on = [](const auto&, const auto& to, const core::Message& said) {
        return to != "buyer" || !std::holds_alternative<message::TermsAccepted>(said);
    };
    world.submit({world.order("T1")});
    world.settle_down();
    const core::Deal deal = deal_of(world, "buyer");
    REQUIRE(deal.out->state == core::LegState::none);
    const core::PlannedHop& hop = deal.in->hop;
    const EscrowKey key{hop.payer, EscrowId{sha256(as_bytes("early")).array()}};
    const auto deliver = [&] {
        world.instruct_as("seller", "test.csd",
                          op::Prepare{{key.id, hop.payer, hop.payee, hop.asset, hop.amount,
                                       deal.condition, hop.expiry},
                                      hop.place_by});
        world.give(
            world.node("buyer"),
            input::FromPeer{world.key("seller"), message::HopNotice{hop.ledger, key, deal.id}});
    };
    SUBCASE("at once") {
        deliver();
    }
    SUBCASE("and the ledger that the buyer pays on is read again after it has expired") {
        world.pass(Duration::seconds(1));
        world.crash("buyer");
        world.slow.insert({"buyer", "test.eur events"});
        deliver();
        world.pass(hop.expiry - world.now() + Duration::seconds(5));
        CHECK(!core::is_end(world.trade("buyer", "T1").state));
        world.slow.clear();
    }
    world.pass(Duration::seconds(300));
    CHECK(world.trade("buyer", "T1").state == TradeState::unwound);
    check_nothing_moved(world);
    check_idle(world);
}
