// Whom a deal belongs to: a trade, a payment, an invoice, or nobody (a connector's forward). They
// are told of its progress and of its end.
#pragma once

#include "connector/core/deals.h"

namespace lockstep::core {

void deal_progressed(Effects& fx, const Deal& deal);
// Called once, before the deal is closed.
void deal_ended(Effects& fx, const Deal& deal);

}  // namespace lockstep::core
