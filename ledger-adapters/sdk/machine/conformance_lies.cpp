// Conformance: a ledger, or who stands between, that shows what was never signed; and one that
// takes back what it showed.
#include <algorithm>
#include <memory>

#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

constexpr const char* no_proofs = "the ledger declares no proofs";
constexpr const char* no_frames = "the adapter asks, and is told by no frames that could be forged";

bool mentions(const Bytes& frame, const EscrowId& id) {
    const ByteView octets = id.view();
    return std::search(frame.begin(), frame.end(), octets.begin(), octets.end()) != frame.end();
}

void expect_nothing_invented(Kit& kit, const std::vector<EscrowTerms>& prepared,
                             const std::string& after) {
    for (const auto& [cursor, escrow] : kit.events(Role::payee)) {
        // of a case before this one, whose escrow was left to expire
        if (escrow.state == EscrowState::refunded_expired) continue;
        const bool is_true =
            std::find(prepared.begin(), prepared.end(), escrow.terms) != prepared.end() &&
            escrow.state == EscrowState::prepared;
        kit.expect(is_true, after + ": an event was told that never was");
    }
}

// Alters the first frame that mentions the escrow. True once that was done.
std::shared_ptr<bool> alter_frame_of(Kit& kit, const EscrowTerms& terms,
                                     std::function<bool(Bytes&)> alter) {
    auto altered = std::make_shared<bool>(false);
    kit.ledger().tamper(Role::payee, [id = terms.id, altered, alter = std::move(alter)](Bytes& f) {
        if (!*altered && mentions(f, id)) *altered = alter(f);
    });
    return altered;
}

// The truth, from a ledger that lies no more, to an adapter that was started again.
void expect_truth(Kit& kit, const EscrowTerms& terms) {
    kit.ledger().tamper(Role::payee, nullptr);
    kit.ledger().restart_adapter(Role::payee, true);
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
}

void is_not_believed(Kit& kit, Forged part) {
    if (!kit.info().proofs) kit.leave_out(no_proofs);
    if (!kit.world().streams) kit.leave_out(no_frames);
    std::vector<EscrowTerms> prepared;
    for (const Forgery& forgery : kit.ledger().forgeries()) {
        if (forgery.part != part) continue;
        const EscrowTerms terms = kit.terms(static_cast<int>(prepared.size()));
        prepared.push_back(terms);
        const auto altered = alter_frame_of(kit, terms, forgery.alter);
        kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
        kit.wait_for([&] {
            return kit.mode(Role::payee) == report::Mode::refused ||
                   !kit.told(Role::payee, terms).empty();
        });
        kit.expect(*altered, forgery.what + ": no frame could be altered so");
        kit.expect(kit.told(Role::payee, terms).empty(), forgery.what + ": it was believed");
        kit.expect(kit.mode(Role::payee) == report::Mode::refused,
                   forgery.what + ": the adapter did not say that it was lied to");
        expect_truth(kit, terms);
        expect_nothing_invented(kit, prepared, forgery.what);
    }
    if (prepared.empty()) kit.leave_out("the form of its frames is not known here");
}
void altered_header(Kit& kit) {
    is_not_believed(kit, Forged::header);
}
void altered_certificate(Kit& kit) {
    is_not_believed(kit, Forged::certificate);
}
void altered_state(Kit& kit) {
    is_not_believed(kit, Forged::state);
}
void altered_inclusion(Kit& kit) {
    is_not_believed(kit, Forged::inclusion);
}
void altered_transaction(Kit& kit) {
    is_not_believed(kit, Forged::transaction);
}

