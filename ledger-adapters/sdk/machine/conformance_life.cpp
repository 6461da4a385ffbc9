// Conformance: the life of an escrow, and who may end it when.
#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

void is_paid(Kit& kit) {
    const Balance payer = kit.balance(Role::payer);
    const Balance payee = kit.balance(Role::payee);
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_told(Role::payer, terms, EscrowState::prepared);
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
    kit.expect_found(Role::payee, terms, "prepared");
    kit.expect_flow(Role::payer, payer, {.out = terms.amount},
                    "the amount did not leave what the payer can spend");
    const Balance locked = kit.balance(Role::payer);
    kit.expect(locked.escrowed.units() == payer.escrowed.units() + terms.amount.units(),
               "the amount is not what the payer has in escrow");
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
    kit.expect_told(Role::payer, terms, EscrowState::fulfilled);
    kit.expect_told(Role::payee, terms, EscrowState::fulfilled);
    kit.expect_found(Role::payer, terms, "fulfilled");
    kit.expect_flow(Role::payee, payee, {.in = terms.amount},
                    "the payee did not get exactly the amount");
    kit.expect(kit.balance(Role::payer).escrowed == payer.escrowed,
               "the payer's escrow was not taken out of the books");
}

void is_rejected(Kit& kit) {
    if (kit.info().reject == RejectRule::no) kit.leave_out("the ledger declares no reject");
    const Balance payer = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_answer("the reject answered", kit.reject(terms), "done");
    kit.expect_told(Role::payer, terms, EscrowState::refunded_rejected);
    // until then an open ledger may take a claim in its place
    const auto is_final = [&] {
        return kit.told_as(Role::payee, terms, Certainty::final_, EscrowState::refunded_rejected);
    };
    kit.expect(kit.wait_for(is_final), "it was not told as final");
    kit.expect_answer("a claim afterwards answered", kit.fulfil(terms), "already_refunded");
    kit.expect_back(Role::payer, payer);
}

void only_payee_rejects(Kit& kit) {
    if (kit.info().reject == RejectRule::no) kit.leave_out("the ledger declares no reject");
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    for (const Role role : {Role::payer, Role::other}) {
        kit.expect(kit.reject(terms, role) != "done", "someone else than the payee rejected");
        kit.expect_answer("the query found", kit.found(Role::payee, terms), "prepared");
    }
    kit.expect_answer("the payee's fulfil answered", kit.fulfil(terms), "done");
}

void tombstone_holds(Kit& kit) {
    if (kit.info().reject != RejectRule::yes) kit.leave_out("the ledger declares no plain reject");
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the reject answered", kit.reject(terms), "done");
    kit.expect_answer("the prepare afterwards answered", kit.prepare(terms), "tombstoned");
    kit.expect_answer("the query found", kit.found(Role::payer, terms), "");
}

void expires_by_itself(Kit& kit) {
    const RefundRule rule = kit.info().refund;
    if (rule == RefundRule::by_anyone) kit.leave_out("the ledger declares no automatic refund");
    const Balance payer = kit.balance(Role::payer);
    const EscrowTerms terms = kit.brief_terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    if (rule == RefundRule::automatic) {
        kit.wait_until(terms.expiry);
    } else {
        // T + late + D, and until the next block; the adapter needs no command for it
        const TimingProfile& profile = kit.info().profile;
        const Timestamp latest =
            terms.expiry + profile.late + profile.inclusion + profile.block + kit.world().glance;
        kit.wait_until_true(terms.expiry - kit.world().tick);
        while (kit.now() < latest && kit.told(Role::payer, terms) != "refunded_expired")
            kit.ledger().pass(kit.world().glance);
        kit.expect_answer("the payer's adapter told in time", kit.told(Role::payer, terms),
                          "refunded_expired");
    }
    kit.expect_told(Role::payer, terms, EscrowState::refunded_expired);
    kit.expect_told(Role::payee, terms, EscrowState::refunded_expired);
    for (const auto& [cursor, escrow] : kit.events(Role::payee)) {
        if (escrow.terms != terms || escrow.state != EscrowState::refunded_expired) continue;
        kit.expect(escrow.ledger_time >= terms.expiry, "it was given back before its expiry");
    }
    kit.expect_back(Role::payer, payer);
}

