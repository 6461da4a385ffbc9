// Conformance: lost and late messages, restarts at each step.
#include "sdk/crypto/hash.h"
#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

constexpr const char* no_reject = "the ledger declares no reject";
constexpr const char* cannot_restart = "the ledger cannot be restarted from here";

void paid_once(Kit& kit, const Balance& before, const EscrowTerms& terms) {
    kit.expect_told(Role::payee, terms, EscrowState::fulfilled);
    kit.expect_flow(Role::payee, before, {.in = terms.amount},
                    "the payee was not paid exactly once");
}

void given_back(Kit& kit, const Balance& before, const EscrowTerms& terms) {
    kit.expect_told(Role::payer, terms, EscrowState::refunded_rejected);
    kit.expect_back(Role::payer, before);
}

// --- lost and late ---

void lost_prepare(Kit& kit, Mishap mishap) {
    const Balance before = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    Command command = kit.prepare_command(terms);
    const CommandId id = command.id;
    kit.ledger().next_instruction(Role::payer, mishap);
    kit.give(Role::payer, std::move(command));
    kit.expect_answer("the prepare answered at last", kit.answer(Role::payer, id), "done");
    kit.expect_prepared_once(before, terms);
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
}
void prepare_request_lost(Kit& kit) {
    lost_prepare(kit, Mishap::lose_request);
}
void prepare_answer_lost(Kit& kit) {
    lost_prepare(kit, Mishap::lose_answer);
}

void lost_fulfil(Kit& kit, Mishap mishap) {
    const Balance before = kit.balance(Role::payee);
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.ledger().next_instruction(Role::payee, mishap);
    kit.expect_answer("the fulfil answered at last", kit.fulfil(terms), "done");
    paid_once(kit, before, terms);
}
void fulfil_request_lost(Kit& kit) {
    lost_fulfil(kit, Mishap::lose_request);
}
void fulfil_answer_lost(Kit& kit) {
    lost_fulfil(kit, Mishap::lose_answer);
}

void lost_reject(Kit& kit, Mishap mishap) {
    if (kit.info().reject == RejectRule::no) kit.leave_out(no_reject);
    const Balance before = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.ledger().next_instruction(Role::payee, mishap);
    kit.expect_answer("the reject answered at last", kit.reject(terms), "done");
    given_back(kit, before, terms);
}
void reject_request_lost(Kit& kit) {
    lost_reject(kit, Mishap::lose_request);
}
void reject_answer_lost(Kit& kit) {
    lost_reject(kit, Mishap::lose_answer);
}

// Where the ledger knows no not_after, what lands late may be taken: then it was not refused.
void lands_late(Kit& kit) {
    const Balance before = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    const Timestamp not_after = kit.now() + Duration::milliseconds(500);
    const CommandId id = kit.command_id("late");
    kit.ledger().next_instruction(Role::payer, Mishap::hold_request);
    if (kit.is_open()) kit.ledger().hold_instructions(Role::payer);
    kit.give(Role::payer, {id, command::Prepare{terms, not_after}});
    const auto not_refused = [&] {
        const std::string seen = kit.answer_now(Role::payer, id);
        return seen.empty() || seen == "unknown";
    };
    kit.wait_until_true(not_after);
    kit.expect(not_refused(), "it was called refused before the ledger could no longer take it");
    if (kit.is_open()) {
        kit.ledger().pass(kit.patience());
        kit.ledger().release(Role::payer);
        const std::string seen = kit.answer(Role::payer, id);
        kit.expect_one_of("the prepare answered at last", seen, {"done", "not_after_passed"});
        kit.ledger().pass(kit.patience());
        kit.expect_answer("the answer now is", kit.answer_now(Role::payer, id), seen);
        kit.expect_found(Role::payer, terms, seen == "done" ? "prepared" : "");
        if (seen == "done") {
            kit.expect_told(Role::payee, terms, EscrowState::prepared);
            kit.expect_flow(Role::payer, before, {.out = terms.amount},
                            "the amount was not taken exactly once");
        } else {
            kit.expect(kit.told(Role::payee, terms).empty(), "what was refused was told");
            kit.expect_back(Role::payer, before);
        }
        return;
    }
    kit.expect_answer("the prepare answered at last", kit.answer(Role::payer, id),
                      "not_after_passed");
    kit.ledger().release(Role::payer);
    kit.ledger().pass(Duration::milliseconds(500));
    kit.expect_answer("the query found", kit.found(Role::payer, terms), "");
    kit.expect(kit.balance(Role::payer) == before, "what landed late changed the balance");
    kit.expect_answer("the answer now is", kit.answer_now(Role::payer, id), "not_after_passed");
}

