// Conformance: repeats, lost and late messages, restarts at each step, streams that break.
#include "sdk/crypto/hash.h"
#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

constexpr const char* no_reject = "the ledger declares no reject";
constexpr const char* cannot_restart = "the ledger cannot be restarted from here";

void prepared_once(Kit& kit, const Balance& before, const EscrowTerms& terms) {
    kit.expect_found(Role::payer, terms, "prepared");
    kit.expect_flow(Role::payer, before, {.out = terms.amount},
                    "the amount was not taken exactly once");
}
void paid_once(Kit& kit, const Balance& before, const EscrowTerms& terms) {
    kit.expect_told(Role::payee, terms, EscrowState::fulfilled);
    kit.expect_flow(Role::payee, before, {.in = terms.amount},
                    "the payee was not paid exactly once");
}

void given_back(Kit& kit, const Balance& before, const EscrowTerms& terms) {
    kit.expect_told(Role::payer, terms, EscrowState::refunded_rejected);
    kit.expect_back(Role::payer, before);
}

// Without its memory, where it finds on the ledger what it did.
void restart_forgetful(Kit& kit, Role role) {
    kit.ledger().restart_adapter(role, !kit.world().keeps_commands);
}

// --- repeats ---

void repeated_equal(Kit& kit) {
    const Balance before = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    const Command command = kit.prepare_command(terms);
    const auto again = [&] {
        return Command{command.id, std::get<command::Prepare>(command.body)};
    };
    kit.expect_answer("the prepare answered", kit.run(Role::payer, again()), "done");
    kit.expect_answer("its repeat answered", kit.run(Role::payer, again()), "done");
    restart_forgetful(kit, Role::payer);
    kit.expect_answer("its repeat by an adapter without memory answered",
                      kit.run(Role::payer, again()), "done");
    prepared_once(kit, before, terms);
}

struct Change {
    const char* field;
    EscrowTerms terms;
};
// The terms with one field after the other changed.
std::vector<Change> changes_of(const Kit& kit, const EscrowTerms& terms) {
    std::vector<Change> changes(4, {"", terms});
    changes[0].field = "amount";
    changes[0].terms.amount = kit.portions(2);
    changes[1].field = "payee";
    changes[1].terms.payee = kit.world().account(Role::other);
    changes[2].field = "condition";
    changes[2].terms.condition = condition_of(kit.preimage(9));
    changes[3].field = "expiry";
    changes[3].terms.expiry = kit.expiry_at(terms.expiry + Duration::seconds(1));
    return changes;
}

void repeated_other(Kit& kit) {
    const Balance before = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    const Command command = kit.prepare_command(terms);
    const CommandId id = command.id;
    auto prepare = std::get<command::Prepare>(command.body);
    kit.expect_answer("the prepare answered", kit.run(Role::payer, {id, prepare}), "done");
    for (const Change& change : changes_of(kit, terms)) {
        const std::string other = std::string("the id with another ") + change.field;
        prepare.terms = change.terms;
        kit.expect_answer(other + " answered", kit.run(Role::payer, {id, prepare}), "id_reused");
        restart_forgetful(kit, Role::payer);
        kit.expect_answer(other + " past an adapter without memory answered",
                          kit.run(Role::payer, {id, prepare}), "id_reused");
    }
    prepared_once(kit, before, terms);
}

void claim_repeated_other(Kit& kit) {
    const EscrowTerms first = kit.terms(0);
    const EscrowTerms second = kit.terms(1);
    kit.expect_answer("the first prepare answered", kit.prepare(first), "done");
    kit.expect_answer("the second prepare answered", kit.prepare(second), "done");
    const Command claim = kit.fulfil_command(first);
    const CommandId id = claim.id;
    kit.expect_answer("the claim answered", kit.fulfil(first), "done");
    const auto other = [&] { return Command{id, kit.fulfil_command(second, 1).body}; };
    kit.expect_answer("its id with another escrow answered", kit.run(Role::payee, other()),
                      "id_reused");
    restart_forgetful(kit, Role::payee);
    kit.expect_answer("the same past an adapter without memory answered",
                      kit.run(Role::payee, other()), "id_reused");
    kit.expect_answer("the second escrow is", kit.found(Role::payee, second), "prepared");
}

void escrow_id_used_again(Kit& kit) {
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    for (const Change& change : changes_of(kit, terms)) {
        const std::string other = std::string("another ") + change.field;
        Command command{kit.command_id(other),
                        command::Prepare{change.terms, kit.now() + kit.patience()}};
        kit.expect_answer("an escrow under its id with " + other + " answered",
                          kit.run(Role::payer, std::move(command)), "id_reused");
    }
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
}

