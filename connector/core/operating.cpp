#include "connector/core/operating.h"

#include <algorithm>

#include "connector/core/forwarding.h"
#include "connector/core/lost_escrows.h"

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

std::optional<StopCause> stop_cause(const State& state) {
    if (!state.config) return std::nullopt;
    for (const LedgerConfig& config : state.config->ledgers) {
        const auto ledger = state.ledgers.find(config.ledger);
        if (ledger != state.ledgers.end() &&
            ledger->second.mode == static_cast<std::uint8_t>(report::Mode::refused))
            return StopCause{Reason::ledger_refused, config.ledger.text()};
    }
    if (!state.loud_stop) return std::nullopt;
    for (const LedgerConfig& config : state.config->ledgers) {
        const auto ledger = state.ledgers.find(config.ledger);
        if (ledger == state.ledgers.end() || !ledger->second.caught_up)
            return StopCause{Reason::ledger_paused,
                             config.ledger.text() + " has not been read to its tip yet"};
    }
    for (const auto& [condition, lost] : state.lost) {
        if (lost.open.empty()) continue;
        const auto& [ledger, escrow] = *lost.open.begin();
        return StopCause{Reason::escrows_unresolved, describe_escrow(ledger, escrow)};
    }
    // What one of them paid for, on its way to us.
    for (const auto& [place, stray] : state.strays) {
        const auto lost = state.lost.find(stray.terms.condition);
        if (lost != state.lost.end() && lost->second.preimage)
            return StopCause{Reason::escrows_unresolved,
                             describe_escrow(place.first, place.second) + " is being claimed"};
    }
    return std::nullopt;
}

Result<void> check_acknowledge(const State& state) {
    if (const auto cause = stop_cause(state)) return refuse(cause->reason);
    return {};
}

bool acknowledge(Effects& fx) {
    State& state = fx.state();
    if (!state.loud_stop) return false;
    state.loud_stop = false;
    // Their events are not news any more when they come again, and their conditions are used.
    for (const auto& [condition, lost] : state.lost) {
        Timestamp& until = state.conditions[condition];
        until = std::max(until, lost.until);
        state.set_due(Due::condition, condition.view(), until);
    }
    std::vector<Hash> ids;
    for (const auto& [id, deal] : state.deals)
        ids.push_back(id);
    for (const Hash& id : ids)
        advance(fx, id);
    return true;
}

}  // namespace lockstep::core