void lands_twice(Kit& kit) {
    const Balance before = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    Command command = kit.prepare_command(terms);
    const CommandId id = command.id;
    kit.ledger().next_instruction(Role::payer, Mishap::hold_request);
    kit.give(Role::payer, std::move(command));
    kit.expect_answer("the prepare answered at last", kit.answer(Role::payer, id), "done");
    kit.wait_for_payee(terms);
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
    kit.ledger().release(Role::payer);
    kit.ledger().pass(Duration::milliseconds(500));
    if (kit.is_open()) kit.ledger().pass(kit.patience());
    kit.expect_found(Role::payer, terms, "fulfilled");
    kit.expect_flow(Role::payer, before, {.out = terms.amount}, "a second copy was taken too");
}

// --- restarts ---

void adapter_restarts_in_prepare(Kit& kit) {
    int which = 0;
    for (const Mishap mishap : {Mishap::hold_request, Mishap::lose_request, Mishap::lose_answer}) {
        const Balance before = kit.balance(Role::payer);
        const EscrowTerms terms = kit.terms(which++);
        Command command = kit.prepare_command(terms);
        const CommandId id = command.id;
        kit.ledger().next_instruction(Role::payer, mishap);
        kit.give(Role::payer, std::move(command));
        kit.ledger().restart_adapter(Role::payer, true);
        kit.expect_answer("after a restart the prepare answered", kit.answer(Role::payer, id),
                          "done");
        kit.ledger().release(Role::payer);
        kit.expect_prepared_once(before, terms);
    }
}

void adapter_restarts_in_fulfil(Kit& kit) {
    int which = 0;
    for (const Mishap mishap : {Mishap::hold_request, Mishap::lose_request, Mishap::lose_answer}) {
        const Balance before = kit.balance(Role::payee);
        const EscrowTerms terms = kit.terms(which);
        kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
        Command command = kit.fulfil_command(terms, which++);
        const CommandId id = command.id;
        kit.ledger().next_instruction(Role::payee, mishap);
        kit.give(Role::payee, std::move(command));
        kit.ledger().restart_adapter(Role::payee, true);
        kit.expect_answer("after a restart the fulfil answered", kit.answer(Role::payee, id),
                          "done");
        kit.ledger().release(Role::payee);
        paid_once(kit, before, terms);
    }
}

void adapter_restarts_in_reject(Kit& kit) {
    if (kit.info().reject == RejectRule::no) kit.leave_out(no_reject);
    int which = 0;
    for (const Mishap mishap : {Mishap::hold_request, Mishap::lose_request, Mishap::lose_answer}) {
        const Balance before = kit.balance(Role::payer);
        const EscrowTerms terms = kit.terms(which++);
        kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
        Command command{kit.command_id("reject " + terms.id.hex()),
                        command::Reject{kit.key(terms), terms.payee}};
        const CommandId id = command.id;
        kit.ledger().next_instruction(Role::payee, mishap);
        kit.give(Role::payee, std::move(command));
        kit.ledger().restart_adapter(Role::payee, true);
        kit.expect_answer("after a restart the reject answered", kit.answer(Role::payee, id),
                          "done");
        kit.ledger().release(Role::payee);
        given_back(kit, before, terms);
    }
}

