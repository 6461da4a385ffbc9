// Trades at the reference prices, which can settle.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connector/client/model.h"

namespace lockstep::demo {

// One lot each, of every share and pair of parties in turn. References begin with `prefix`.
std::vector<client::TradeRequest> make_trades(const std::string& prefix, std::size_t count);
// The same for bitcoin, with these sellers.
std::vector<client::TradeRequest> make_coin_trades(const std::string& prefix, std::size_t count,
                                                   const std::vector<std::string_view>& sellers);

}  // namespace lockstep::demo
