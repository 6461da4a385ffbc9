// Escrows that came to us and that nobody has explained yet. They wait for a notice and are given
// back when none comes.
#pragma once

#include "connector/core/deals.h"

namespace lockstep::core {

constexpr std::size_t max_strays = 65'536;
// Of one payer on one ledger, so that none takes the room of the others.
constexpr std::uint32_t max_strays_of_payer = 4'096;

// Beyond the limits it is not remembered: it runs into its expiry.
void add_stray(Effects& fx, const Address& ledger, const EscrowTerms& terms);
void forget_stray(State& state, const EscrowPlace& place);
const Stray* find_stray(const State& state, const EscrowPlace& place);
// The time to explain it is over. Waits while its ledger, or what the journal lacks, is unknown.
void reject_stray(Effects& fx, const EscrowPlace& place);
// The strays under a condition whose preimage we have a right to are claimed.
void claim_strays(Effects& fx, const Condition& condition, const Bytes& preimage);

}  // namespace lockstep::core
