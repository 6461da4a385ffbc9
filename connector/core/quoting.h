// The connector's side of a quote: the exact hop it will take for an exact hop it will place, with
// liquidity reserved, or the reason why not.
#pragma once

#include "connector/core/deals.h"

namespace lockstep::core {

void on_quote_ask(Effects& fx, const PublicKey& peer, const message::QuoteAsk& ask);

// Why no new business is taken at all, if so.
std::optional<Reason> closed_for_business(const State& state);
// A condition may be used once: not while a deal has it, and not after it stood in one.
bool condition_is_fresh(const State& state, const Condition& condition);
// A ledger is usable for a new hop that expires then: described, live, and within its longest hold.
Result<void> check_ledger(const State& state, const Address& ledger, const AssetId& asset,
                          Amount amount, Timestamp at, Timestamp expiry);

}  // namespace lockstep::core