// At -1, 0 and +1 where time can be held still, else well before and well after.
void claim_around_expiry(Kit& kit, int ticks_from_expiry) {
    const EscrowTerms terms = kit.brief_terms();
    const bool is_before = ticks_from_expiry < 0;
    if (!is_before && kit.is_open()) kit.leave_out("the ledger is open: a late claim may succeed");
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    if (kit.world().exact) {
        kit.wait_until(terms.expiry + kit.world().tick * ticks_from_expiry);
    } else if (!is_before) {
        kit.wait_until(terms.expiry + kit.clock_margin());
    }
    const std::string seen = kit.fulfil(terms);
    if (is_before) {
        kit.expect_answer("the claim answered", seen, "done");
        kit.expect_told(Role::payer, terms, EscrowState::fulfilled);
    } else {
        kit.expect(is_refusal_after_expiry(seen), "the claim answered " + seen);
        kit.expect_told(Role::payer, terms, EscrowState::refunded_expired);
    }
}
void claim_just_before(Kit& kit) {
    claim_around_expiry(kit, -1);
}
void claim_at_expiry(Kit& kit) {
    if (!kit.world().exact && !kit.is_open()) kit.leave_out("time cannot be held still here");
    claim_around_expiry(kit, 0);
}
void claim_just_after(Kit& kit) {
    claim_around_expiry(kit, 1);
}

void refund_before_expiry(Kit& kit) {
    EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    for (const Role role : {Role::payer, Role::payee, Role::other}) {
        Command command{kit.command_id("refund by " + std::to_string(static_cast<int>(role))),
                        command::Refund{kit.key(terms)}};
        const std::string seen = kit.run(role, std::move(command));
        if (role != Role::payer && kit.info().refund == RefundRule::by_payer) {
            kit.expect(seen != "done" && !seen.empty(), "someone else than the payer refunded");
        } else {
            kit.expect_answer("a refund before the expiry answered", seen, "escrow_not_expired");
        }
    }
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
}

// At -1 and 0 where time can be held still, else well after; well before is the case above.
void refund_at_expiry(Kit& kit) {
    const Balance payer = kit.balance(Role::payer);
    const EscrowTerms terms = kit.brief_terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    if (kit.world().exact) {
        kit.wait_until(terms.expiry - kit.world().tick);
        Command early{kit.command_id("early"), command::Refund{kit.key(terms)}};
        kit.expect_answer("a refund just before the expiry answered",
                          kit.run(Role::payer, std::move(early)), "escrow_not_expired");
        kit.expect_answer("the query found", kit.found(Role::payer, terms), "prepared");
        kit.expect(kit.ledger_now() < terms.expiry, "time went on meanwhile");
        kit.wait_until(terms.expiry);
    } else {
        kit.wait_until(terms.expiry + kit.clock_margin());
    }
    kit.expect_answer("a refund from the expiry on answered", kit.refund(terms), "done");
    kit.expect_told(Role::payee, terms, EscrowState::refunded_expired);
    kit.expect_back(Role::payer, payer);
}

void claim_against_refund(Kit& kit) {
    const Balance payer = kit.balance(Role::payer);
    const Balance payee = kit.balance(Role::payee);
    const EscrowTerms terms = kit.brief_terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.wait_until(kit.world().exact ? terms.expiry : terms.expiry - Duration::milliseconds(5));
    Command refund{kit.command_id("refund"), command::Refund{kit.key(terms)}};
    const CommandId refund_id = refund.id;
    kit.give(Role::payer, std::move(refund));
    Command claim = kit.fulfil_command(terms);
    const CommandId claim_id = claim.id;
    kit.give(Role::payee, std::move(claim));
    const std::string claimed = kit.answer(Role::payee, claim_id);
    const std::string refunded = kit.answer(Role::payer, refund_id);
    kit.wait_until(terms.expiry + kit.clock_margin());
    bool is_claimed = claimed == "done";
    if (kit.is_open()) {
        // both were under way, and the ledger has decided
        const auto ended_as = [&](EscrowState state) {
            return kit.told_as(Role::payer, terms, Certainty::final_, state) &&
                   kit.told_as(Role::payee, terms, Certainty::final_, state);
        };
        const auto is_refunded = [&] { return ended_as(EscrowState::refunded_expired); };
        kit.wait_for([&] { return ended_as(EscrowState::fulfilled) || is_refunded(); });
        is_claimed = ended_as(EscrowState::fulfilled);
        kit.expect(is_claimed != is_refunded(), "both or neither of them was told as final");
        kit.expect((is_claimed ? claimed : refunded) == "done", "what was done was refused");
    } else if (is_claimed) {
        kit.expect(!kit.world().exact, "a claim at the expiry was taken");
        kit.expect(refunded != "done", "claim and refund were both done");
    }
    if (is_claimed) {
        kit.expect_told(Role::payer, terms, EscrowState::fulfilled);
        kit.expect_flow(Role::payee, payee, {.in = terms.amount},
                        "what was claimed was not paid exactly");
        kit.expect_flow(Role::payer, payer, {.out = terms.amount, .commands = 2},
                        "the payer did not pay exactly");
    } else {
        kit.expect(kit.is_open() || is_refusal_after_expiry(claimed),
                   "the claim answered " + claimed);
        kit.expect_told(Role::payee, terms, EscrowState::refunded_expired);
        kit.expect_flow(Role::payee, payee, {.commands = 0}, "a claim in vain was paid");
        kit.expect_back(Role::payer, payer);
    }
}

