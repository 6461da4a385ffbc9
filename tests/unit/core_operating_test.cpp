// What a person must look at before new business is taken, and how it goes on until then.
#include "tests/unit/core_forward.h"

using namespace lockstep;
using namespace lockstep::test;
using core::LegState;
using core::TradeState;
namespace input = core::input;

namespace {

void stall(CoreWorld& world, const char* node, const char* ledger) {
    world.give(world.node(node), input::AdapterStalled{addr(ledger)});
    world.settle_down();
}

void resume(CoreWorld& world, const char* node, const char* ledger) {
    const auto answer = world.call(node, input::ResumeLedger{addr(ledger)});
    CHECK(std::get<core::answer::LedgerResumed>(answer).ledger == addr(ledger));
    world.settle_down();
}

bool acknowledge(CoreWorld& world, const char* node) {
    const auto answer = world.call(node, input::Acknowledge{});
    world.settle_down();
    return std::get<core::answer::Acknowledged>(answer).was_stopped;
}

std::optional<Reason> why_not(CoreWorld& world, const char* node) {
    const auto answer = world.try_call(node, input::Acknowledge{});
    return answer ? std::nullopt : std::optional<Reason>(answer.error());
}

bool is_stopped(CoreWorld& world, const char* node) {
    return world.node(node).machine->loud_stop();
}

// An escrow that the connector's key made and its journal does not know.
EscrowTerms lost_escrow(const Forward& forward, CoreWorld& world) {
    return {EscrowId{sha256(as_bytes("lost")).array()},
            addr("test.sek.conn"),
            addr("test.sek.sven"),
            sek,
            Amount{5},
            forward.ask.condition,
            world.now() + Duration::seconds(30)};
}

}  // namespace

TEST_CASE("on a paused ledger nothing is promised, whichever side of it, until it is resumed") {
    for (const char* ledger : {"test.eur", "test.sek"}) {
        CAPTURE(std::string(ledger));
        CoreWorld world;
        stall(world, "connector", ledger);
        CHECK(alarmed(world, "connector", "adapter_stalled"));
        Forward forward(world);
        forward.request();
        CHECK(forward.refused == Reason::ledger_paused);
        // The pause is the journal's: no restart ends it, no drain keeps it from ending.
        world.crash("connector");
        world.settle_down();
        forward.refused.reset();
        forward.request();
        CHECK(forward.refused == Reason::ledger_paused);
        world.give(world.node("connector"), input::Drain{});
        world.settle_down();
        resume(world, "connector", ledger);
        world.crash("connector");
        world.settle_down();
        forward.refused.reset();
        forward.request();
        CHECK(!forward.refused);
        CHECK(!forward.quote.id.is_zero());
        world.pass(Duration::seconds(90));
        check_idle(world);
    }
}

TEST_CASE("a ledger that is not known is not resumed; one that is not paused is") {
    CoreWorld world;
    const auto unknown = world.try_call("connector", input::ResumeLedger{addr("test.usd")});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error() == Reason::not_found);
    resume(world, "connector", "test.sek");
    // It left the configuration after it stalled, and comes back as it left.
    stall(world, "connector", "test.usd");
    resume(world, "connector", "test.usd");
    CHECK_FALSE(world.try_call("connector", input::ResumeLedger{addr("test.usd")}));
}

TEST_CASE("nothing is placed on a paused ledger, nor against an escrow on one") {
    for (const char* ledger : {"test.eur", "test.sek"}) {
        CAPTURE(std::string(ledger));
        CoreWorld world;
        Forward forward(world);
        forward.request();
        forward.notice();
        stall(world, "connector", ledger);
        forward.prepare(forward.terms());
        CHECK(deal_of(world, "connector").in->state == LegState::held);
        CHECK(commands(world, "connector") == 0);
        SUBCASE("resumed in time") {
            resume(world, "connector", ledger);
            CHECK(deal_of(world, "connector").out->state == LegState::held);
        }
        SUBCASE("not resumed") {
            // What came is given back, on the paused ledger too.
            world.pass(Duration::seconds(6));
            CHECK(commands(world, "connector") == 1);
            check_nothing_moved(world);
        }
        world.pass(Duration::seconds(90));
        check_nothing_moved(world);
        check_idle(world);
    }
}

