// A connector alone, asked for a quote by the buyer, with escrows of the test's choice against it.
#pragma once

#include "connector/core/effects.h"
#include "tests/unit/core_checks.h"
#include "tests/unit/core_world_settings.h"

namespace lockstep::test {

inline void say(CoreWorld& world, const char* from, const char* to, core::Message message) {
    world.give(world.node(to), core::input::FromPeer{world.key(from), std::move(message)},
               std::string("from ") + from);
}

// A connector alone, asked for a quote by the buyer, with an escrow of our choice against it.
struct Forward {
    explicit Forward(CoreWorld& of) : world(of) {
        preimage = Bytes(32, 9);
        ask.ask = Hash{sha256(as_bytes("ask")).array()};
        ask.condition = condition_of(*Preimage::from(preimage));
        ask.in_ledger = addr("test.eur");
        ask.in_asset = eur;
        ask.in_payer = addr("test.eur.anna");
        ask.in_notifier = world.key("buyer");
        ask.out = {addr("test.sek"),
                   sek,
                   Amount{1'130'000},
                   {},
                   addr("test.sek.sven"),
                   world.now() + Duration::seconds(5),
                   world.now() + Duration::seconds(30)};
        ask.next_node = world.key("seller");
        ask.in_place_by = world.now() + Duration::seconds(3);
        ask.in_expiry =
            ask.out.expiry + core::margin({world_profile}, {world_profile}, world_endurance);
        // The buyer is not told: the test is the buyer.
        world.pass_on = [this](const auto& from, const auto&, const core::Message& m) {
            if (const auto* said = std::get_if<core::message::Quote>(&m)) quote = *said;
            if (const auto* said = std::get_if<core::message::QuoteRefused>(&m))
                refused = said->reason;
            return from != "connector" || !std::holds_alternative<core::message::Quote>(m);
        };
    }
    ~Forward() {
        world.pass_on = [](const auto&, const auto&, const auto&) { return true; };
    }
    void request() {
        say(world, "buyer", "connector", ask);
        world.settle_down();
    }
    EscrowTerms terms() const {
        return {EscrowId{sha256(as_bytes("in")).array()},
                quote.in.payer,
                quote.in.payee,
                quote.in.asset,
                quote.in.amount,
                ask.condition,
                quote.in.expiry};
    }
    void notice(const char* from = "buyer") {
        say(world, from, "connector",
            core::message::HopNotice{
                quote.in.ledger, {quote.in.payer, terms().id}, Hash{quote.id.array()}});
        world.settle_down();
    }
    void prepare(const EscrowTerms& terms) {
        world.instruct_as("buyer", "test.eur", op::Prepare{terms, terms.expiry});
        world.settle_down();
    }
    // What the ledger would say, without the ledger.
    void report(const char* ledger, const EscrowTerms& terms, EscrowState state,
                Certainty certainty = Certainty::final_) {
        world.give(
            world.node("connector"),
            core::input::EscrowReported{
                addr(ledger), ++cursor, terms, state, certainty,
                state == EscrowState::fulfilled ? std::optional<Bytes>(preimage) : std::nullopt,
                world.now()});
        world.settle_down();
    }
    EscrowTerms out_terms() {
        const core::Leg& out = *deal_of(world, "connector").out;
        return {out.key.id,     out.hop.payer, out.hop.payee, out.hop.asset,
                out.hop.amount, ask.condition, out.hop.expiry};
    }

    CoreWorld& world;
    Bytes preimage;
    core::message::QuoteAsk ask;
    core::message::Quote quote;
    std::optional<Reason> refused;
    std::uint64_t cursor = 1'000'000;
};

inline void health(CoreWorld& world, const char* node, const char* ledger, report::Mode mode) {
    world.give(world.node(node), core::input::LedgerHealth{addr(ledger), world.now(),
                                                           static_cast<std::uint8_t>(mode)});
    world.settle_down();
}

}  // namespace lockstep::test
