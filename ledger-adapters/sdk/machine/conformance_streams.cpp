// Conformance: streams that break, and what is declared of time.
#include "sdk/crypto/hash.h"
#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

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
    for (const EscrowTerms& one : terms)
        kit.wait_for_payee(one);
    all(Role::payee, [&](int which) { return kit.fulfil_command(terms_of(which), which); });
    for (const EscrowTerms& one : terms)
        kit.expect_told(Role::payee, one, EscrowState::fulfilled);
    in_order(kit, Role::payee);
    kit.expect_flow(Role::payee, before, {.in = kit.portions(kit.world().many), .commands = count},
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

void add_stream_cases(std::vector<Case>& to) {
    to.push_back({"stream", "a stream resumes without a gap", stream_resumes});
    to.push_back({"stream", "a reader without memory is told the past, closed escrows included",
                  stream_from_the_start});
    to.push_back({"finality", "a prepare is told as final within the profile", told_in_time});
    to.push_back({"clock", "the ledger's time is as near as declared", clock_in_bounds});
    to.push_back({"stream", "many commands at once are all done", many_at_once});
}

}  // namespace lockstep::conformance
