#include "connector/core/venue.h"

#include <algorithm>

#include "connector/core/quoting.h"
#include "connector/core/trade_checks.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {
namespace {

// How long the parties may take to begin; their own decision time comes on top.
constexpr Duration proposal_life = Duration::seconds(60);

PartyInstructions instructions_of(const PartyConfig& party) {
    return {party.name,  party.node, party.cash_account, party.cash_asset, party.securities_account,
            party.margin};
}

Result<void> fill(const State& state, Timestamp at, const PublicKey& self,
                  const input::TradeOrder& order, TradeEntry& entry) {
    Trade& trade = entry.record.trade;
    const PartyConfig* buyer = state.party(order.buyer);
    const PartyConfig* seller = state.party(order.seller);
    trade.venue = self;
    trade.reference = order.reference;
    trade.quantity = order.quantity;
    trade.price_asset = state.config->price_asset;
    trade.price = order.price;
    trade.valid_until = at + proposal_life;
    trade.buyer.party = order.buyer;
    trade.seller.party = order.seller;
    if (buyer == nullptr || seller == nullptr) return refuse(Reason::unknown_party);
    if (order.buyer == order.seller) return refuse(Reason::same_account);
    trade.buyer = instructions_of(*buyer);
    trade.seller = instructions_of(*seller);
    if (buyer->node == seller->node || buyer->node == self || seller->node == self)
        return refuse(Reason::same_node);
    const InstrumentConfig* instrument = state.instrument(order.instrument);
    if (instrument == nullptr) return refuse(Reason::unknown_instrument);
    trade.instrument = instrument->asset;
    trade.securities_ledger = instrument->ledger;
    if (order.quantity.is_zero() || order.price.is_zero()) return refuse(Reason::zero_amount);
    if (instrument->lot.units() > 1 && order.quantity.units() % instrument->lot.units() != 0)
        return refuse(Reason::odd_lot);
    const auto total = exact_consideration(trade);
    if (!total) return unexpected(total.error());
    trade.consideration = *total;
    // Where the seller is paid: the ledger of its cash account.
    const std::string& account = seller->cash_account.text();
    const auto ledger = Address::parse(account.substr(0, account.rfind('.')));
    if (!ledger || seller->cash_asset != trade.price_asset) return refuse(Reason::no_account);
    trade.cash_ledger = *ledger;
    return {};
}

}  // namespace

answer::SubmittedTrade submit_trade(Effects& fx, const input::TradeOrder& order) {
    State& state = fx.state();
    answer::SubmittedTrade answer;
    answer.reference = order.reference;
    const TradeName name{fx.self(), order.reference};
    if (is_remembered(state, name)) {
        answer.declined = Reason::duplicate_reference;
        return answer;
    }
    if (state.trades.size() >= state.config->max_open) {
        answer.declined = Reason::overloaded;
        return answer;
    }
    TradeEntry entry;
    entry.record.role = TradeRole::venue;
    entry.record.created = fx.at();
    entry.confirmed = true;
    entry.deadline = fx.at() + max_instruction_life;
    const auto filled = fill(state, fx.at(), fx.self(), order, entry);
    const PlanId plan = plan_of(entry.record.trade);
    entry.record.plan = plan;
    answer.plan = plan;
    remember(fx, name, plan);
    TradeEntry& here = state.trades[plan] = std::move(entry);
    state.set_due(here);
    if (!filled) {
        answer.declined = filled.error();
        end_trade(fx, plan, TradeState::declined, filled.error());
        return answer;
    }
    set_trade_state(fx, here, TradeState::proposed);
    fx.to_peer(here.record.trade.buyer.node, message::Proposal{here.record.trade});
    fx.to_peer(here.record.trade.seller.node, message::Proposal{here.record.trade});
    return answer;
}

void count_abort(Effects& fx, const TradeRecord& trade) {
    if (!trade.settlement) return;
    const auto fails = [&](std::initializer_list<Reason> reasons) {
        return trade.reason &&
               std::find(reasons.begin(), reasons.end(), *trade.reason) != reasons.end();
    };
    const bool by_buyer = fails({Reason::payment_not_placed, Reason::held});
    const bool by_seller = fails({Reason::delivery_not_placed, Reason::withheld});
    for (const bool buyer : {true, false}) {
        const std::string& party = buyer ? trade.trade.buyer.party : trade.trade.seller.party;
        if (fx.state().party(party) == nullptr) continue;
        AbortRecord& rate = fx.state().abort_rates[party];
        rate.party = party;
        ++rate.accepted;
        if (buyer ? by_buyer : by_seller) ++rate.aborted;
        fx.write(rate);
    }
}

void on_ended(Effects& fx, const PublicKey& peer, const message::Ended& ended) {
    TradeEntry* trade = find_trade(fx.state(), ended.plan);
    if (trade == nullptr || trade->record.role != TradeRole::venue) return;
    if (peer == trade->record.trade.buyer.node && !trade->buyer_end) trade->buyer_end = ended;
    if (peer == trade->record.trade.seller.node && !trade->seller_end) trade->seller_end = ended;
    // Evidence only where it fulfils what the buyer signed.
    if (ended.preimage && trade->record.terms &&
        fulfils(*ended.preimage, trade->record.terms->condition))
        trade->record.preimage = ended.preimage;
    if (!trade->buyer_end || !trade->seller_end) return;

    using message::EndState;
    const message::Ended& buyer = *trade->buyer_end;
    const message::Ended& seller = *trade->seller_end;
    const bool any_settled = buyer.state == EndState::settled || seller.state == EndState::settled;
    const bool both_settled = buyer.state == EndState::settled && seller.state == EndState::settled;
    const bool any_broken = buyer.state == EndState::broken || seller.state == EndState::broken;
    const bool any_unwound = buyer.state == EndState::unwound || seller.state == EndState::unwound;
    const std::string reference = trade->record.trade.reference;
    // Who does not know how it ended yields to who can show the preimage: with it the buyer got
    // what it bought, and the seller claims, and alarms what it could not.
    const auto unknowing = [](const message::Ended& end) {
        return end.state == EndState::broken && end.reason == Reason::outcome_unknown;
    };
    const bool shown = any_settled && trade->record.preimage.has_value();
    if (both_settled || (shown && (unknowing(buyer) || unknowing(seller))))
        return end_trade(fx, ended.plan, TradeState::settled, std::nullopt);
    // A seller that says why it did not deliver knows better than the buyer that waited for it.
    std::optional<Reason> reason = buyer.reason ? buyer.reason : seller.reason;
    if (buyer.reason == Reason::delivery_not_placed && seller.reason &&
        seller.reason != Reason::escrow_expired)
        reason = seller.reason;
    if (any_broken || any_settled) {
        fx.alarm("broken_trade", "the parties disagree on how " + reference + " ended");
        return end_trade(fx, ended.plan, TradeState::broken, reason);
    }
    end_trade(fx, ended.plan, any_unwound ? TradeState::unwound : TradeState::declined, reason);
}

}  // namespace lockstep::core
