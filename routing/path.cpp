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

// Whatever can go before `b` can go before `a`, and costs no more: a visits no connector that b
// does not.
bool dominates(std::span<const Offer> offers, const Label& a, const Label& b) {
    return a.amount <= b.amount && std::all_of(a.path.begin(), a.path.end(), [&](std::size_t i) {
               return visits(offers, b, offers[i].connector);
           });
}

// Keeps a place's labels free of dominated ones, and few. False where the label was not needed.
bool keep(std::span<const Offer> offers, std::vector<Label>& labels, Label label) {
    if (std::any_of(labels.begin(), labels.end(),
                    [&](const Label& known) { return dominates(offers, known, label); }))
        return false;
    std::erase_if(labels, [&](const Label& known) { return dominates(offers, label, known); });
    const auto dearer = std::find_if(labels.begin(), labels.end(), [&](const Label& known) {
        return known.amount > label.amount;
    });
    labels.insert(dearer, std::move(label));
    if (labels.size() > max_labels) labels.pop_back();
    return true;
}

}  // namespace

Result<std::vector<Offer>> cheapest_path(std::span<const Offer> offers, const Place& from,
                                         const Place& to, Amount amount) {
    std::map<Place, std::vector<Label>> labels;
    labels[to] = {Label{amount, {}}};
    std::map<Place, std::vector<Label>> last = labels;  // found in the round before
    for (std::size_t round = 0; round < max_connectors && !last.empty(); ++round) {
        std::map<Place, std::vector<Label>> found;
        for (std::size_t i = 0; i < offers.size(); ++i) {
            const Offer& offer = offers[i];
            const auto after = last.find(Place{offer.out_ledger, offer.out_asset});
            if (after == last.end()) continue;
            for (const Label& label : after->second) {
                if (visits(offers, label, offer.connector)) continue;
                const auto in = price_in(offer, label.amount);
                if (!in) continue;
                Label longer{*in, {i}};
                longer.path.insert(longer.path.end(), label.path.begin(), label.path.end());
                const Place before{offer.in_ledger, offer.in_asset};
                if (keep(offers, labels[before], longer))
                    keep(offers, found[before], std::move(longer));
            }
        }
        last = std::move(found);
    }
    const auto start = labels.find(from);
    if (start == labels.end() || start->second.empty()) return refuse(Reason::no_route);
    std::vector<Offer> route;
    for (const std::size_t i : start->second.front().path)
        route.push_back(offers[i]);
    return route;
}

}  // namespace lockstep::routing
