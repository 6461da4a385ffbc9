// The cheapest path through connectors, from the ledger where a sender pays to the ledger where a
// receiver is paid an exact amount.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "routing/offer.h"
#include "sdk/base/result.h"

namespace lockstep::routing {

constexpr std::size_t max_connectors = 6;  // on one route
constexpr std::size_t max_labels = 32;     // ways from one place that are looked at further
constexpr std::uint64_t max_rate_term = std::uint64_t{1} << 40;

// What the connector asks for an exact outgoing amount: out * rate * (1 + spread), rounded up once
// in the connector's favour, plus the fixed fee. amount_out_of_bounds outside the offer's bounds,
// amount_overflow where it does not fit.
Result<Amount> price_in(const Offer& offer, Amount out);
// The part of that price above the rate itself: spread, fixed fee and rounding.
Amount fee_part(const Offer& offer, Amount in, Amount out);

struct Place {
    Address ledger;
    AssetId asset;
    friend auto operator<=>(const Place&, const Place&) = default;
};

// The offers to use, first hop first, so that the least leaves `from`; empty where both places are
// the same. Each connector is visited once. no_route where there is none. Bellman-Ford backwards
// from the exact amount at the end, a round per connector: amounts at one place are of one asset
// and can be compared, amounts at different places cannot. A place keeps every way that none other
// beats in both amount and connectors, because the cheapest one may block the connector that is
// needed next. Ties go to fewer hops, then to the order of the offers. Not looked for: routes that
// must carry more than needed to reach the minimum of an offer.
Result<std::vector<Offer>> cheapest_path(std::span<const Offer> offers, const Place& from,
                                         const Place& to, Amount amount);

}  // namespace lockstep::routing
