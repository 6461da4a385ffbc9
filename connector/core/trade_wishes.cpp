// What people wish for a trade: hold, release, cancel, withhold. Hold, release and cancel act until
// the buyer's node records hop 0; from then on a cancel is a request to it, as the secret holder.
#include "connector/core/forwarding.h"
#include "connector/core/trading.h"
#include "sdk/base/assert.h"

namespace lockstep::core {
namespace {

using input::TradeAction;

void pass_on(Effects& fx, const TradeEntry& trade, TradeAction action) {
    const PublicKey& buyer = trade.record.trade.buyer.node;
    const PlanId& plan = trade.record.plan;
    if (action == TradeAction::hold) fx.to_peer(buyer, message::Hold{plan});
    if (action == TradeAction::release) fx.to_peer(buyer, message::Release{plan});
    if (action == TradeAction::cancel) fx.to_peer(buyer, message::Cancel{plan});
}

void hold(Effects& fx, TradeEntry& trade, Deal* deal, Wisher wisher) {
    trade.held_by |= static_cast<std::uint8_t>(wisher);
    trade.record.held = true;
    if (deal != nullptr && deal->out->state == LegState::none) deal->go = false;
    set_trade_state(fx, trade, trade.record.state);
}

// Only who holds a trade lets it go on: nobody else's release sends the buyer's money.
void release(Effects& fx, TradeEntry& trade, Deal* deal, Wisher wisher) {
    trade.held_by &= static_cast<std::uint8_t>(~static_cast<unsigned>(wisher));
    trade.record.held = trade.held_by != 0;
    set_trade_state(fx, trade, trade.record.state);
    if (trade.record.held || deal == nullptr || trade.record.state != TradeState::accepted) return;
    deal->go = true;
    advance(fx, deal->id);
}

void cancel_buying(Effects& fx, TradeEntry& trade, Deal* deal) {
    if (deal == nullptr || deal->out->state == LegState::none)
        return decline_trade(fx, trade.record.plan, Reason::cancelled);
    if (deal->release_recorded) return;
    deal->cancelled = true;
    if (!deal->reason) deal->reason = Reason::cancelled;
    advance(fx, deal->id);
}

void act_on_buying(Effects& fx, TradeEntry& trade, TradeAction action, Wisher wisher) {
    Deal* deal = find_deal(fx.state(), Hash{trade.record.plan.array()});
    switch (action) {
        case TradeAction::hold:
            return hold(fx, trade, deal, wisher);
        case TradeAction::release:
            return release(fx, trade, deal, wisher);
        case TradeAction::cancel:
            return cancel_buying(fx, trade, deal);
        case TradeAction::withhold:
            return;  // a buyer that does not want to pay cancels
    }
    UNREACHABLE();
}

void withhold(Effects& fx, TradeEntry& trade, Deal* deal) {
    if (deal != nullptr) {
        if (deal->out->state != LegState::none) return;
        deal->withheld = true;
        set_deal_due(fx.state(), *deal);
    }
    trade.record.withheld = true;
    set_trade_state(fx, trade, trade.record.state);
}

void act_on_selling(Effects& fx, TradeEntry& trade, TradeAction action, Wisher wisher) {
    Deal* deal = find_deal(fx.state(), Hash{trade.record.plan.array()});
    if (action == TradeAction::withhold) {
        if (wisher == Wisher::self) withhold(fx, trade, deal);
        return;
    }
    if (wisher != Wisher::self) return;  // the buyer's node was told by whoever wishes it
    // Before it accepted the terms it simply declines.
    if (action == TradeAction::cancel && deal == nullptr)
        return decline_trade(fx, trade.record.plan, Reason::cancelled);
    pass_on(fx, trade, action);
}

}  // namespace

void act_on_trade(Effects& fx, const PlanId& plan, TradeAction action, Wisher wisher) {
    TradeEntry* trade = find_trade(fx.state(), plan);
    if (trade == nullptr || !trade->confirmed) return;
    switch (trade->record.role) {
        case TradeRole::venue:
            return pass_on(fx, *trade, action);
        case TradeRole::buyer:
            return act_on_buying(fx, *trade, action, wisher);
        case TradeRole::seller:
            return act_on_selling(fx, *trade, action, wisher);
    }
    UNREACHABLE();
}

}  // namespace lockstep::core
