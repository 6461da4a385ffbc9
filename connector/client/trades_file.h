// A file of matched trades: reference,isin,quantity,price_sek,buyer,seller,time; one a line.
#pragma once

#include <filesystem>
#include <vector>

#include "connector/client/model.h"
#include "sdk/base/result.h"

namespace lockstep::client {

// In the order of the file. Lines end with LF or CR LF; fields are UTF-8 without control
// characters. The time says when the trade was matched and is not used for pacing. Codes: io,
// malformed (the detail names file and line).
Result<std::vector<TradeRequest>, Failure> read_trades(const std::filesystem::path& file);

}  // namespace lockstep::client
