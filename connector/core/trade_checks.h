// What a party checks before it takes part in a trade. Nothing that a venue or the other party says
// is taken on trust.
#pragma once

#include "connector/core/deals.h"

namespace lockstep::core {

// Quantity times price, exactly; a fraction of the smallest unit is refused (odd_lot), never
// rounded.
Result<Amount> exact_consideration(const Trade& trade);
// Is it ours to take part in, and does it keep this node's rules? Reasons in their order.
Result<void> check_proposed(const State& state, Timestamp at, const Trade& trade, TradeRole role);
// The seller's own reading of the buyer's terms.
Result<void> check_terms(const State& state, Timestamp at, const Trade& trade, const Terms& terms);
// An account that the seller delivers from.
AccountKey delivering_account(const Trade& trade);

}  // namespace lockstep::core
