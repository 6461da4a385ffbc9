// Trades between parties that do not do what they should: who may say what, and what it changes.
#include "tests/unit/core_checks.h"
#include "tests/unit/core_forward.h"
#include "tests/unit/core_trades.h"
#include "tests/unit/core_world_settings.h"

using namespace lockstep;
using namespace lockstep::test;
using core::TradeState;
namespace message = core::message;
namespace input = core::input;

TEST_CASE("a venue cannot make a party pay anything but quantity times an agreed price") {
    struct Row {
        const char* what;
        void (*change)(core::Trade&);
        Reason reason;
    };
    const Row rows[] = {
        {"consideration too high", [](auto& t) { t.consideration = Amount{25'000'000}; },
         Reason::terms_mismatch},
        {"consideration too low", [](auto& t) { t.consideration = Amount{1}; },
         Reason::terms_mismatch},
        {"product overflows", [](auto& t) { t.quantity = Amount{UINT64_MAX - 5}; },
         Reason::amount_overflow},
        {"other currency", [](auto& t) { t.price_asset = eur; }, Reason::price_out_of_tolerance},
        {"seller's cash elsewhere", [](auto& t) { t.cash_ledger = addr("test.eur"); },
         Reason::wrong_ledger},
        {"shares of nobody", [](auto& t) { t.seller.securities_account = Address{}; },
         Reason::wrong_ledger},
        {"other account of ours", [](auto& t) { t.buyer.cash_account = addr("test.eur.poor"); },
         Reason::unknown_party},
        {"other ledger", [](auto& t) { t.securities_ledger = addr("test.sek"); },
         Reason::unknown_instrument},
        {"valid for ever", [](auto& t) { t.valid_until = Timestamp::never(); },
         Reason::too_far_ahead},
        {"no longer valid", [](auto& t) { t.valid_until = Timestamp{}; }, Reason::terms_lapsed},
        {"with itself", [](auto& t) { t.seller.node = t.buyer.node; }, Reason::same_node},
        {"held for ever",
         [](auto& t) { t.seller.margin = Duration::seconds(24 * 3600) + Duration{1}; },
         Reason::expiry_past_limit},
        {"nothing", [](auto& t) { t.quantity = Amount{}; }, Reason::zero_amount},
        {"odd lot", [](auto& t) { t.quantity = Amount{101}; }, Reason::odd_lot},
        {"too dear",
         [](auto& t) {
             t.price = Amount{27'501};
             t.consideration = Amount{2'750'100};
         },
         Reason::price_out_of_tolerance},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CoreWorld world;
        core::Trade trade = trade_of(world, "T1");
        row.change(trade);
        say(world, "venue", "buyer", message::Proposal{trade});
        world.pass(Duration::seconds(1));
        CHECK(world.trade("buyer", "T1").state == TradeState::declined);
        CHECK(world.trade("buyer", "T1").reason == row.reason);
        check_nothing_moved(world);
        check_idle(world);
    }
}

TEST_CASE("a seller that needs a wider margin than the buyer gets it through the venue") {
    struct Row {
        const char* what;
        std::optional<Duration> margin;
        bool settles;
    };
    // 2 D + o (K + D) + clocks with twice the outages of the others.
    const core::Endurance enduring{Duration::seconds(2), 6, 0};
    const Duration needed = core::margin({world_profile}, {world_profile}, enduring);
    REQUIRE(needed == Duration::seconds(22));
    const Row rows[] = {
        {"what the buyer would need", std::nullopt, false},
        {"a microsecond too little", needed - Duration{1}, false},
        {"enough", needed, true},
        {"more than enough", needed * 2, true},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CoreWorld world;
        CoreWorld::Node& seller = world.node("seller");
        seller.config.endurance = enduring;
        world.configure(seller);
        CoreWorld::Node& venue = world.node("venue");
        for (core::PartyConfig& party : venue.config.parties)
            if (party.name == "sven") party.margin = row.margin;
        world.configure(venue);
        world.settle_down();
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(120));
        if (row.settles) {
            check_settled(world);
            const core::Terms terms = *world.trade("buyer", "T1").terms;
            CHECK(terms.payment.expiry - terms.delivery.expiry == *row.margin);
        } else {
            CHECK(world.trade("seller", "T1").reason == Reason::ladder_too_tight);
            check_nothing_moved(world);
        }
        check_idle(world);
    }
}

