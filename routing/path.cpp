#include "routing/path.h"

#include <algorithm>
#include <map>

namespace lockstep::routing {

Result<Amount> price_in(const Offer& offer, Amount out) {
    constexpr std::uint64_t million = 1'000'000;
    if (out < offer.min_out || out > offer.max_out) return refuse(Reason::amount_out_of_bounds);
    if (offer.rate_num == 0 || offer.rate_num > max_rate_term || offer.rate_den == 0 ||
        offer.rate_den > max_rate_term || offer.spread_ppm > million)
        return refuse(Reason::amount_overflow);
    // Both factors fit: 2^40 times at most two million.
    const auto exchanged = mul_div_ceil(out.units(), offer.rate_num * (million + offer.spread_ppm),
                                        offer.rate_den * million);
    const auto in = exchanged ? checked_add(Amount{*exchanged}, offer.fixed_fee) : std::nullopt;
    if (!in) return refuse(Reason::amount_overflow);
    return *in;
}

Amount fee_part(const Offer& offer, Amount in, Amount out) {
    const auto bare = mul_div_floor(out.units(), offer.rate_num, offer.rate_den);
    const auto fee = bare ? checked_sub(in, Amount{*bare}) : std::nullopt;
    return fee.value_or(Amount{});
}

namespace {

struct Label {
    Amount amount;                  // needed at this place
    std::vector<std::size_t> path;  // offers from here to the end
};

bool visits(std::span<const Offer> offers, const Label& label, const PublicKey& connector) {
    return std::any_of(label.path.begin(), label.path.end(),
                       [&](std::size_t i) { return offers[i].connector == connector; });
}

}  // namespace

Result<std::vector<Offer>> cheapest_path(std::span<const Offer> offers, const Place& from,
                                         const Place& to, Amount amount) {
    std::map<Place, Label> best;
    best[to] = Label{amount, {}};
    for (std::size_t round = 0; round < max_connectors; ++round) {
        // Relaxed from the labels of the round before, so that a path grows by one offer a round.
        std::map<Place, Label> next = best;
        bool changed = false;
        for (std::size_t i = 0; i < offers.size(); ++i) {
            const Offer& offer = offers[i];
            const auto after = best.find(Place{offer.out_ledger, offer.out_asset});
            if (after == best.end() || visits(offers, after->second, offer.connector)) continue;
            const auto in = price_in(offer, after->second.amount);
            if (!in) continue;
            const Place before{offer.in_ledger, offer.in_asset};
            const auto known = next.find(before);
            if (known != next.end() && known->second.amount <= *in) continue;
            Label label{*in, {i}};
            label.path.insert(label.path.end(), after->second.path.begin(),
                              after->second.path.end());
            next[before] = std::move(label);
            changed = true;
        }
        best = std::move(next);
        if (!changed) break;
    }
    const auto found = best.find(from);
    if (found == best.end()) return refuse(Reason::no_route);
    std::vector<Offer> route;
    for (const std::size_t i : found->second.path)
        route.push_back(offers[i]);
    return route;
}

}  // namespace lockstep::routing