// Of any form: where the octet decides nothing, the event is told as it is; else not at all.
void altered_octet(Kit& kit) {
    if (!kit.info().proofs) kit.leave_out(no_proofs);
    if (!kit.world().streams) kit.leave_out(no_frames);
    constexpr std::size_t places = 64;
    std::size_t refusals = 0;
    std::vector<EscrowTerms> prepared;
    for (std::size_t place = 0; place < places; ++place) {
        const EscrowTerms terms = kit.terms(static_cast<int>(place));
        prepared.push_back(terms);
        const auto altered = alter_frame_of(kit, terms, [place](Bytes& frame) {
            frame[place * frame.size() / places] ^= static_cast<std::uint8_t>(1U << place % 8);
            return true;
        });
        kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
        kit.wait_for([&] {
            return kit.mode(Role::payee) == report::Mode::refused ||
                   !kit.told(Role::payee, terms).empty();
        });
        const std::string after =
            "octet " + std::to_string(place) + " of " + std::to_string(places) + " altered";
        kit.expect(*altered, after + ": no frame shows the escrow's id, so none could be altered");
        if (kit.mode(Role::payee) == report::Mode::refused) {
            ++refusals;
            expect_truth(kit, terms);
        } else {
            kit.expect_told(Role::payee, terms, EscrowState::prepared);
        }
        expect_nothing_invented(kit, prepared, after);
    }
    kit.expect(refusals >= places / 2, "only " + std::to_string(refusals) + " of " +
                                           std::to_string(places) + " altered frames were refused");
}

// An escrow that is told and not final, or was before it should have been.
EscrowTerms seen_only(Kit& kit) {
    if (kit.info().profile.rollback == Duration{})
        kit.leave_out("the ledger declares that nothing is rolled back");
    EscrowTerms terms = kit.terms();
    kit.give(Role::payer, kit.prepare_command(terms));
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
    kit.ledger().pass(kit.info().profile.block);  // so that a block has it
    return terms;
}

void told_rolled_back(Kit& kit, const EscrowTerms& terms, bool was_final) {
    kit.expect(!was_final, "it was told as final, though it could be rolled back");
    for (const Role role : {Role::payee, Role::payer}) {
        kit.expect(kit.wait_for([&] { return kit.told_as(role, terms, Certainty::rolled_back); }),
                   "the roll-back was not told");
    }
}

void rolled_back(Kit& kit) {
    const Balance before = kit.balance(Role::payer);
    const EscrowTerms terms = seen_only(kit);
    const bool was_final = kit.told_as(Role::payee, terms, Certainty::final_);
    if (!kit.ledger().roll_back(kit.key(terms)))
        kit.leave_out("no roll-back can be provoked from here");
    told_rolled_back(kit, terms, was_final);
    kit.ledger().pass(kit.info().profile.finality + kit.info().profile.rollback);
    kit.expect(!kit.told_as(Role::payee, terms, Certainty::final_),
               "what was rolled back was told as final");
    kit.expect_found(Role::payer, terms, "");
    kit.expect_back(Role::payer, before);
}

void rolled_back_for_now(Kit& kit) {
    const Balance before = kit.balance(Role::payee);
    const EscrowTerms terms = seen_only(kit);
    const bool was_final = kit.told_as(Role::payee, terms, Certainty::final_);
    if (!kit.ledger().roll_back_for_now(kit.key(terms)))
        kit.leave_out("no roll-back that comes again can be provoked from here");
    told_rolled_back(kit, terms, was_final);
    kit.expect(kit.wait_for([&] { return kit.told_as(Role::payee, terms, Certainty::final_); }),
               "what came again was not told as final");
    // what was told last counts
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
    kit.expect_answer("the prepare answered",
                      kit.answer(Role::payer, kit.prepare_command(terms).id), "done");
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
    kit.expect_told(Role::payer, terms, EscrowState::fulfilled);
    kit.expect_flow(Role::payee, before, {.in = terms.amount},
                    "the payee was not paid exactly once");
}

}  // namespace

void add_lie_cases(std::vector<Case>& to) {
    to.push_back({"rollback", "what is rolled back is told, and never as final", rolled_back});
    to.push_back({"rollback", "what is rolled back and comes again is final in the end",
                  rolled_back_for_now});
    to.push_back({"proofs", "an event under an altered header is not believed", altered_header});
    to.push_back(
        {"proofs", "an event under an altered certificate is not believed", altered_certificate});
    to.push_back(
        {"proofs", "an event under another state than was signed is not believed", altered_state});
    to.push_back({"proofs", "an event with an altered proof of inclusion is not believed",
                  altered_inclusion});
    to.push_back(
        {"proofs", "an event in place of the proved one is not believed", altered_transaction});
    to.push_back(
        {"proofs", "with an octet altered an event is told as it is or not at all", altered_octet});
}

}  // namespace lockstep::conformance
