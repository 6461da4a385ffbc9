// Escrows that our key made and the journal does not know: the journal is an old copy. No new
// business until an operator has looked at it, nothing is given back, and what is owed is claimed.
#pragma once

#include <string>

#include "connector/core/deals.h"

namespace lockstep::core {

constexpr std::size_t max_lost_escrows = 65'536;
// Under one condition: parts of one payment.
constexpr std::size_t max_lost_of_condition = 1'024;

// The deal that the escrow belongs to, where the journal still has it and it is exactly what that
// deal would have placed; otherwise null, and what its preimage is worth to us is claimed.
Deal* on_lost_escrow(Effects& fx, const input::EscrowReported& e);
// Whether the journal may have forgotten how far the trade came.
bool may_have_forgotten(const State& state, const TradeEntry& trade);
std::string describe_escrow(const Address& ledger, const EscrowKey& escrow);

}  // namespace lockstep::core