void command_id_of_another(Kit& kit) {
    const EscrowTerms mine = kit.terms(0);
    EscrowTerms theirs = kit.terms(1);
    theirs.payer = kit.world().account(Role::other);
    const CommandId id = kit.command_id("prepare of two");
    const Timestamp not_after = kit.now() + kit.patience();
    kit.expect_answer("the payer's prepare answered",
                      kit.run(Role::payer, {id, command::Prepare{mine, not_after}}), "done");
    kit.expect_answer("the other's prepare under the same command id answered",
                      kit.run(Role::other, {id, command::Prepare{theirs, not_after}}), "done");
    kit.expect_answer("the other's escrow is", kit.found(Role::other, theirs), "prepared");
}

void refusal_is_kept(Kit& kit) {
    const Balance before = kit.balance(Role::payer);
    EscrowTerms terms = kit.terms();
    terms.amount = Amount{before.free.units() + kit.world().lot.units()};
    const command::Prepare prepare{terms, kit.now() + Duration::seconds(30)};
    const CommandId id = kit.command_id("too much");
    kit.expect_answer("the prepare answered", kit.run(Role::payer, {id, prepare}),
                      "insufficient_funds");
    EscrowTerms gift = kit.terms(1);
    gift.payer = kit.world().account(Role::other);
    gift.payee = kit.world().account(Role::payer);
    kit.expect_answer("the gift's prepare answered", kit.prepare(gift, Role::other), "done");
    kit.expect_answer("the gift's fulfil answered", kit.fulfil(gift, Role::payer, 1), "done");
    restart_forgetful(kit, Role::payer);
    kit.expect_answer("its repeat answered", kit.run(Role::payer, {id, prepare}),
                      "insufficient_funds");
}

void fulfil_repeated_after_expiry(Kit& kit) {
    EscrowTerms terms = kit.terms();
    const TimingProfile& profile = kit.info().profile;
    // an open ledger's commands are done when they are final
    terms.expiry = kit.expiry_at(kit.now() + (profile.inclusion + profile.finality) * (kit.is_open() ? 2 : 1) +
                                 Duration::seconds(1));
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
    kit.wait_until(terms.expiry + profile.late + Duration::milliseconds(100));
    restart_forgetful(kit, Role::payee);
    kit.expect_answer("its repeat after the expiry answered",
                      kit.run(Role::payee, kit.fulfil_command(terms)), "done");
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
    prepared_once(kit, before, terms);
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
        prepared_once(kit, before, terms);
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
                kit.ledger().restart_adapter(role, with_memory);
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
    restart_forgetful(kit, Role::payee);
    kit.expect_answer("its repeat answered", kit.run(Role::payee, kit.fulfil_command(terms)),
                      "done");
    paid_once(kit, before, terms);
}