void claimed_by_another(Kit& kit) {
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    for (const Role role : {Role::other, Role::payer}) {
        const std::string seen = kit.fulfil(terms, role);
        if (!kit.world().keeps_commands && role == Role::other) {
            // who has no part in it cannot tell it from one that is not there
            kit.expect_one_of("a claim by someone else answered", seen,
                              {"not_payee", "unknown_escrow"});
        } else {
            kit.expect_answer("a claim by someone else answered", seen, "not_payee");
        }
        kit.expect_answer("the query found", kit.found(Role::payee, terms), "prepared");
    }
    kit.expect_answer("the payee's fulfil answered", kit.fulfil(terms), "done");
}

void claimed_twice(Kit& kit) {
    const Balance payee = kit.balance(Role::payee);
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.give(Role::payee, kit.fulfil_command(terms, 0, "first"));
    kit.give(Role::payee, kit.fulfil_command(terms, 0, "second"));
    const CommandId first = kit.fulfil_command(terms, 0, "first").id;
    const CommandId second = kit.fulfil_command(terms, 0, "second").id;
    kit.expect_answer("the first claim answered", kit.answer(Role::payee, first), "done");
    kit.expect_answer("the second claim answered", kit.answer(Role::payee, second), "done");
    kit.expect_flow(Role::payee, payee, {.in = terms.amount, .commands = 2},
                    "two claims did not pay exactly once");
}

void keyed_by_payer(Kit& kit) {
    const EscrowTerms mine = kit.terms(0);
    EscrowTerms theirs = kit.terms(1);
    theirs.id = mine.id;
    theirs.payer = kit.world().account(Role::other);
    theirs.condition = mine.condition;
    kit.expect_answer("the payer's prepare answered", kit.prepare(mine), "done");
    kit.expect_answer("the other's prepare answered", kit.prepare(theirs, Role::other), "done");
    kit.expect_answer("the fulfil answered", kit.fulfil(mine), "done");
    kit.expect_told(Role::payee, mine, EscrowState::fulfilled);
    kit.expect_answer("the other's escrow is", kit.found(Role::other, theirs), "prepared");
    kit.expect_answer("the other's fulfil answered", kit.fulfil(theirs), "done");
}

void spends_own_only(Kit& kit) {
    const EscrowTerms terms = kit.terms();
    const std::string seen = kit.prepare(terms, Role::other);
    kit.expect(seen == "not_permitted", "a prepare from someone else's account answered " + seen);
}

}  // namespace

void add_life_cases(std::vector<Case>& to) {
    to.push_back({"life", "an escrow is prepared, fulfilled and paid", is_paid});
    to.push_back({"life", "two payers may use one id, and have two escrows", keyed_by_payer});
    to.push_back({"life", "nobody prepares from an account that is not theirs", spends_own_only});
    to.push_back({"life", "a claim by someone else than the payee is refused", claimed_by_another});
    to.push_back({"life", "two claims of one escrow pay once", claimed_twice});
    to.push_back({"reject", "the payee gives an escrow back early", is_rejected});
    to.push_back({"reject", "nobody else gives it back early", only_payee_rejects});
    to.push_back({"reject", "a reject keeps an escrow from being prepared later", tombstone_holds});
    to.push_back({"expiry", "a claim just before the expiry is taken", claim_just_before});
    to.push_back({"expiry", "a claim at the expiry is refused", claim_at_expiry});
    to.push_back({"expiry", "a claim just after the expiry is refused", claim_just_after});
    to.push_back({"refund", "an expired escrow goes back by itself", expires_by_itself});
    to.push_back({"refund", "a refund before the expiry is refused", refund_before_expiry});
    to.push_back({"refund", "a refund from the expiry on is done", refund_at_expiry});
    to.push_back(
        {"refund", "of a claim and a refund at the expiry one is done", claim_against_refund});
}

}  // namespace lockstep::conformance