TEST_CASE("only a configured venue proposes trades, and only its own") {
    CoreWorld world;
    say(world, "seller", "buyer", message::Proposal{trade_of(world, "T1")});
    core::Trade of_seller = trade_of(world, "T2");
    of_seller.venue = world.key("seller");
    say(world, "seller", "buyer", message::Proposal{of_seller});
    say(world, "venue", "connector", message::Proposal{trade_of(world, "T3")});
    world.settle_down();
    check_idle(world);
    CHECK(world.node("buyer").rows.empty());
}

TEST_CASE("a proposal that is repeated after the trade ended changes nothing") {
    CoreWorld world;
    message::Proposal proposal;
    world.pass_on = [&](const auto&, const auto&, const core::Message& m) {
        if (const auto* said = std::get_if<message::Proposal>(&m)) proposal = *said;
        return true;
    };
    world.submit({world.order("T1")});
    world.settle_down();
    const auto rows = world.node("buyer").rows;
    say(world, "venue", "buyer", proposal);
    say(world, "venue", "seller", proposal);
    world.pass(Duration::seconds(100));
    CHECK(world.trade("buyer", "T1").state == TradeState::settled);
    CHECK(world.trade("seller", "T1").state == TradeState::settled);
    CHECK(world.node("buyer").rows == rows);
    // Another trade under the same reference is another matter.
    proposal.trade.quantity = Amount{200};
    proposal.trade.consideration = Amount{5'000'000};
    say(world, "venue", "buyer", proposal);
    world.pass(Duration::seconds(100));
    check_settled(world);
    check_idle(world);
}

TEST_CASE("a trade on hold waits for whoever holds it, and for nobody else") {
    struct Row {
        const char* holder;
        const char* releaser;
        bool settles;
    };
    const Row rows[] = {
        {"buyer", "buyer", true},   {"seller", "seller", true}, {"venue", "venue", true},
        {"buyer", "venue", false},  {"buyer", "seller", false}, {"seller", "venue", false},
        {"venue", "seller", false}, {"venue", "buyer", false},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.holder));
        CAPTURE(std::string(row.releaser));
        CoreWorld world;
        // Held while the seller's acceptance is on its way.
        world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
            if (from == "seller" && to == "buyer" &&
                std::holds_alternative<message::TermsAccepted>(m))
                act(world, row.holder, input::TradeAction::hold);
            return true;
        };
        if (std::string(row.holder) != "buyer")
            world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
                if (from == "buyer" && to == "seller" &&
                    std::holds_alternative<message::TermsOffered>(m))
                    act(world, row.holder, input::TradeAction::hold);
                return true;
            };
        world.submit({world.order("T1")});
        world.settle_down();
        CHECK(world.trade("buyer", "T1").state == TradeState::accepted);
        CHECK(world.trade("buyer", "T1").held);
        check_nothing_moved(world);
        act(world, row.releaser, input::TradeAction::release);
        world.settle_down();
        if (row.settles) {
            check_settled(world);
        } else {
            world.pass(Duration::seconds(90));
            CHECK(world.trade("venue", "T1").state == TradeState::declined);
            CHECK(world.trade("venue", "T1").reason == Reason::held);
            check_nothing_moved(world);
        }
        check_idle(world);
    }
}

