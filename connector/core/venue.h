// The venue's node: takes matched trades, proposes each to both sides, and puts together from their
// words how it ended. It holds no money and is trusted with none.
#pragma once

#include "connector/core/trading.h"

namespace lockstep::core {

// One order of a request: a plan that was proposed, or the reason why it was declined at once.
answer::SubmittedTrade submit_trade(Effects& fx, const input::TradeOrder& order);
// Counts an accepted trade for both parties, and its failure for the one that did not place.
void count_abort(Effects& fx, const TradeRecord& trade);
void on_ended(Effects& fx, const PublicKey& peer, const message::Ended& ended);

}  // namespace lockstep::core
