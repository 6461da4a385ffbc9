#include "connector/core/operating.h"

#include "connector/core/forwarding.h"

namespace lockstep::core {

void on_stall(Effects& fx, const Address& ledger) {
    // Also one that left the configuration: it comes back as it left.
    LedgerState& stalled = fx.state().ledgers[ledger];
    if (!stalled.paused_since) stalled.paused_since = fx.at();
    fx.alarm("adapter_stalled",
             "the adapter of " + ledger.text() +
                 " ran for too long in one step and the process was ended; what is open on the "
                 "ledger goes on, new business there waits: find out why the adapter stalled, "
                 "then run `lockstep ledgers resume " +
                 ledger.text() + "`");
}

Result<void> check_resume(const State& state, const input::ResumeLedger& wanted) {
    if (state.ledger_config(wanted.ledger) == nullptr && !state.paused(wanted.ledger))
        return refuse(Reason::not_found);
    return {};
}

void resume_ledger(Effects& fx, const Address& ledger) {
    const auto found = fx.state().ledgers.find(ledger);
    if (found == fx.state().ledgers.end() || !found->second.paused_since) return;
    found->second.paused_since.reset();
    advance_all_on(fx, ledger);
}

}  // namespace lockstep::core