TEST_CASE("what is open on a paused ledger is claimed, also after a restart") {
    for (const char* ledger : {"test.eur", "test.sek"}) {
        CAPTURE(std::string(ledger));
        CoreWorld world;
        Forward forward(world);
        forward.request();
        forward.notice();
        forward.prepare(forward.terms());
        const EscrowTerms out = forward.out_terms();
        stall(world, "connector", ledger);
        world.crash("connector");
        world.settle_down();
        world.instruct_as("seller", "test.sek", op::Fulfil{{out.payer, out.id}, forward.preimage});
        world.settle_down();
        CHECK(world.free("test.eur", "conn") == forward.quote.in.amount);
        CHECK(world.open_escrows() == 0);
        world.pass(Duration::seconds(90));
        check_idle(world);
    }
}

TEST_CASE("no secret is shown for a delivery on a paused ledger, unless it is resumed in time") {
    for (const std::int64_t seconds : {3, 60}) {
        CAPTURE(seconds);
        CoreWorld world;
        world.carry_out = [&](const auto& from, const core::output::ToLedger& command) {
            if (from == "seller" && std::holds_alternative<op::Prepare>(command.body))
                world.give(world.node("buyer"), input::AdapterStalled{addr("test.csd")});
            return true;
        };
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(seconds));
        CHECK(world.node("buyer").machine->state().paused(addr("test.csd")));
        CHECK(world.free("test.csd", "anna") == Amount{0});
        resume(world, "buyer", "test.csd");
        if (seconds == 3) {
            check_settled(world);
        } else {
            CHECK(world.trade("venue", "T1").state == TradeState::unwound);
            check_nothing_moved(world);
        }
        CHECK(!alarmed(world, "buyer", "loss"));
        world.pass(Duration::seconds(90));
        check_idle(world);
    }
}

TEST_CASE("a loud stop ends when its cause has and an operator says so, and not before") {
    CoreWorld world;
    Forward forward(world);
    CHECK_FALSE(acknowledge(world, "connector"));
    const EscrowTerms lost = lost_escrow(forward, world);
    forward.report("test.sek", lost, EscrowState::prepared);
    const std::uint64_t known = forward.cursor;
    CHECK(alarmed(world, "connector", "unknown_escrow"));
    REQUIRE(is_stopped(world, "connector"));
    CHECK(why_not(world, "connector") == Reason::escrows_unresolved);
    const auto cause = world.node("connector").machine->stop_cause();
    REQUIRE(cause);
    CHECK(cause->detail.find(lost.id.hex()) != std::string::npos);
    // What is only seen may still be taken back.
    forward.report("test.sek", lost, EscrowState::refunded_expired, Certainty::seen);
    CHECK(why_not(world, "connector") == Reason::escrows_unresolved);
    forward.report("test.sek", lost, EscrowState::refunded_expired);
    forward.report("test.sek", lost, EscrowState::refunded_expired, Certainty::rolled_back);
    CHECK(why_not(world, "connector") == Reason::escrows_unresolved);
    forward.report("test.sek", lost, EscrowState::refunded_expired);

    // It ended, and still nobody has looked.
    world.crash("connector");
    world.settle_down();
    CHECK(is_stopped(world, "connector"));
    forward.request();
    CHECK(forward.refused == Reason::unavailable);
    CHECK(world
              .try_call("connector", input::CreateInvoice{addr("test.sek.conn"), sek, Amount{5},
                                                          world.now() + Duration::seconds(60)})
              .error() == Reason::loud_stop);

    CHECK(acknowledge(world, "connector"));
    CHECK_FALSE(acknowledge(world, "connector"));
    world.crash("connector");
    world.settle_down();
    CHECK_FALSE(is_stopped(world, "connector"));
    SUBCASE("the same events again are no news, and the condition is used") {
        forward.cursor = known - 1;
        forward.report("test.sek", lost, EscrowState::prepared);
        forward.report("test.sek", lost, EscrowState::refunded_expired);
        CHECK_FALSE(is_stopped(world, "connector"));
        forward.request();
        CHECK(forward.refused == Reason::condition_used);
    }
    SUBCASE("another one is another stop") {
        EscrowTerms other = lost;
        other.id = EscrowId{sha256(as_bytes("other")).array()};
        forward.report("test.sek", other, EscrowState::prepared);
        CHECK(is_stopped(world, "connector"));
        CHECK(why_not(world, "connector") == Reason::escrows_unresolved);
        forward.report("test.sek", other, EscrowState::prepared, Certainty::rolled_back);
        CHECK(acknowledge(world, "connector"));
    }
    const CoreWorld::Node& node = world.node("connector");
    CHECK(CoreWorld::replayed(node) == node.machine->write_snapshot());
}

