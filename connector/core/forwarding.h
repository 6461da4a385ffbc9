// Tour 3/5: forwarding, the heart of a node. For a deal, given what is known of its two escrows,
// the next step: place the outgoing one, use a preimage, give the incoming one back, reveal a
// secret.
#pragma once

#include "connector/core/deals.h"

namespace lockstep::core {

// Takes every step that is due and allowed now; may end and close the deal. Idempotent: what was
// done is recorded in the deal.
void advance(Effects& fx, const Hash& deal);
// All open deals with a leg on that ledger, after it came (back) to life.
void advance_all_on(Effects& fx, const Address& ledger);
// Nothing came while something could: the reservation ends.
void lapse(Effects& fx, const Hash& deal, Reason reason);

// Claims an escrow that is for us. `claim` decides when that is for a deal; what came to us and
// belongs to an escrow that an old journal lacks (strays) is the only other caller.
void use_preimage(Effects& fx, const EscrowPlace& escrow, const Condition& condition,
                  const Bytes& preimage);

// Both sides of a forward under this node's own margins.
Result<void> check_margin(const State& state, const PlannedHop& in, const PlannedHop& out);

}  // namespace lockstep::core
