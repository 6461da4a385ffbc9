// Conformance: what is declared of ledgers where a claim stays possible until a refund is included,
// where the payer makes the refund, and where a reject takes both. And what was refunded stays so,
// everywhere.
#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

// The payer's refund of an escrow that has expired is made and does not arrive, until release().
EscrowTerms expired_without_refund(Kit& kit, int ticks_from_expiry) {
    const EscrowTerms terms = kit.brief_terms(ticks_from_expiry);
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
    kit.ledger().hold_instructions(Role::payer);
    kit.wait_until(kit.world().exact ? terms.expiry + kit.world().tick * ticks_from_expiry
                                     : terms.expiry + kit.clock_margin());
    return terms;
}

void late_claim_is_taken(Kit& kit) {
    if (!kit.is_open()) kit.leave_out("the ledger is strict: a late claim is refused");
    for (const int ticks : {0, 1}) {
        const Balance payer = kit.balance(Role::payer);
        const Balance payee = kit.balance(Role::payee);
        const EscrowTerms terms = expired_without_refund(kit, ticks);
        kit.expect_answer("the late claim answered", kit.fulfil(terms, Role::payee, ticks), "done");
        kit.expect_told(Role::payer, terms, EscrowState::fulfilled);
        kit.ledger().release(Role::payer);
        kit.ledger().pass(kit.patience());
        kit.expect_found(Role::payer, terms, "fulfilled");
        kit.expect_answer("the payer was told", kit.told(Role::payer, terms), "fulfilled");
        kit.expect_flow(Role::payee, payee, {.in = terms.amount},
                        "the late claim was not paid exactly");
        kit.expect_flow(Role::payer, payer, {.out = terms.amount, .commands = 2},
                        "the payer did not pay exactly");
    }
}

void refund_is_the_end(Kit& kit) {
    const Balance payer = kit.balance(Role::payer);
    const Balance payee = kit.balance(Role::payee);
    const EscrowTerms terms = kit.brief_terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.wait_until(terms.expiry);
    if (kit.info().refund == RefundRule::by_anyone) {
        kit.wait_until(terms.expiry + kit.clock_margin());
        kit.expect_answer("the refund answered", kit.refund(terms), "done");
    }
    for (const Role role : {Role::payer, Role::payee}) {
        kit.expect_told(role, terms, EscrowState::refunded_expired);
        const auto is_final = [&] {
            return kit.told_as(role, terms, Certainty::final_, EscrowState::refunded_expired);
        };
        kit.expect(kit.wait_for(is_final), "it was not told as final");
    }
    kit.expect_found(Role::payee, terms, "refunded_expired");
    const std::string seen = kit.fulfil(terms);
    kit.expect(is_refusal_after_expiry(seen), "a claim after the refund answered " + seen);
    kit.expect_found(Role::payee, terms, "refunded_expired");
    kit.expect_flow(Role::payee, payee, {.commands = 0}, "a claim after the refund was paid");
    kit.expect_back(Role::payer, payer);
}

void only_payer_refunds(Kit& kit) {
    if (kit.info().refund != RefundRule::by_payer)
        kit.leave_out("the ledger declares that a refund needs no payer");
    const Balance payer = kit.balance(Role::payer);
    const EscrowTerms terms = expired_without_refund(kit, 0);
    for (const Role role : {Role::payee, Role::other}) {
        Command command{kit.command_id("refund by " + std::to_string(static_cast<int>(role))),
                        command::Refund{kit.key(terms)}};
        const std::string seen = kit.run(role, std::move(command));
        kit.expect(seen != "done" && !seen.empty(), "a refund by someone else answered " + seen);
        kit.expect_found(role == Role::payee ? role : Role::payer, terms, "prepared");
    }
    kit.ledger().release(Role::payer);
    kit.expect_told(Role::payee, terms, EscrowState::refunded_expired);
    kit.expect_back(Role::payer, payer);
}

void reject_takes_both(Kit& kit) {
    if (kit.info().reject != RejectRule::cooperative)
        kit.leave_out("the ledger declares no reject that takes both");
    if (!kit.ledger().keep_releases(true)) kit.leave_out("what the two exchange is not seen here");
    const Balance payer = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    Command reject{kit.command_id("reject"),
                   command::Reject{kit.key(terms), kit.world().account(Role::payee)}};
    const CommandId id = reject.id;
    kit.give(Role::payee, std::move(reject));
    kit.ledger().pass(kit.patience());
    kit.expect_found(Role::payee, terms, "prepared");
    kit.expect_answer("the payee alone was told", kit.told(Role::payee, terms), "prepared");
    const std::string alone = kit.refund(terms);
    kit.expect_answer("a refund by the payer alone answered", alone, "escrow_not_expired");
    kit.expect_found(Role::payer, terms, "prepared");
    kit.ledger().keep_releases(false);
    for (const Role role : {Role::payer, Role::payee})
        kit.expect_told(role, terms, EscrowState::refunded_rejected);
    kit.expect_answer("the reject answered", kit.answer(Role::payee, id), "done");
    kit.expect_back(Role::payer, payer);
}

void seen_before_final(Kit& kit) {
    if (kit.info().profile.finality == Duration{})
        kit.leave_out("the ledger declares that what is told is final");
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
    for (const Role role : {Role::payer, Role::payee}) {
        for (const EscrowState state : {EscrowState::prepared, EscrowState::fulfilled}) {
            const auto first = [&](Certainty certainty) -> std::optional<std::size_t> {
                const auto& events = kit.events(role);
                for (std::size_t i = 0; i < events.size(); ++i) {
                    const report::Escrow& one = events[i].second;
                    if (one.terms == terms && one.state == state && one.certainty == certainty)
                        return i;
                }
                return std::nullopt;
            };
            const std::string what = std::string("an escrow ") + std::string(to_string(state));
            kit.wait_for([&] { return first(Certainty::final_).has_value(); });
            kit.expect(first(Certainty::final_).has_value(), what + " was not told as final");
            kit.expect(first(Certainty::seen).has_value(), what + " was not told as seen");
            kit.expect(first(Certainty::seen) < first(Certainty::final_),
                       what + " was told as final before it was told as seen");
        }
    }
}

}  // namespace

void add_open_cases(std::vector<Case>& to) {
    to.push_back({"expiry", "where late claims are taken, they are until the refund is included",
                  late_claim_is_taken});
    to.push_back({"expiry", "a claim after the refund is refused", refund_is_the_end});
    to.push_back({"refund", "where the payer refunds, nobody else does", only_payer_refunds});
    to.push_back({"reject", "where a reject takes both, neither does it alone", reject_takes_both});
    to.push_back({"finality", "what is told as final was told as seen before", seen_before_final});
}

}  // namespace lockstep::conformance
