// Settlements through the node's machine, as stories: who ends with what, and why.
#include <doctest/doctest.h>

#include "tests/unit/core_checks.h"

using namespace lockstep;
using namespace lockstep::test;
using core::TradeState;

TEST_CASE("a trade settles: each party ends with exactly what it signed") {
    CoreWorld world;
    const auto submitted = world.submit({world.order("T1")});
    REQUIRE(submitted.trades.size() == 1);
    CHECK(!submitted.trades[0].declined);
    world.settle_down();
    for (const char* name : {"venue", "buyer", "seller"})
        CHECK(world.trade(name, "T1").state == TradeState::settled);
    check_settled(world);
    check_idle(world);
    CHECK(world.trade("buyer", "T1").paid == price_eur);
    CHECK(world.trade("venue", "T1").preimage.has_value());
    CHECK(world.node("connector").alarms.empty());
}

TEST_CASE("a seller that withholds leaves everybody where they were, after the expiries") {
    CoreWorld world;
    world.call("seller", core::input::ActOnTrade{world.node("venue").signer->public_key(), "T1",
                                                 core::input::TradeAction::withhold});
    world.submit({world.order("T1")});
    world.settle_down();
    CHECK(world.free("test.eur", "anna") < Amount{10'000'000});
    CHECK(world.trade("venue", "T1").state == TradeState::accepted);
    world.pass(Duration::seconds(90));
    CHECK(world.trade("venue", "T1").state == TradeState::unwound);
    CHECK(world.trade("buyer", "T1").reason == Reason::delivery_not_placed);
    CHECK(world.trade("seller", "T1").reason == Reason::withheld);
    CHECK(world.trade("venue", "T1").reason == Reason::withheld);
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("a trade that cannot settle is declined with its reason before anything is placed") {
    struct Row {
        const char* what;
        void (*change)(core::input::TradeOrder&);
        Reason reason;
    };
    const Row rows[] = {
        {"unknown ISIN", [](auto& o) { o.instrument = "SE0000115446"; },
         Reason::unknown_instrument},
        {"seller without shares", [](auto& o) { o.seller = "empty"; },
         Reason::insufficient_securities},
        {"buyer without money", [](auto& o) { o.buyer = "poor"; }, Reason::insufficient_cash},
        {"odd lot", [](auto& o) { o.quantity = Amount{105}; }, Reason::odd_lot},
        {"price too high", [](auto& o) { o.price = Amount{27'501}; },
         Reason::price_out_of_tolerance},
        {"price too low", [](auto& o) { o.price = Amount{22'499}; },
         Reason::price_out_of_tolerance},
        {"unknown buyer", [](auto& o) { o.buyer = "nobody"; }, Reason::unknown_party},
        {"nothing", [](auto& o) { o.quantity = Amount{0}; }, Reason::zero_amount},
        {"both at one node", [](auto& o) { o.seller = "poor"; }, Reason::same_node},
        {"with itself", [](auto& o) { o.seller = "anna"; }, Reason::same_account},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CoreWorld world;
        auto order = world.order("T1");
        row.change(order);
        world.submit({order});
        world.settle_down();
        CHECK(world.trade("venue", "T1").state == TradeState::declined);
        CHECK(world.trade("venue", "T1").reason == row.reason);
        world.pass(Duration::seconds(90));
        check_nothing_moved(world);
        check_idle(world);
    }
}

TEST_CASE("a price at the edge of the tolerance settles") {
    for (const std::uint64_t price : {27'500u, 22'500u}) {
        CoreWorld world;
        auto order = world.order("T1");
        order.price = Amount{price};
        world.submit({order});
        world.settle_down();
        CHECK(world.trade("venue", "T1").state == TradeState::settled);
    }
}

TEST_CASE("a reference is settled once, however often it is sent") {
    CoreWorld world;
    world.submit({world.order("T1")});
    const auto again = world.submit({world.order("T1")});
    CHECK(again.trades[0].declined == Reason::duplicate_reference);
    world.settle_down();
    check_settled(world);
    CHECK(world.trade("venue", "T1").state == TradeState::settled);
}

TEST_CASE("the buyer vanishes after its payment stands: everything unwinds by expiry") {
    CoreWorld world;
    world.pass_on = [&](const std::string& from, const std::string& to, const core::Message& m) {
        // The notice of the delivery never reaches the buyer.
        return !(from == "seller" && to == "buyer" &&
                 std::holds_alternative<core::message::HopNotice>(m));
    };
    world.submit({world.order("T1")});
    world.pass(Duration::seconds(90));
    CHECK(world.trade("venue", "T1").state == TradeState::unwound);
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("a connector that was down between delivery and claim still gets its payment") {
    CoreWorld world;
    bool released = false;
    world.carry_out = [&](const std::string& from, const core::output::ToLedger& command) {
        if (from == "buyer" && std::holds_alternative<op::Fulfil>(command.body)) {
            released = true;
            world.down("connector");
        }
        return true;
    };
    world.submit({world.order("T1")});
    world.settle_down();
    REQUIRE(released);
    CHECK(world.free("test.sek", "sven") == price_sek);
    CHECK(world.free("test.eur", "conn") == Amount{0});
    world.pass(Duration::seconds(6));
    world.up("connector");
    world.settle_down();
    check_settled(world);
    check_idle(world);
    CHECK(world.node("connector").alarms.empty());
}

TEST_CASE("a connector that was down past every margin alarms exactly what it lost") {
    CoreWorld world;
    world.carry_out = [&](const std::string& from, const core::output::ToLedger& command) {
        if (from == "buyer" && std::holds_alternative<op::Fulfil>(command.body))
            world.down("connector");
        return true;
    };
    world.submit({world.order("T1")});
    world.settle_down();
    CHECK(at_risk(world, "connector", sek) == price_sek);
    world.pass(Duration::seconds(90));
    world.up("connector");
    world.settle_down();
    CHECK(world.free("test.sek", "conn") == Amount{97'500'000});
    CHECK(world.free("test.eur", "conn") == Amount{0});
    const auto alarms = loss_alarms(world, "connector");
    REQUIRE(alarms.size() == 1);
    CHECK(alarms[0].find("paid 25000.00 SEK on test.sek and was not paid on test.eur") == 0);
    CHECK(alarmed_loss(world, "connector", sek) == price_sek);
    CHECK(world.books_balance());
}

TEST_CASE("a crash of any node before any of its inputs changes nothing") {
    // The thinnest slices: crash one node after its n-th input, for every n.
    for (const char* victim : {"venue", "buyer", "seller", "connector"}) {
        for (std::size_t n = 1; n < 60; ++n) {
            CoreWorld world;
            const std::size_t before = world.node(victim).journal.size();
            bool crashed = false;
            world.pass_on = [&](const auto&, const auto&, const auto&) {
                if (!crashed && world.node(victim).journal.size() >= before + n) {
                    crashed = true;
                    world.crash(victim);
                }
                return true;
            };
            world.submit({world.order("T1")});
            world.pass(Duration::seconds(90));
            CAPTURE(std::string(victim));
            CAPTURE(n);
            CHECK(world.trade("venue", "T1").state == TradeState::settled);
            check_settled(world);
            check_idle(world);
            if (!crashed) break;
        }
    }
}

TEST_CASE("a payment crosses two cash ledgers against the receiver's condition") {
    CoreWorld world;
    const auto made = std::get<core::answer::InvoiceMade>(
        world.call("seller", core::input::CreateInvoice{addr("test.sek.sven"), sek, Amount{113'000},
                                                        world.now() + Duration::seconds(600)}));
    const auto begun = std::get<core::answer::PaymentBegun>(world.call(
        "buyer",
        core::input::Pay{made.invoice, addr("test.eur.anna"), eur, Amount{11'000}, false}));
    world.settle_down();
    const auto row =
        world.node("buyer").rows.at({static_cast<std::uint16_t>(core::RecordKind::payment),
                                     Bytes(begun.id.view().begin(), begun.id.view().end())});
    const auto record = decode_fields<core::PaymentRecord>(row);
    REQUIRE(record);
    CHECK(record->state == core::PaymentState::paid);
    CHECK(record->preimage.has_value());
    CHECK(record->amount == Amount{10'020});
    CHECK(world.free("test.sek", "sven") == Amount{113'000});
    CHECK(world.free("test.eur", "conn") == Amount{10'020});
    CHECK(world.books_balance());
    check_idle(world);
}

TEST_CASE("a ledger that restarts while a trade is arranged delays it, and does not decline it") {
    for (const char* victim : {"connector", "buyer", "seller"}) {
        CoreWorld world;
        auto& node = world.node(victim);
        const auto said = [&](report::Mode mode) {
            for (const auto& ledger : node.config.ledgers)
                world.give(node, core::input::LedgerHealth{ledger.ledger, world.now(),
                                                           static_cast<std::uint8_t>(mode)});
        };
        said(report::Mode::stale);
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(1));
        CAPTURE(std::string(victim));
        CHECK(!core::is_end(world.trade("venue", "T1").state));
        said(report::Mode::live);
        world.pass(Duration::seconds(1));
        CHECK(world.trade("venue", "T1").state == TradeState::settled);
        check_settled(world);
        check_idle(world);
    }
}

TEST_CASE("a ledger that stays away is the reason for which a trade is declined") {
    CoreWorld world;
    auto& node = world.node("connector");
    for (const auto& ledger : node.config.ledgers)
        world.give(node, core::input::LedgerHealth{ledger.ledger, world.now(),
                                                   static_cast<std::uint8_t>(report::Mode::stale)});
    world.submit({world.order("T1")});
    world.pass(Duration::seconds(20));
    CHECK(world.trade("venue", "T1").state == TradeState::declined);
    CHECK(world.trade("venue", "T1").reason == Reason::ledger_paused);
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("an open deal is seen as it stands, and a closed one as it ended") {
    CoreWorld world;
    world.call("seller", core::input::ActOnTrade{world.node("venue").signer->public_key(), "T1",
                                                 core::input::TradeAction::withhold});
    world.submit({world.order("T1")});
    world.settle_down();
    const auto deals = world.node("connector").machine->deals({}, 10);
    REQUIRE(deals.size() == 1);
    CHECK(deals[0].open);
    CHECK(deals[0].changed == world.now());
    CHECK(deals[0].in_state == core::LegState::held);
    CHECK(deals[0].out_state == core::LegState::held);
    CHECK(world.node("connector").machine->deals(deals[0].id, 10).empty());
    CHECK(world.node("connector").machine->deals({}, 0).empty());
    CHECK(world.node("seller").machine->deals({}, 10).at(0).out_state == core::LegState::none);

    world.pass(Duration::seconds(90));
    CHECK(world.node("connector").machine->deals({}, 10).empty());
    const auto closed = world.node("connector")
                            .rows.at({static_cast<std::uint16_t>(core::RecordKind::hop),
                                      Bytes(deals[0].id.view().begin(), deals[0].id.view().end())});
    const auto record = decode_fields<core::DealRecord>(closed);
    REQUIRE(record);
    CHECK_FALSE(record->open);
    CHECK(record->in_state == core::LegState::refunded);
    CHECK(record->changed > deals[0].changed);
}

namespace {
// Of quotes and escrows: what, where, state.
std::vector<std::string> deal_events(CoreWorld& world, const std::string& node) {
    std::vector<std::string> told;
    for (const auto& [key, value] : world.node(node).rows) {
        if (key.first != static_cast<std::uint16_t>(core::RecordKind::event)) continue;
        const auto event = decode_fields<core::EventRecord>(value);
        REQUIRE(event);
        if (event->kind == core::EventKind::quote) {
            REQUIRE(event->legs.size() == 2);
            told.push_back("quote " + event->state);
        } else if (event->kind == core::EventKind::escrow) {
            REQUIRE(event->legs.size() == 1);
            CHECK_FALSE(event->legs[0].escrow.is_zero());
            CHECK_FALSE(event->legs[0].amount.is_zero());
            told.push_back((event->legs[0].incoming ? "in " : "out ") + event->state);
        }
    }
    return told;
}
}  // namespace

TEST_CASE("each state of an escrow and of a quote is an event, once and in order") {
    using Told = std::vector<std::string>;
    CoreWorld world;
    SUBCASE("of a trade that settles") {
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(90));
        CHECK(world.trade("venue", "T1").state == TradeState::settled);
        CHECK(deal_events(world, "venue").empty());
        CHECK(deal_events(world, "connector") == Told{"quote given", "quote used", "in held",
                                                      "out sent", "out held", "out fulfilled",
                                                      "in fulfilled"});
        CHECK(deal_events(world, "buyer") ==
              Told{"out sent", "out held", "in held", "in fulfilled", "out fulfilled"});
        CHECK(deal_events(world, "seller") ==
              Told{"in held", "out sent", "out held", "out fulfilled", "in fulfilled"});
    }
    SUBCASE("of one that unwinds") {
        world.call("seller", core::input::ActOnTrade{world.node("venue").signer->public_key(), "T1",
                                                     core::input::TradeAction::withhold});
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(90));
        CHECK(deal_events(world, "connector") == Told{"quote given", "quote used", "in held",
                                                      "out sent", "out held", "out refunded",
                                                      "in refunded"});
        CHECK(deal_events(world, "seller") == Told{"in held", "in refunded"});
    }
}

TEST_CASE("every trade has one place in the order in which they came") {
    CoreWorld world;
    auto bad = world.order("T0");
    bad.buyer = "nobody";
    world.submit({world.order("T1"), bad});
    world.pass(Duration::seconds(1));
    world.submit({world.order("T2")});
    world.pass(Duration::seconds(90));
    for (const char* name : {"venue", "buyer", "seller"}) {
        CAPTURE(std::string(name));
        std::vector<std::string> order;
        for (const auto& [key, value] : world.node(name).rows) {
            if (key.first != static_cast<std::uint16_t>(core::RecordKind::trade_order)) continue;
            const auto id = decode_fields<core::PlanId>(value);
            REQUIRE(id);
            const auto row =
                world.node(name).rows.at({static_cast<std::uint16_t>(core::RecordKind::trade),
                                          Bytes(id->view().begin(), id->view().end())});
            order.push_back(decode_fields<core::TradeRecord>(row)->trade.reference);
        }
        if (std::string(name) == "venue") {
            REQUIRE(order.size() == 3);
            CHECK(order[2] == "T2");
        } else {
            CHECK(order == std::vector<std::string>{"T1", "T2"});
        }
    }
}
