// What stops a node, or a part of it, until a person has looked: a ledger whose adapter stalled.
// What is open goes on all the while, and only an operator's call takes new business again.
#pragma once

#include "connector/core/effects.h"

namespace lockstep::core {

// An earlier process was ended because the ledger's adapter ran for too long. Pauses the ledger;
// the alarm says how to resume it. A later stall is another alarm.
void on_stall(Effects& fx, const Address& ledger);

// Refused: not_found. A ledger that is not paused can be resumed all the same.
Result<void> check_resume(const State& state, const input::ResumeLedger& wanted);
// What waited for the ledger goes on.
void resume_ledger(Effects& fx, const Address& ledger);

}  // namespace lockstep::core
