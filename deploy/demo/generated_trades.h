// Trades that can settle, for measuring.
#pragma once

#include <string>
#include <vector>

#include "connector/client/model.h"

namespace lockstep::demo {

// One lot each, of every share and pair of parties in turn. References begin with `prefix`.
std::vector<client::TradeRequest> make_trades(const std::string& prefix, std::size_t count);

}  // namespace lockstep::demo
