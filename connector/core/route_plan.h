// The originator's side of a route: which connectors, which expiries, and the quotes that fix every
// hop's amount, asked from the last connector to the first.
#pragma once

#include "connector/core/effects.h"
#include "routing/path.h"

namespace lockstep::core {

struct RouteRequest {
    Address from_ledger;
    Address from_account;
    AssetId from_asset;
    Address to_ledger;
    Address to_account;
    AssetId to_asset;
    Amount amount;  // exactly what arrives
    PublicKey target_node;
    Hash target_ref;  // what the target finds the last hop by
    Condition condition;
    std::optional<LadderHop> tail;  // a further hop after the last one: the delivery of a trade
    std::optional<Duration> target_margin;  // what the target needs between the last hop and it
    LedgerTiming last_timing;               // of to_ledger
    Endurance receiver;                     // of who reveals at the end
    Timestamp start;
};
struct PlannedRoute {
    RoutePlan plan;
    std::optional<LadderStep> tail;
};
// Finds the connectors and fixes all expiries; no amount but the last is known yet.
Result<PlannedRoute> plan_route(const State& state, const RouteRequest& request);

// Asks the next connector, or returns false when every hop is known.
bool ask_next(Effects& fx, RoutePlan& plan, const PlanId& owner);
// Takes the answer to the question that is open; terms_mismatch where it is not what was asked.
Result<void> take_quote(Effects& fx, RoutePlan& plan, const PublicKey& peer,
                        const message::Quote& quote);
void forget_ask(State& state, RoutePlan& plan);
// The open question was put to this peer.
bool is_asked(const RoutePlan& plan, const PublicKey& peer);
// The quote taken last costs no more than the offer that made us ask, but for the tolerance.
bool is_near_offer(const State& state, const RoutePlan& plan);

}  // namespace lockstep::core
