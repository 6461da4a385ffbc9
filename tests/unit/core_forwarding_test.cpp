// Escrows under a node's hands: what it believes, what it refuses, and what it does when ledgers
// and peers say things late, twice, wrongly, or take them back.
#include "tests/unit/core_forward.h"

using namespace lockstep;
using namespace lockstep::test;
using core::LegState;
namespace message = core::message;
namespace input = core::input;

TEST_CASE("an escrow is taken only as it was quoted, whichever of it and its notice comes first") {
    struct Row {
        const char* what;
        void (*change)(EscrowTerms&);
        bool taken;
    };
    const Row rows[] = {
        {"exact", [](auto&) {}, true},
        {"99 %", [](auto& t) { t.amount = Amount{t.amount.units() * 99 / 100}; }, false},
        {"101 %", [](auto& t) { t.amount = Amount{t.amount.units() * 101 / 100}; }, false},
        {"a unit less", [](auto& t) { t.amount = Amount{t.amount.units() - 1}; }, false},
        {"earlier", [](auto& t) { t.expiry = t.expiry - Duration{1}; }, false},
        {"later", [](auto& t) { t.expiry = t.expiry + Duration{1}; }, false},
        {"another condition",
         [](auto& t) { t.condition = condition_of(*Preimage::from(Bytes(32, 1))); }, false},
    };
    for (const Row& row : rows) {
        for (const bool notice_first : {true, false}) {
            CAPTURE(std::string(row.what));
            CAPTURE(notice_first);
            CoreWorld world;
            Forward forward(world);
            forward.request();
            EscrowTerms terms = forward.terms();
            row.change(terms);
            if (notice_first) forward.notice();
            forward.prepare(terms);
            if (!notice_first) forward.notice();
            if (row.taken) {
                CHECK(deal_of(world, "connector").out->state == LegState::held);
            } else {
                CHECK(commands(world, "connector") == 1);  // the reject
                CHECK(world.free("test.eur", "anna") == Amount{10'000'000});
            }
            world.pass(Duration::seconds(90));
            check_nothing_moved(world);
            check_idle(world);
        }
    }
}