TEST_CASE("a trade is cancelled by either side or the venue until the secret is released") {
    // The message before which somebody cancels; whether the cancel comes in time.
    struct Row {
        const char* what;
        const char* canceller;
        std::function<bool(const core::Message&)> before;
        TradeState end;
    };
    const auto is = [](auto type) {
        return [](const core::Message& m) { return std::holds_alternative<decltype(type)>(m); };
    };
    const Row rows[] = {
        {"the quote is asked", "buyer", is(message::QuoteAsk{}), TradeState::declined},
        {"the quote is asked", "venue", is(message::QuoteAsk{}), TradeState::declined},
        {"terms are offered", "buyer", is(message::TermsOffered{}), TradeState::declined},
        {"terms are accepted", "venue", is(message::TermsAccepted{}), TradeState::declined},
        {"the payment is placed", "buyer", is(message::HopNotice{}), TradeState::unwound},
        {"the payment is placed", "venue", is(message::HopNotice{}), TradeState::unwound},
        {"the payment is placed", "seller", is(message::HopNotice{}), TradeState::unwound},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CAPTURE(std::string(row.canceller));
        CoreWorld world;
        bool done = false;
        world.pass_on = [&](const auto&, const auto&, const core::Message& m) {
            if (!done && row.before(m)) {
                done = true;
                world.try_call(row.canceller, input::ActOnTrade{world.key("venue"), "T1",
                                                                input::TradeAction::cancel});
            }
            return true;
        };
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(200));
        REQUIRE(done);
        CHECK(world.trade("venue", "T1").state == row.end);
        CHECK(world.trade("venue", "T1").reason == Reason::cancelled);
        check_nothing_moved(world);
        check_idle(world);
    }
    // After the release there is no way back.
    CoreWorld world;
    world.carry_out = [&](const auto& from, const core::output::ToLedger& command) {
        if (from == "buyer" && std::holds_alternative<op::Fulfil>(command.body))
            act(world, "buyer", input::TradeAction::cancel);
        return true;
    };
    world.submit({world.order("T1")});
    world.settle_down();
    check_settled(world);
    check_idle(world);
}

TEST_CASE("a party may withhold until it has placed, and it is recorded") {
    CoreWorld world;
    world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
        if (from == "connector" && to == "seller" && std::holds_alternative<message::HopNotice>(m))
            act(world, "seller", input::TradeAction::withhold);
        return true;
    };
    world.submit({world.order("T1")});
    world.pass(Duration::seconds(90));
    CHECK(world.trade("venue", "T1").state == TradeState::unwound);
    CHECK(world.trade("venue", "T1").reason == Reason::withheld);
    check_nothing_moved(world);
    check_idle(world);
    world.pass_on = [](const auto&, const auto&, const auto&) { return true; };
    world.submit({world.order("T2")});
    world.settle_down();
    const auto& rates = world.node("venue").machine->state().abort_rates;
    CHECK(rates.at("sven").accepted == 2);
    CHECK(rates.at("sven").aborted == 1);
    CHECK(rates.at("anna").aborted == 0);
}

