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
