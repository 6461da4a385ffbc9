// The terms of a proposal from what its options say and what the ledgers say of themselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/swap/terms.h"

namespace lockstep::cli {

struct SwapWanted {
    std::string pay, deliver;       // "0.01 BTC", "50 SE0000108656"
    std::vector<std::string> with;  // the seller's accounts
    std::string payment_refund = "48h";
    std::string delivery_refund = "24h";
};
// Without a condition, for the buyer whose view it is; both ledgers have said what they are. The
// failure names the option that is wrong. Codes: malformed, unknown_asset.
Result<swap::Terms, Failure> make_terms(const SwapWanted& wanted, const swap::OwnView& view);

// "48h", "90m", "40s", "2d"; nullopt for anything else and for nothing.
std::optional<Duration> parse_length(std::string_view text);

}  // namespace lockstep::cli