TEST_CASE("a quote counts only from the connector that was asked, and only at its price") {
    struct Row {
        const char* what;
        const char* from;
        void (*change)(message::Quote&);
        bool settles;
    };
    const Row rows[] = {
        {"not asked", "seller", [](auto&) {}, true},
        {"not asked, refused", "venue", [](auto& q) { q.in.amount = Amount{}; }, true},
        {"a hundredth dearer", "connector", [](auto& q) { q.in.amount = Amount{223'898}; }, true},
        {"more than that", "connector", [](auto& q) { q.in.amount = Amount{223'900}; }, false},
        {"everything", "connector", [](auto& q) { q.in.amount = Amount{10'000'000}; }, false},
        {"nothing", "connector", [](auto& q) { q.in.amount = Amount{0}; }, false},
        {"other expiry", "connector", [](auto& q) { q.in.expiry = q.in.expiry + Duration{1}; },
         false},
        {"lapses before it can be used", "connector",
         [](auto& q) { q.lapse = q.in.place_by - Duration{1}; }, false},
        {"other account", "connector", [](auto& q) { q.in.payee = addr("test.eur.poor"); }, false},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CoreWorld world;
        bool own = false;
        world.pass_on = [&](const auto& from, const auto&, const core::Message& m) {
            const auto* quote = std::get_if<message::Quote>(&m);
            if (quote == nullptr || from != "connector" || own) return true;
            own = true;
            message::Quote other = *quote;
            row.change(other);
            say(world, row.from, "buyer", other);
            return std::string(row.from) != "connector";
        };
        world.submit({world.order("T1")});
        world.settle_down();
        if (row.settles && std::string(row.from) != "connector") check_settled(world);
        if (!row.settles) {
            CHECK(world.trade("buyer", "T1").state == TradeState::declined);
            check_nothing_moved(world);
        }
        world.pass(Duration::seconds(90));
        CHECK(world.open_escrows() == 0);
        check_idle(world);
    }
}

TEST_CASE("terms that do not match the trade, or that nobody proposed, bind no seller") {
    struct Row {
        const char* what;
        void (*change)(core::Terms&);
    };
    const Row rows[] = {
        {"less money", [](auto& t) { t.payment.amount = Amount{2'499'999}; }},
        {"more shares", [](auto& t) { t.delivery.amount = Amount{110}; }},
        {"another payee", [](auto& t) { t.payment.payee = addr("test.sek.empty"); }},
        {"another receiver", [](auto& t) { t.delivery.payee = addr("test.csd.poor"); }},
        {"no payer", [](auto& t) { t.payment.payer = Address{}; }},
        {"our own account pays", [](auto& t) { t.payment.payer = addr("test.sek.empty"); }},
        {"another asset", [](auto& t) { t.payment.asset = eur; }},
        {"the venue has the secret", [](auto& t) { t.secret_holder = core::SecretHolder::venue; }},
        {"a stranger gives notice", [](auto& t) { t.payment_notifier = PublicKey{}; }},
        {"a unit of time too little",
         [](auto& t) { t.payment.expiry = t.payment.expiry - Duration{1}; }},
        {"for ever", [](auto& t) { t.payment.expiry = Timestamp::never(); }},
        {"too late to deliver", [](auto& t) { t.delivery.place_by = Timestamp{1}; }},
        {"deliver after the expiry",
         [](auto& t) { t.delivery.place_by = t.delivery.expiry + Duration{1}; }},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CoreWorld world;
        bool changed = false;
        world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
            const auto* offered = std::get_if<message::TermsOffered>(&m);
            if (offered == nullptr || to != "seller" || changed) return true;
            changed = true;
            message::TermsOffered other = *offered;
            row.change(other.terms);
            say(world, "buyer", "seller", other);
            return from != "buyer";
        };
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(90));
        CHECK(changed);
        CHECK(world.trade("seller", "T1").state == TradeState::declined);
        CHECK(world.trade("venue", "T1").state == TradeState::declined);
        check_nothing_moved(world);
        check_idle(world);
    }
}

TEST_CASE("a node that drains or lacks disk takes no new trade and finishes the old ones") {
    for (const bool drain : {true, false}) {
        for (const char* name : {"buyer", "seller", "connector"}) {
            CAPTURE(std::string(name));
            CoreWorld world;
            const auto close = [&] {
                world.give(world.node(name),
                           drain ? core::NodeInput{input::Drain{}} : input::DiskLow{true});
            };
            bool closed = false;
            world.carry_out = [&](const auto&, const auto&) {
                if (!closed) close();
                closed = true;
                return true;
            };
            world.submit({world.order("T1")});
            world.settle_down();
            check_settled(world);
            CHECK(world.node(name).machine->drained() == drain);
            world.submit({world.order("T2")});
            world.pass(Duration::seconds(90));
            CHECK(world.trade("venue", "T2").state == TradeState::declined);
            CHECK(world.trade("venue", "T2").reason ==
                  (drain ? Reason::draining : Reason::disk_low));
            check_settled(world);
            check_idle(world);
        }
    }
}
