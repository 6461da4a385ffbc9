#include "connector/core/route_plan.h"

#include "connector/core/quoting.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {

Result<PlannedRoute> plan_route(const State& state, const RouteRequest& request) {
    const NodeConfig& config = *state.config;
    // A route visits a node once: neither we nor the target forward on it.
    std::vector<routing::Offer> offers;
    for (const routing::Offer& offer : config.known_offers)
        if (offer.connector != request.target_node && offer.connector != config.self)
            offers.push_back(offer);
    const auto route =
        routing::cheapest_path(offers, {request.from_ledger, request.from_asset},
                               {request.to_ledger, request.to_asset}, request.amount);
    if (!route) return unexpected(route.error());
    const LedgerConfig* own = state.ledger_config(request.from_ledger);
    if (own == nullptr) return refuse(Reason::no_account);

    // hops 0 … n of the payment, then the tail; each with the margin its payee needs to the next.
    std::vector<LadderHop> hops;
    hops.push_back({state.timing(*own), {}});
    for (const routing::Offer& offer : *route) {
        hops.back().margin_to_next = offer.margin;
        hops.push_back({{offer.out_profile, offer.out_rule}, {}});
    }
    // The target's own view of its ledger, where it gave one, is the better one.
    if (!route->empty()) hops.back().timing = request.last_timing;
    if (request.tail) {
        hops.back().margin_to_next =
            request.target_margin
                ? *request.target_margin
                : margin(hops.back().timing, request.tail->timing, config.endurance);
        hops.push_back(*request.tail);
    }
    const auto steps = plan_ladder(request.start, hops, config.slack_per_hop, request.receiver);

    PlannedRoute planned;
    RoutePlan& plan = planned.plan;
    plan.route = *route;
    plan.from = request.from_account;
    plan.condition = request.condition;
    plan.unquoted = static_cast<std::uint32_t>(route->size());
    const std::size_t last = route->size();
    for (std::size_t i = 0; i <= last; ++i) {
        PlannedHop hop;
        hop.ledger = i == last ? request.to_ledger : (*route)[i].in_ledger;
        hop.asset = i == last ? request.to_asset : (*route)[i].in_asset;
        hop.payer = i == 0 ? request.from_account : (*route)[i - 1].out_account;
        hop.payee = i == last ? request.to_account : (*route)[i].in_account;
        hop.place_by = steps[i].place_by;
        hop.expiry = steps[i].expiry;
        if (i == last) hop.amount = request.amount;
        plan.hops.push_back(hop);
        plan.nodes.push_back(i == last ? request.target_node : (*route)[i].connector);
        plan.refs.push_back(i == last ? request.target_ref : Hash{});
    }
    if (request.tail) planned.tail = steps.back();
    return planned;
}

bool ask_next(Effects& fx, RoutePlan& plan, const PlanId& owner) {
    if (plan.unquoted == 0) return false;
    const std::size_t i = plan.unquoted - 1;
    OerWriter name;
    name.text("lockstep/ask/v1").fixed(owner).u32(plan.unquoted).fixed(plan.condition);
    message::QuoteAsk ask;
    ask.ask = sha256(name.bytes());
    ask.condition = plan.condition;
    ask.in_ledger = plan.hops[i].ledger;
    ask.in_asset = plan.hops[i].asset;
    ask.in_payer = plan.hops[i].payer;
    ask.in_notifier = i == 0 ? fx.self() : plan.route[i - 1].connector;
    ask.out = plan.hops[i + 1];
    ask.out.payer = Address{};
    ask.next_node = plan.nodes[i + 1];
    ask.next_ref = PlanId{plan.refs[i + 1].array()};
    ask.in_place_by = plan.hops[i].place_by;
    ask.in_expiry = plan.hops[i].expiry;
    fx.state().by_ask[ask.ask] = owner;
    plan.asked = ask;
    fx.to_peer(plan.route[i].connector, std::move(ask));
    return true;
}

void forget_ask(State& state, RoutePlan& plan) {
    if (!plan.asked) return;
    state.by_ask.erase(plan.asked->ask);
    plan.asked.reset();
}

Result<void> take_quote(Effects& fx, RoutePlan& plan, const PublicKey& peer,
                        const message::Quote& quote) {
    ASSERT(plan.asked && plan.unquoted > 0);
    const std::size_t i = plan.unquoted - 1;
    PlannedHop expected = plan.hops[i];
    expected.amount = quote.in.amount;
    // Liquidity that is reserved for less time than we have to place is not reserved.
    if (peer != plan.route[i].connector || quote.in != expected || quote.in.amount.is_zero() ||
        quote.out_payer != plan.hops[i + 1].payer || is_expired(fx.at(), quote.lapse) ||
        quote.lapse < quote.in.place_by)
        return refuse(Reason::terms_mismatch);
    plan.hops[i] = quote.in;
    plan.refs[i] = Hash{quote.id.array()};
    forget_ask(fx.state(), plan);
    --plan.unquoted;
    return {};
}

bool is_asked(const RoutePlan& plan, const PublicKey& peer) {
    return plan.asked && plan.unquoted > 0 && plan.route[plan.unquoted - 1].connector == peer;
}

bool is_near_offer(const State& state, const RoutePlan& plan) {
    const std::size_t i = plan.unquoted;  // taken last
    const auto offered = routing::price_in(plan.route[i], plan.hops[i + 1].amount);
    if (!offered) return false;
    const auto most = mul_div_ceil(
        offered->units(), std::uint64_t{1'000'000} + state.config->quote_tolerance_ppm, 1'000'000);
    return !most || plan.hops[i].amount.units() <= *most;
}

}  // namespace lockstep::core