void ledger_restarts_before_expiry(Kit& kit) {
    EscrowTerms terms = kit.terms();
    const TimingProfile& profile = kit.info().profile;
    terms.expiry = kit.expiry_at(kit.now() + profile.inclusion + profile.finality +
                                 Duration::seconds(1));
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

// --- streams ---

void in_order(Kit& kit, Role role) {
    std::uint64_t last = 0;
    for (const auto& [cursor, escrow] : kit.events(role)) {
        kit.expect(cursor >= last, "the stream went back from " + std::to_string(last) + " to " +
                                       std::to_string(cursor));
        last = cursor;
    }
}

void stream_resumes(Kit& kit) {
    for (int which = 0; which < 4; ++which) {
        // what asks for its events has to find them all too
        if (which == 1) kit.ledger().break_stream(Role::payee);
        if (which == 2) kit.ledger().restart_adapter(Role::payee, true);
        if (which == 3) {
            kit.ledger().break_stream(Role::payee);
            kit.ledger().restart_adapter(Role::payee, true);
        }
        const EscrowTerms terms = kit.terms(which);
        kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
        kit.expect_answer("the fulfil answered", kit.fulfil(terms, Role::payee, which), "done");
    }
    for (int which = 0; which < 4; ++which) {
        const EscrowTerms terms = kit.terms(which);
        kit.wait_for([&] { return kit.told(Role::payee, terms) == "fulfilled"; });
        int seen = 0;
        for (const auto& [cursor, escrow] : kit.events(Role::payee))
            if (escrow.terms.id == terms.id) ++seen;
        kit.expect(seen >= 2, "the stream told " + std::to_string(seen) +
                                  " of two changes of an escrow over a break");
    }
    in_order(kit, Role::payee);
}

void stream_from_the_start(Kit& kit) {
    if (!kit.world().keeps_escrows) kit.leave_out("its adapter alone knows what an escrow was for");
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
    kit.expect_told(Role::payee, terms, EscrowState::fulfilled);
    kit.events(Role::payee).clear();
    kit.ledger().restart_adapter(Role::payee, false);
    kit.expect_told(Role::payee, terms, EscrowState::fulfilled);
    bool saw_prepared = false;
    for (const auto& [cursor, escrow] : kit.events(Role::payee)) {
        saw_prepared =
            saw_prepared || (escrow.terms.id == terms.id && escrow.state == EscrowState::prepared);
    }
    kit.expect(saw_prepared, "the past of a closed escrow was not told");
    in_order(kit, Role::payee);
    kit.wait_for([&] { return kit.mode(Role::payee) == report::Mode::live; });
    kit.expect(kit.mode(Role::payee) == report::Mode::live, "the stream did not become live again");
}

void many_at_once(Kit& kit) {
    const auto count = static_cast<unsigned>(kit.world().many);
    const Balance before = kit.balance(Role::payee);
    const auto all = [&](Role role, const auto& make) {
        std::vector<CommandId> ids;
        for (int which = 0; which < static_cast<int>(count); ++which) {
            Command command = make(which);
            ids.push_back(command.id);
            kit.give(role, std::move(command));
        }
        for (const CommandId& id : ids)
            kit.expect_answer("one of many answered", kit.answer(role, id), "done");
    };
    std::vector<EscrowTerms> terms;
    for (int which = 0; which < static_cast<int>(count); ++which)
        terms.push_back(kit.terms(which));
    const auto terms_of = [&](int which) { return terms[static_cast<std::size_t>(which)]; };
    all(Role::payer, [&](int which) { return kit.prepare_command(terms_of(which)); });
    all(Role::payee, [&](int which) { return kit.fulfil_command(terms_of(which), which); });
    for (const EscrowTerms& one : terms)
        kit.expect_told(Role::payee, one, EscrowState::fulfilled);
    in_order(kit, Role::payee);
    kit.expect_flow(Role::payee, before,
                    {.in = kit.portions(kit.world().many), .commands = count},
                    "many at once were not paid exactly");
}

// --- what is declared of time ---

void told_in_time(Kit& kit) {
    const TimingProfile& profile = kit.info().profile;
    const EscrowTerms terms = kit.terms();
    const Timestamp begun = kit.now();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect(kit.wait_for([&] { return kit.told_as(Role::payee, terms, Certainty::final_); }),
               "it was not told as final");
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
    const Duration took = kit.now() - begun;
    kit.expect(took <= profile.inclusion + profile.finality,
               "it took " + std::to_string(took.us()) + " us until it was told as final");
    kit.expect(profile.rollback > Duration{} || !kit.told_as(Role::payee, terms, Certainty::seen),
               "it was told as seen, though nothing is rolled back here");
}

void clock_in_bounds(Kit& kit) {
    const TimingProfile& profile = kit.info().profile;
    const EscrowTerms terms = kit.terms();
    const Timestamp begun = kit.now();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
    for (const auto& [cursor, escrow] : kit.events(Role::payee)) {
        if (escrow.terms.id != terms.id) continue;
        kit.expect(escrow.ledger_time + profile.late >= begun,
                   "the ledger's time lags more than declared");
        kit.expect(escrow.ledger_time <= kit.now() + profile.early,
                   "the ledger's time leads more than declared");
    }
}

}  // namespace

void add_fault_cases(std::vector<Case>& to) {
    to.push_back({"repeat", "a command repeated with equal fields does one thing", repeated_equal});
    to.push_back({"repeat", "a command id with other fields is refused", repeated_other});
    to.push_back({"repeat", "a claim's id with another escrow is refused", claim_repeated_other});
    to.push_back({"repeat", "an escrow id is used once by its payer", escrow_id_used_again});
    to.push_back({"repeat", "a command id that somebody else used is free", command_id_of_another});
    to.push_back({"repeat", "a refusal stays, even if it could succeed later", refusal_is_kept});
    to.push_back({"repeat", "a fulfil repeated after the expiry gets its first answer",
                  fulfil_repeated_after_expiry});
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
    to.push_back({"stream", "a stream resumes without a gap", stream_resumes});
    to.push_back({"stream", "a reader without memory is told the past, closed escrows included",
                  stream_from_the_start});
    to.push_back({"finality", "a prepare is told as final within the profile", told_in_time});
    to.push_back({"clock", "the ledger's time is as near as declared", clock_in_bounds});
    to.push_back({"stream", "many commands at once are all done", many_at_once});
}

}  // namespace lockstep::conformance