void adapters_restart_between_steps(Kit& kit) {
    int which = 0;
    for (const bool with_memory : {true, false}) {
        if (!with_memory && !kit.world().keeps_escrows) continue;
        const auto restart = [&] {
            for (const Role role : {Role::payer, Role::payee}) {
                // what is told again must be told again
                if (!with_memory) kit.events(role).clear();
                if (with_memory) {
                    kit.ledger().restart_adapter(role, true);
                } else {
                    kit.restart_without_memory(role);
                }
            }
        };
        const Balance before = kit.balance(Role::payee);
        const EscrowTerms terms = kit.terms(which);
        restart();
        kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
        restart();
        kit.expect_told(Role::payee, terms, EscrowState::prepared);
        kit.expect_answer("the query found", kit.found(Role::payer, terms), "prepared");
        restart();
        kit.expect_answer("the fulfil answered", kit.fulfil(terms, Role::payee, which++), "done");
        restart();
        kit.expect_told(Role::payer, terms, EscrowState::fulfilled);
        paid_once(kit, before, terms);
    }
}

void ledger_restarts(Kit& kit) {
    const Balance before = kit.balance(Role::payee);
    const EscrowTerms terms = kit.terms();
    if (!kit.ledger().restart_ledger()) kit.leave_out(cannot_restart);
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.ledger().restart_ledger();
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
    kit.ledger().restart_ledger();
    kit.restart_forgetful(Role::payee);
    kit.expect_answer("its repeat answered", kit.run(Role::payee, kit.fulfil_command(terms)),
                      "done");
    paid_once(kit, before, terms);
}

void ledger_restarts_before_expiry(Kit& kit) {
    EscrowTerms terms = kit.terms();
    const TimingProfile& profile = kit.info().profile;
    terms.expiry =
        kit.expiry_at(kit.now() + profile.inclusion + profile.finality + Duration::seconds(1));
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    if (!kit.ledger().restart_ledger()) kit.leave_out(cannot_restart);
    kit.wait_until(terms.expiry);
    kit.expect_told(Role::payer, terms, EscrowState::refunded_expired);
    kit.expect_told(Role::payee, terms, EscrowState::refunded_expired);
}

void ledger_restarts_over_a_command(Kit& kit) {
    const EscrowTerms terms = kit.terms();
    Command command = kit.prepare_command(terms);
    const CommandId id = command.id;
    kit.ledger().next_instruction(Role::payer, Mishap::lose_answer);
    kit.give(Role::payer, std::move(command));
    if (!kit.ledger().restart_ledger()) kit.leave_out(cannot_restart);
    kit.expect_answer("the prepare answered", kit.answer(Role::payer, id), "done");
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
}

}  // namespace

void add_fault_cases(std::vector<Case>& to) {
    to.push_back(
        {"loss", "a prepare whose request is lost is done in the end", prepare_request_lost});
    to.push_back({"loss", "a prepare whose answer is lost is done once", prepare_answer_lost});
    to.push_back(
        {"loss", "a fulfil whose request is lost is done in the end", fulfil_request_lost});
    to.push_back({"loss", "a fulfil whose answer is lost is done once", fulfil_answer_lost});
    to.push_back(
        {"loss", "a reject whose request is lost is done in the end", reject_request_lost});
    to.push_back({"loss", "a reject whose answer is lost is done once", reject_answer_lost});
    to.push_back(
        {"inclusion", "a prepare that lands after its not_after is proved absent", lands_late});
    to.push_back({"loss", "a copy that lands late changes nothing", lands_twice});
    to.push_back({"restart", "an adapter that dies with a prepare under way finds its answer",
                  adapter_restarts_in_prepare});
    to.push_back({"restart", "an adapter that dies with a fulfil under way finds its answer",
                  adapter_restarts_in_fulfil});
    to.push_back({"restart", "an adapter that dies with a reject under way finds its answer",
                  adapter_restarts_in_reject});
    to.push_back({"restart", "adapters that die between the steps of an escrow go on with it",
                  adapters_restart_between_steps});
    to.push_back({"restart", "a ledger that dies keeps escrows and answers", ledger_restarts});
    to.push_back({"restart", "an escrow expires though the ledger died before",
                  ledger_restarts_before_expiry});
    to.push_back({"restart", "a ledger that dies before its answer arrives gives it later",
                  ledger_restarts_over_a_command});
}

}  // namespace lockstep::conformance
