// A trade at its three nodes. The venue proposes it to both sides; the buyer's node finds a route,
// makes the condition and signs the terms; the seller's node signs them too; then the buyer's deal
// may place hop 0. What happens to the escrows is forwarding's; here is what it means for the
// trade.
#pragma once

#include "connector/core/deals.h"

namespace lockstep::core {

// --- any node ---
TradeEntry* find_trade(State& state, const PlanId& plan);
void end_trade(Effects& fx, const PlanId& plan, TradeState state, std::optional<Reason> reason);
void set_trade_state(Effects& fx, TradeEntry& trade, TradeState state);
// Terms that came before their proposal no longer count against the peer that sent them.
void forget_early(State& state, TradeEntry& trade);
bool is_remembered(const State& state, const TradeName& name);
void remember(Effects& fx, const TradeName& name, const PlanId& plan);

// --- the parties' nodes ---
void on_proposal(Effects& fx, const PublicKey& peer, const message::Proposal& proposal);
void on_condition(Effects& fx, TradeEntry& trade, const input::ConditionMade& made);
void on_trade_quote(Effects& fx, TradeEntry& trade, const PublicKey& peer,
                    const message::Quote& quote);
// Asked again where the reason passes, else declined.
void on_trade_quote_refused(Effects& fx, TradeEntry& trade, Reason reason);
void on_terms_offered(Effects& fx, const PublicKey& peer, const message::TermsOffered& offered);
void on_terms_accepted(Effects& fx, const PublicKey& peer, const message::TermsAccepted& accepted);
void on_declined(Effects& fx, const PublicKey& peer, const message::Declined& declined);
// This node will not take part, and says so to the others.
void decline_trade(Effects& fx, const PlanId& plan, Reason reason);
void on_trade_due(Effects& fx, const PlanId& plan);
// trade_wishes.cpp: hold, release, cancel, withhold.
void act_on_trade(Effects& fx, const PlanId& plan, input::TradeAction action, Wisher wisher);
void trade_deal_progressed(Effects& fx, const Deal& deal);
void trade_deal_ended(Effects& fx, const Deal& deal);

}  // namespace lockstep::core
