// What stops a node, or a part of it, until a person has looked: a ledger whose adapter stalled, a
// loud stop. What is open goes on all the while, and only an operator's call takes new business
// again.
#pragma once

#include "connector/core/effects.h"
#include "connector/core/node_machine.h"

namespace lockstep::core {

// An earlier process was ended because the ledger's adapter ran for too long. Pauses the ledger;
// the alarm says how to resume it. A later stall is another alarm.
void on_stall(Effects& fx, const Address& ledger);

// Refused: not_found. A ledger that is not paused can be resumed all the same.
Result<void> check_resume(const State& state, const input::ResumeLedger& wanted);
// What waited for the ledger goes on.
void resume_ledger(Effects& fx, const Address& ledger);

// Why a loud stop cannot be acknowledged yet. In this order: ledger_refused; then, where the node
// is stopped, ledger_paused (not all ledgers have been read to their tips since the start, so what
// else is missing is not known) and escrows_unresolved. Without a stop there is nothing more to
// ask.
std::optional<StopCause> stop_cause(const State& state);
Result<void> check_acknowledge(const State& state);
// True where the node was stopped. What waited goes on; another cause, or the same one again, is
// another stop.
bool acknowledge(Effects& fx);

}  // namespace lockstep::core