TEST_CASE("a loud stop is not acknowledged while what a lost escrow paid for is being claimed") {
    CoreWorld world;
    Forward forward(world);
    const EscrowTerms lost = lost_escrow(forward, world);
    forward.report("test.sek", lost, EscrowState::fulfilled);
    CHECK(is_stopped(world, "connector"));
    EscrowTerms owed = lost;
    owed.id = EscrowId{sha256(as_bytes("owed")).array()};
    owed.payer = addr("test.eur.anna");
    owed.payee = addr("test.eur.conn");
    owed.asset = eur;
    forward.report("test.eur", owed, EscrowState::prepared);
    CHECK(commands(world, "connector") == 1);
    CHECK(why_not(world, "connector") == Reason::escrows_unresolved);
    forward.report("test.eur", owed, EscrowState::fulfilled);
    CHECK(acknowledge(world, "connector"));
}

TEST_CASE("a loud stop is not acknowledged while a ledger is not known or not believed") {
    CoreWorld world;
    Forward forward(world);
    SUBCASE("what it says cannot be verified") {
        health(world, "connector", "test.eur", report::Mode::refused);
        CHECK(why_not(world, "connector") == Reason::ledger_refused);
        health(world, "connector", "test.eur", report::Mode::live);
        CHECK_FALSE(acknowledge(world, "connector"));
    }
    SUBCASE("it has not been read to its tip since the start") {
        const EscrowTerms lost = lost_escrow(forward, world);
        forward.report("test.sek", lost, EscrowState::prepared);
        forward.report("test.sek", lost, EscrowState::refunded_rejected);
        world.give(world.node("connector"), input::Started{7});
        health(world, "connector", "test.sek", report::Mode::live);
        CHECK(why_not(world, "connector") == Reason::ledger_paused);
        health(world, "connector", "test.eur", report::Mode::live);
        CHECK(acknowledge(world, "connector"));
    }
}

TEST_CASE("what waited for a loud stop to end goes on with the acknowledgement") {
    CoreWorld world;
    Forward forward(world);
    forward.request();
    forward.notice();
    EscrowTerms lost = lost_escrow(forward, world);
    lost.condition = condition_of(*Preimage::from(Bytes(32, 1)));
    forward.report("test.sek", lost, EscrowState::prepared);
    forward.report("test.sek", lost, EscrowState::refunded_rejected);
    forward.prepare(forward.terms());
    CHECK(deal_of(world, "connector").in->state == LegState::held);
    CHECK(commands(world, "connector") == 0);
    CHECK(acknowledge(world, "connector"));
    CHECK(deal_of(world, "connector").out->state == LegState::held);
    world.pass(Duration::seconds(90));
    check_nothing_moved(world);
    check_idle(world);
}