TEST_CASE("the second half of an escrow, or a second one, is given back") {
    CoreWorld world;
    Forward forward(world);
    world.down("seller");  // which would give back what it does not expect
    forward.request();
    forward.notice();
    forward.prepare(forward.terms());
    EscrowTerms second = forward.terms();
    second.id = EscrowId{sha256(as_bytes("second")).array()};
    forward.prepare(second);
    say(world, "buyer", "connector",
        message::HopNotice{
            addr("test.eur"), {second.payer, second.id}, Hash{forward.quote.id.array()}});
    world.pass(Duration::seconds(6));
    CHECK(deal_of(world, "connector").in->key.id == forward.terms().id);
    CHECK(world.free("test.eur", "anna") == Amount{10'000'000 - forward.terms().amount.units()});
    world.pass(Duration::seconds(90));
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("a notice from another peer, or for another's escrow, changes nothing") {
    CoreWorld world;
    Forward forward(world);
    forward.request();
    forward.prepare(forward.terms());
    forward.notice("seller");  // not the notifier
    say(world, "seller", "connector",
        message::HopNotice{addr("test.eur"), {addr("test.eur.anna"), forward.terms().id}, Hash{}});
    world.settle_down();
    CHECK(commands(world, "connector") == 0);
    CHECK(world.node("connector").machine->state().strays.size() == 1);
    forward.notice();
    CHECK(deal_of(world, "connector").out->state == LegState::held);
    world.pass(Duration::seconds(90));
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("no peer can name an escrow of our own as one that it pays") {
    // The seller has another account on the securities ledger; its delivery's id can be computed.
    CoreWorld world;
    const EscrowTerms* delivery = nullptr;
    EscrowTerms copy;
    world.carry_out = [&](const auto& from, const core::output::ToLedger& command) {
        if (const auto* prepare = std::get_if<op::Prepare>(&command.body);
            prepare != nullptr && from == "seller") {
            copy = prepare->terms;
            delivery = &copy;
        }
        return true;
    };
    const auto made = std::get<core::answer::InvoiceMade>(
        world.call("seller", input::CreateInvoice{addr("test.csd.empty"), share, Amount{100},
                                                  world.now() + Duration::seconds(3)}));
    world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
        // The buyer names the seller's own delivery as the payment of an invoice.
        if (const auto* notice = std::get_if<message::HopNotice>(&m);
            notice != nullptr && from == "seller" && to == "buyer") {
            say(world, "buyer", "seller",
                message::HopNotice{notice->ledger, notice->escrow, Hash{made.invoice.id.array()}});
            return false;
        }
        return true;
    };
    world.submit({world.order("T1")});
    world.pass(Duration::seconds(4));  // the invoice lapses
    REQUIRE(delivery != nullptr);
    CHECK(world.node("seller").machine->state().by_escrow.contains(
        {addr("test.csd"), {copy.payer, copy.id}}));
    world.pass(Duration::seconds(90));
    CHECK(world.node("seller").alarms.empty());
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("a preimage that a peer shows is used when it is right and for an escrow that stands") {
    struct Row {
        const char* what;
        const char* from;
        std::uint8_t octet;
        std::size_t size;
        bool claimed;
    };
    const Row rows[] = {
        {"right", "seller", 9, 32, true},           {"wrong", "seller", 8, 32, false},
        {"short", "seller", 9, 31, false},          {"long", "seller", 9, 33, false},
        {"of another peer", "buyer", 9, 32, false},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CoreWorld world;
        Forward forward(world);
        forward.request();
        forward.notice();
        const auto shown = [&] {
            const core::Leg& out = *deal_of(world, "connector").out;
            return message::PreimageShown{out.hop.ledger, out.key, Bytes(row.size, row.octet)};
        };
        say(world, row.from, "connector", shown());  // too early: nothing is placed
        forward.prepare(forward.terms());
        CHECK(world.free("test.eur", "conn") == Amount{});
        say(world, row.from, "connector", shown());
        world.settle_down();
        CHECK((world.free("test.eur", "conn") > Amount{}) == row.claimed);
        world.pass(Duration::seconds(90));
        CHECK(world.open_escrows() == 0);
        check_idle(world);
    }
}

TEST_CASE(
    "whoever claims shows the preimage upstream, which claims before its own ledger tells it") {
    CoreWorld world;
    // The seller and the connector hear nothing of the escrows that they place.
    world.slow = {{"seller", "test.csd events"}, {"connector", "test.sek events"}};
    std::vector<std::string> shown;
    world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
        if (const auto* said = std::get_if<message::PreimageShown>(&m)) {
            shown.push_back(from + " to " + to);
            // Never before the ledger has it from the claim itself.
            const auto condition = condition_of(*Preimage::from(said->preimage));
            CHECK(world.hops.at(condition).at({said->ledger, said->escrow}) ==
                  EscrowState::fulfilled);
        }
        return true;
    };
    world.submit({world.order("T1")});
    world.settle_down();
    CHECK(shown ==
          std::vector<std::string>{"buyer to seller", "seller to connector", "connector to buyer"});
    check_settled(world);
    CHECK(world.trade("buyer", "T1").state == core::TradeState::settled);
    for (const char* name : {"seller", "connector"})  // not heard yet
        CHECK(deal_of(world, name).out->open());
    world.slow.clear();
    world.settle_down();
    check_idle(world);
}

TEST_CASE("a claim that its ledger never takes shows nobody the preimage") {
    CoreWorld world;
    bool shown = false;
    world.pass_on = [&](const auto&, const auto&, const core::Message& m) {
        shown = shown || std::holds_alternative<message::PreimageShown>(m);
        return true;
    };
    world.carry_out = [](const auto& from, const core::output::ToLedger& command) {
        return from != "buyer" || !std::holds_alternative<op::Fulfil>(command.body);
    };
    world.submit({world.order("T1")});
    world.pass(Duration::seconds(90));
    CHECK(!shown);
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("place-by is the first instant at which nobody places") {
    for (const std::int64_t off : {-1, 0, 1}) {
        CAPTURE(off);
        CoreWorld world;
        Forward forward(world);
        forward.ask.in_place_by = forward.ask.out.place_by;
        forward.request();
        forward.notice();
        world.pass(forward.ask.out.place_by - world.now() + Duration{off});
        forward.prepare(forward.terms());
        const bool placed = world.free("test.sek", "conn") < Amount{100'000'000};
        CHECK(placed == (off < 0));
        if (off >= 0) CHECK(world.free("test.eur", "anna") == Amount{10'000'000});
        world.pass(Duration::seconds(90));
        check_nothing_moved(world);
        check_idle(world);
    }
}

TEST_CASE("a refusal before the escrow's event is proof, one after it is not") {
    CoreWorld world;
    Forward forward(world);
    world.carry_out = [](const auto& from, const auto&) { return from != "connector"; };
    forward.request();
    forward.notice();
    forward.prepare(forward.terms());
    const EscrowTerms out = forward.out_terms();
    const auto refuse_out = [&] {
        world.give(world.node("connector"),
                   input::CommandAnswered{
                       addr("test.sek"),
                       core::command_id("prepare", addr("test.sek"), {out.payer, out.id}),
                       static_cast<std::uint8_t>(report::Answer::Outcome::refused),
                       Reason::insufficient_funds});
        world.settle_down();
    };
    world.give(
        world.node("connector"),
        input::CommandAnswered{
            addr("test.sek"), core::command_id("prepare", addr("test.sek"), {out.payer, out.id}),
            static_cast<std::uint8_t>(report::Answer::Outcome::unknown), Reason::outcome_unknown});
    world.pass(Duration::seconds(10));
    CHECK(commands(world, "connector") == 1);  // the prepare: unknown is not failed
    SUBCASE("before") {
        refuse_out();
        CHECK(commands(world, "connector") == 2);
        CHECK(deal_of(world, "connector").out->state == LegState::absent);
        SUBCASE("and the ledger takes it back") {
            // It stands after all and is claimed: we claim too, whatever was sent before.
            forward.report("test.sek", out, EscrowState::prepared);
            CHECK(alarmed(world, "connector", "ledger_contradicts"));
            forward.report("test.sek", out, EscrowState::fulfilled);
            CHECK(commands(world, "connector") == 3);
        }
    }
    SUBCASE("after") {
        forward.report("test.sek", out, EscrowState::prepared);
        refuse_out();
        CHECK(deal_of(world, "connector").out->state == LegState::held);
        CHECK(commands(world, "connector") == 1);
    }
}

TEST_CASE("nothing is placed or given back while a ledger is stale; a claim always goes") {
    for (const char* stale : {"test.sek", "test.eur"}) {
        CAPTURE(std::string(stale));
        CoreWorld world;
        Forward forward(world);
        forward.request();
        forward.notice();
        health(world, "connector", stale, report::Mode::stale);
        forward.prepare(forward.terms());
        CHECK(commands(world, "connector") == 0);
        SUBCASE("live again in time") {
            world.pass(Duration::seconds(2));
            health(world, "connector", stale, report::Mode::live);
            CHECK(deal_of(world, "connector").out->state == LegState::held);
            health(world, "connector", stale, report::Mode::stale);
            const EscrowTerms out = forward.out_terms();
            world.instruct_as("seller", "test.sek",
                              op::Fulfil{{out.payer, out.id}, forward.preimage});
            world.settle_down();
            CHECK(world.free("test.eur", "conn") > Amount{});
        }
        SUBCASE("live again too late") {
            world.pass(Duration::seconds(10));
            CHECK(commands(world, "connector") == 0);
            health(world, "connector", stale, report::Mode::live);
            CHECK(commands(world, "connector") == 1);
            check_nothing_moved(world);
        }
        SUBCASE("never again") {
            world.pass(Duration::seconds(90));
            CHECK(commands(world, "connector") == 0);
            check_nothing_moved(world);
        }
        world.pass(Duration::seconds(90));
        check_idle(world);
    }
}

TEST_CASE("on an open ledger nobody waits for a payer that never takes back what it was given") {
    CoreWorld world;
    LedgerInfo info = world.ledger("test.eur").machine.info();
    info.expiry_rule = ExpiryRule::open;
    world.give(world.node("connector"), input::LedgerDescribed{info});
    world.settle_down();
    Forward forward(world);
    // The escrow that comes in stands in reports alone: its ledger here would refund it by itself.
    world.carry_out = [](const auto&, const auto& command) {
        return command.ledger != addr("test.eur");
    };
    forward.request();
    forward.notice();
    forward.report("test.eur", forward.terms(), EscrowState::prepared);
    CHECK(deal_of(world, "connector").out->state == LegState::held);
    const Timestamp waits_until = forward.quote.in.expiry + world_profile.late +
                                  world_profile.inclusion + world_profile.finality;
    world.pass(waits_until - world.now() - Duration{1});
    CHECK(deal_of(world, "connector").out->state == LegState::refunded);
    CHECK(deal_of(world, "connector").reject_sent);
    SUBCASE("it is over, and its late refund surprises nobody") {
        world.pass(Duration{1});
        CHECK(world.node("connector").machine->state().deals.empty());
        forward.report("test.eur", forward.terms(), EscrowState::refunded_expired);
        check_nothing_moved(world);
        check_idle(world);
    }
    SUBCASE("what its ledger takes back of our own refund is waited for again") {
        forward.report("test.sek", forward.out_terms(), EscrowState::refunded_expired,
                       Certainty::rolled_back);
        world.pass(Duration::seconds(600));
        CHECK(deal_of(world, "connector").in->state == LegState::held);
        forward.report("test.sek", forward.out_terms(), EscrowState::fulfilled);
        CHECK(deal_of(world, "connector").claim_sent);
    }
}

TEST_CASE("what a ledger takes back is done again when it comes again") {
    CoreWorld world;
    Forward forward(world);
    world.carry_out = [](const auto& from, const auto&) { return from != "connector"; };
    forward.request();
    forward.notice();
    const EscrowTerms in = forward.terms();
    forward.report("test.eur", in, EscrowState::prepared, Certainty::seen);
    CHECK(commands(world, "connector") == 0);
    forward.report("test.eur", in, EscrowState::prepared);
    const EscrowTerms out = forward.out_terms();
    forward.report("test.sek", out, EscrowState::prepared);
    SUBCASE("the incoming escrow, after the claim was sent") {
        forward.report("test.sek", out, EscrowState::fulfilled, Certainty::seen);
        CHECK(commands(world, "connector") == 2);
        forward.report("test.eur", in, EscrowState::prepared, Certainty::rolled_back);
        forward.report("test.sek", out, EscrowState::fulfilled);
        forward.report("test.eur", in, EscrowState::prepared);
        CHECK(commands(world, "connector") == 3);  // claimed again
        forward.report("test.eur", in, EscrowState::fulfilled);
        CHECK(world.node("connector").alarms.empty());
    }
    SUBCASE("the incoming escrow, for good, and the outgoing one is refunded") {
        forward.report("test.eur", in, EscrowState::prepared, Certainty::rolled_back);
        forward.report("test.sek", out, EscrowState::refunded_expired);
        CHECK(world.node("connector").alarms.empty());
    }
    SUBCASE("the incoming escrow, for good, and the outgoing one is fulfilled") {
        forward.report("test.sek", out, EscrowState::fulfilled);
        forward.report("test.eur", in, EscrowState::prepared, Certainty::rolled_back);
        world.pass(Duration::seconds(90));
        CHECK(alarmed(world, "connector", "loss"));
    }
    SUBCASE("the refund of the outgoing one, after the incoming one was given back") {
        forward.report("test.sek", out, EscrowState::refunded_expired);
        CHECK(commands(world, "connector") == 2);  // the reject
        forward.report("test.sek", out, EscrowState::refunded_expired, Certainty::rolled_back);
        forward.report("test.sek", out, EscrowState::fulfilled);
        CHECK(commands(world, "connector") == 3);  // and the claim: the ledger decides
        forward.report("test.eur", in, EscrowState::refunded_rejected);
        CHECK(alarmed(world, "connector", "loss"));
    }
    CHECK(world.node("connector").machine->open_deals() == 0);
    check_idle(world);
}

TEST_CASE("our part of giving an escrow back goes to whoever placed it, and to nobody else") {
    CoreWorld world;
    Forward forward(world);
    std::vector<std::pair<std::string, message::GiveBack>> passed;
    world.pass_on = [&, quotes = world.pass_on](const auto& from, const auto& to,
                                                const core::Message& m) {
        if (const auto* said = std::get_if<message::GiveBack>(&m)) passed.emplace_back(to, *said);
        return quotes(from, to, m);
    };
    world.carry_out = [](const auto& from, const auto&) { return from != "connector"; };
    forward.request();
    forward.notice();
    const EscrowTerms in = forward.terms();
    const EscrowKey in_key{in.payer, in.id};
    forward.report("test.eur", in, EscrowState::prepared);
    const EscrowTerms out = forward.out_terms();
    const EscrowKey out_key{out.payer, out.id};
    forward.report("test.sek", out, EscrowState::prepared);
    const auto made = [&](const char* ledger, const EscrowKey& key) {
        world.give(world.node("connector"), core::input::ShareMade{addr(ledger), key, Bytes{7}});
        world.settle_down();
        return passed.size();
    };
    const auto& shares = world.node("connector").shares;
    const auto came = [&](const char* from, const char* ledger, const EscrowKey& key,
                          std::size_t size = 3) {
        say(world, from, "connector", message::GiveBack{addr(ledger), key, Bytes(size, 5)});
        world.settle_down();
        return shares.size();
    };

    // Of the outgoing escrow: from its payee's node, while it stands.
    CHECK(came("buyer", "test.sek", out_key) == 0);
    CHECK(came("seller", "test.sek", in_key) == 0);
    CHECK(came("seller", "test.eur", in_key) == 0);
    CHECK(came("seller", "test.sek", out_key, core::message::max_share + 1) == 0);
    REQUIRE(came("seller", "test.sek", out_key) == 1);
    CHECK(shares[0].ledger == addr("test.sek"));
    CHECK(shares[0].escrow == out_key);
    CHECK(shares[0].share == Bytes(3, 5));
    forward.report("test.sek", out, EscrowState::refunded_rejected);
    CHECK(came("seller", "test.sek", out_key) == 1);

    // Of the incoming one, which is given back now: to the node that spoke for it.
    CHECK(commands(world, "connector") == 2);  // the forward and the reject
    CHECK(made("test.sek", out_key) == 0);
    REQUIRE(made("test.eur", in_key) == 1);
    CHECK(passed[0].first == "buyer");
    CHECK(passed[0].second.escrow == in_key);
    CHECK(passed[0].second.share == Bytes{7});
    forward.report("test.eur", in, EscrowState::refunded_rejected);
    CHECK(made("test.eur", in_key) == 1);  // forgotten
    CHECK(world.node("connector").machine->open_deals() == 0);
    check_idle(world);
}

TEST_CASE("a claim that is refused is an alarm with its amount, and never a success") {
    CoreWorld world;
    Forward forward(world);
    world.carry_out = [](const auto& from, const auto&) { return from != "connector"; };
    forward.request();
    forward.notice();
    const EscrowTerms in = forward.terms();
    forward.report("test.eur", in, EscrowState::prepared);
    const EscrowTerms out = forward.out_terms();
    forward.report("test.sek", out, EscrowState::fulfilled);
    world.give(
        world.node("connector"),
        input::CommandAnswered{
            addr("test.eur"), core::command_id("fulfil", addr("test.eur"), {in.payer, in.id}),
            static_cast<std::uint8_t>(report::Answer::Outcome::refused), Reason::escrow_expired});
    world.settle_down();
    CHECK(alarmed(world, "connector", "claim_refused"));
    CHECK(world.node("connector").machine->exposure().size() == 2);
    forward.report("test.eur", in, EscrowState::refunded_expired);
    CHECK(alarmed(world, "connector", "loss"));
    check_idle(world);
}

TEST_CASE("what a ledger says of an escrow that differs from what was sent stops new business") {
    CoreWorld world;
    Forward forward(world);
    world.carry_out = [](const auto& from, const auto&) { return from != "connector"; };
    forward.request();
    forward.notice();
    forward.report("test.eur", forward.terms(), EscrowState::prepared);
    EscrowTerms out = forward.out_terms();
    out.amount = Amount{out.amount.units() + 1};
    forward.report("test.sek", out, EscrowState::prepared);
    CHECK(alarmed(world, "connector", "ledger_differs"));
    Forward next(world);
    next.ask.condition = condition_of(*Preimage::from(Bytes(32, 2)));
    next.request();
    CHECK(next.refused == Reason::unavailable);
}

TEST_CASE("a ledger that declares less than is configured is reckoned with as it declares") {
    CoreWorld world;
    LedgerInfo info = world.ledger("test.sek").machine.info();
    info.profile.late = Duration::seconds(2);
    world.give(world.node("connector"), input::LedgerDescribed{info});
    world.settle_down();
    CHECK(alarmed(world, "connector", "profile_worse"));
    Forward forward(world);
    forward.ask.in_expiry = forward.ask.in_expiry + Duration::seconds(1) - Duration{1};
    forward.request();
    CHECK(forward.refused == Reason::ladder_too_tight);
    Forward wide(world);
    wide.ask.in_expiry = wide.ask.in_expiry + Duration::seconds(1);
    wide.request();
    CHECK(wide.quote.in.expiry == wide.ask.in_expiry);
    // A ledger that would take 31 octets is not used at all.
    info.preimage_octets = 31;
    world.give(world.node("connector"), input::LedgerDescribed{info});
    world.settle_down();
    CHECK(alarmed(world, "connector", "unsafe_ledger"));
    Forward unsafe(world);
    unsafe.ask.condition = condition_of(*Preimage::from(Bytes(32, 3)));
    unsafe.request();
    CHECK(unsafe.refused == Reason::ledger_paused);
}

TEST_CASE("an instrument, a peer, an account or a ledger may leave the configuration at any time") {
    for (const int what : {0, 1, 2, 3}) {
        CAPTURE(what);
        CoreWorld world;
        CoreWorld::Node& seller = world.node("seller");
        bool changed = false;
        world.carry_out = [&](const auto& from, const core::output::ToLedger& command) {
            if (from != "seller" || changed || !std::holds_alternative<op::Prepare>(command.body))
                return true;
            changed = true;
            if (what == 0) seller.config.instruments.clear();
            if (what == 1) seller.config.peers.clear();
            if (what == 2) seller.config.ledgers[1].accounts.clear();
            if (what == 3) seller.config.ledgers.clear();
            world.give(seller, input::Configure{seller.config});
            return true;
        };
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(90));
        REQUIRE(changed);
        CHECK(world.books_balance());
        CHECK(alarmed(world, "seller", "account_not_configured") == (what >= 2));
        // What is open is still claimed, as long as its ledger is there.
        if (what < 3) CHECK(world.free("test.sek", "sven") == price_sek);
        CHECK(CoreWorld::replayed(seller) == seller.machine->write_snapshot());
    }
}
