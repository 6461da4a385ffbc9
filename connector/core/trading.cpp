#include "connector/core/trading.h"

#include <algorithm>

#include "connector/core/forwarding.h"
#include "connector/core/lost_escrows.h"
#include "connector/core/quoting.h"
#include "connector/core/route_plan.h"
#include "connector/core/trade_checks.h"
#include "connector/core/venue.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {
namespace {

const PublicKey& other_node(const TradeEntry& trade) {
    return trade.record.role == TradeRole::buyer ? trade.record.trade.seller.node
                                                 : trade.record.trade.buyer.node;
}

// A ledger that restarts, a peer that is busy: worth another try while there is time. False where
// the reason is for good or no time is left.
bool put_off(Effects& fx, TradeEntry& trade, Reason reason) {
    constexpr Duration pause = Duration::milliseconds(250);
    if (family(reason) != ReasonFamily::retry || fx.at() + pause >= trade.deadline) return false;
    trade.put_off = reason;
    trade.retry_at = fx.at() + pause;
    fx.state().set_due(trade);
    return true;
}

void start_buying(Effects& fx, TradeEntry& trade) {
    OerWriter name;
    name.text("lockstep/secret-of/v1").fixed(trade.record.plan);
    trade.context = sha256(name.bytes());
    trade.deadline = fx.at() + fx.state().config->decision_time;
    fx.state().by_context[trade.context] = trade.record.plan;
    fx.state().set_due(trade);
    set_trade_state(fx, trade, TradeState::quoting);
    fx.make_condition(trade.context);
}

// Every hop is known: the terms are complete, the money is promised, and the seller is asked.
void offer_terms(Effects& fx, TradeEntry& trade) {
    State& state = fx.state();
    const Trade& matched = trade.record.trade;
    const PlannedHop& first = trade.plan.hops.front();
    const PlanId plan = trade.record.plan;
    if (available(state, {first.ledger, {first.payer, first.asset}}) < first.amount)
        return decline_trade(fx, plan, Reason::insufficient_cash);
    for (const PlannedHop* hop : {&first, &std::as_const(trade.delivery)})
        if (const auto usable =
                check_ledger(state, hop->ledger, hop->asset, hop->amount, fx.at(), hop->expiry);
            !usable) {
            if (put_off(fx, trade, usable.error())) return;
            return decline_trade(fx, plan, usable.error());
        }

    Terms terms;
    terms.trade = matched;
    terms.pay_asset = first.asset;
    terms.most_paid = first.amount;
    terms.payment = trade.plan.hops.back();
    terms.delivery = trade.delivery;
    terms.first_expiry = first.expiry;
    terms.condition = trade.plan.condition;
    terms.payment_notifier =
        trade.plan.route.empty() ? fx.self() : trade.plan.route.back().connector;

    Deal deal;
    deal.id = Hash{plan.array()};
    deal.role = DealRole::buyer;
    deal.condition = terms.condition;
    deal.out = Leg{first, {}, LegState::none};
    deal.in = Leg{trade.delivery, {}, LegState::none};
    deal.in_notifier = matched.seller.node;
    deal.out_peer = trade.plan.nodes.front();
    deal.out_ref = trade.plan.refs.front();
    deal.secret_context = trade.context;
    deal.secret_entropy = trade.entropy;
    // Just after the trade's own deadline, which declines it with its reason.
    deal.lapse = trade.deadline + Duration::seconds(1);

    trade.record.settlement = settlement_of(terms);
    trade.record.buyer_signature = fx.sign(terms_octets(*trade.record.settlement));
    trade.record.terms = terms;
    trade.record.paid = first.amount;
    open_deal(fx, std::move(deal));
    set_trade_state(fx, trade, TradeState::offered);
    const message::TermsOffered offered{std::move(terms), *trade.record.buyer_signature};
    fx.to_peer(matched.seller.node, offered);
    fx.to_peer(matched.venue, offered);
}

void accept_terms(Effects& fx, TradeEntry& trade, const message::TermsOffered& offered) {
    const Terms& terms = offered.terms;
    const PlanId plan = trade.record.plan;
    if (const auto sound = check_terms(fx.state(), fx.at(), trade.record.trade, terms); !sound) {
        if (put_off(fx, trade, sound.error())) {
            if (!trade.early_terms) trade.early_terms = offered;
            return;
        }
        return decline_trade(fx, plan, sound.error());
    }

    Deal deal;
    deal.id = Hash{plan.array()};
    deal.role = DealRole::seller;
    deal.condition = terms.condition;
    deal.in = Leg{terms.payment, {}, LegState::none};
    deal.out = Leg{terms.delivery, {}, LegState::none};
    deal.in_notifier = terms.payment_notifier;
    deal.out_peer = terms.trade.buyer.node;
    deal.out_ref = Hash{plan.array()};
    deal.withheld = trade.record.withheld;
    deal.lapse = terms.delivery.place_by;

    trade.record.terms = terms;
    trade.record.settlement = settlement_of(terms);
    trade.record.buyer_signature = offered.buyer;
    trade.record.seller_signature = fx.sign(terms_octets(*trade.record.settlement));
    trade.deadline = Timestamp::never();
    trade.retry_at.reset();
    fx.state().set_due(trade);
    open_deal(fx, std::move(deal));
    set_trade_state(fx, trade, TradeState::accepted);
    const message::TermsAccepted accepted{*trade.record.settlement, plan,
                                          *trade.record.seller_signature};
    fx.to_peer(terms.trade.buyer.node, accepted);
    fx.to_peer(terms.trade.venue, accepted);
}

// The step that a trade waits with: the buyer's next question or its offer, the seller's answer.
void resume(Effects& fx, TradeEntry& trade) {
    if (trade.record.role == TradeRole::buyer && trade.record.state == TradeState::quoting) {
        if (!ask_next(fx, trade.plan, trade.record.plan)) offer_terms(fx, trade);
    } else if (trade.record.role == TradeRole::seller && trade.early_terms &&
               trade.record.state == TradeState::proposed) {
        const message::TermsOffered early = std::move(*trade.early_terms);
        trade.early_terms.reset();
        accept_terms(fx, trade, early);
    }
}

void alarm_outcome_unknown(Effects& fx, const TradeEntry& trade) {
    fx.alarm("outcome_unknown", "no word of how " + trade.record.trade.reference + " ended");
}

}  // namespace

TradeEntry* find_trade(State& state, const PlanId& plan) {
    const auto found = state.trades.find(plan);
    return found == state.trades.end() ? nullptr : &found->second;
}

void set_trade_state(Effects& fx, TradeEntry& trade, TradeState state) {
    trade.record.state = state;
    trade.record.changed = fx.at();
    fx.write(trade);
}

void forget_early(State& state, TradeEntry& trade) {
    if (trade.confirmed) return;
    trade.confirmed = true;
    const auto early = state.early.find(trade.record.trade.buyer.node);
    if (--early->second == 0) state.early.erase(early);
}

bool is_remembered(const State& state, const TradeName& name) {
    return state.references.contains(name);
}

void remember(Effects& fx, const TradeName& name, const PlanId& plan) {
    const Timestamp until = fx.at() + max_instruction_life;
    fx.state().references[name] = Reference{plan, until};
    fx.state().set_due(Due::reference, encode_fields(name), until);
    fx.write_reference(name, plan);
}

void end_trade(Effects& fx, const PlanId& plan, TradeState state, std::optional<Reason> reason) {
    TradeEntry* trade = find_trade(fx.state(), plan);
    ASSERT(trade != nullptr && is_end(state));
    trade->record.reason = reason;
    forget_ask(fx.state(), trade->plan);
    set_trade_state(fx, *trade, state);
    if (trade->record.role == TradeRole::venue) count_abort(fx, trade->record);
    forget_early(fx.state(), *trade);
    // An open deal still has the secret.
    if (!trade->context.is_zero() && find_deal(fx.state(), Hash{plan.array()}) == nullptr)
        fx.state().by_context.erase(trade->context);
    fx.state().set_due(Due::trade, plan.view(), Timestamp::never());
    fx.state().trades.erase(plan);
}

void on_proposal(Effects& fx, const PublicKey& peer, const message::Proposal& proposal) {
    State& state = fx.state();
    const Trade& trade = proposal.trade;
    const PeerConfig* venue = state.peer(peer);
    if (venue == nullptr || !venue->venue || trade.venue != peer) return;
    const bool buying = trade.buyer.node == fx.self();
    const bool selling = trade.seller.node == fx.self();
    if (!buying && !selling) return;
    const PlanId plan = plan_of(trade);
    const TradeName name{trade.venue, trade.reference};
    TradeEntry* known = find_trade(state, plan);
    if (known != nullptr && known->confirmed) return;
    const auto remembered = state.references.find(name);
    // Said again after it ended: it stays as it ended.
    if (remembered != state.references.end() && remembered->second.plan == plan) return;
    const bool duplicate = remembered != state.references.end();
    if (known != nullptr) forget_early(state, *known);

    TradeEntry entry;
    entry.record.plan = plan;
    entry.record.role = buying ? TradeRole::buyer : TradeRole::seller;
    entry.record.trade = trade;
    entry.record.created = fx.at();
    if (known != nullptr) entry.early_terms = std::move(known->early_terms);
    entry.confirmed = true;
    entry.deadline = trade.valid_until + state.config->decision_time;
    if (const auto withheld = state.withholdings.find(name); withheld != state.withholdings.end()) {
        entry.record.withheld = true;
        state.withholdings.erase(withheld);
        state.set_due(Due::withholding, encode_fields(name), Timestamp::never());
    }
    state.trades[plan] = std::move(entry);
    state.set_due(state.trades[plan]);
    TradeEntry& here = state.trades[plan];
    if (duplicate) return decline_trade(fx, plan, Reason::duplicate_reference);
    const TradeRole role = here.record.role;
    if (const auto sound = check_proposed(state, fx.at(), trade, role); !sound)
        return decline_trade(fx, plan, sound.error());
    remember(fx, name, plan);
    if (buying) return start_buying(fx, here);
    set_trade_state(fx, here, TradeState::proposed);
    if (available(state, delivering_account(trade)) < trade.quantity)
        return decline_trade(fx, plan, Reason::insufficient_securities);
    resume(fx, here);
}

void on_condition(Effects& fx, TradeEntry& trade, const input::ConditionMade& made) {
    if (trade.record.state != TradeState::quoting || !trade.entropy.is_zero()) return;
    State& state = fx.state();
    const Trade& matched = trade.record.trade;
    const LedgerConfig* securities = state.ledger_config(matched.securities_ledger);
    const PlanId plan = trade.record.plan;
    if (securities == nullptr) return decline_trade(fx, plan, Reason::no_account);
    trade.entropy = made.entropy;
    RouteRequest request;
    for (const LedgerConfig& ledger : state.config->ledgers)
        if (ledger.ledger.is_prefix_of(matched.buyer.cash_account))
            request.from_ledger = ledger.ledger;
    request.from_account = matched.buyer.cash_account;
    request.from_asset = matched.buyer.cash_asset;
    request.to_ledger = matched.cash_ledger;
    request.to_account = matched.seller.cash_account;
    request.to_asset = matched.price_asset;
    request.amount = matched.consideration;
    request.target_node = matched.seller.node;
    request.target_ref = Hash{plan.array()};
    request.condition = made.condition;
    request.tail = LadderHop{state.timing(*securities), {}};
    request.target_margin = matched.seller.margin;
    request.receiver = state.config->endurance;
    request.start = trade.deadline;
    const LedgerConfig* cash = state.ledger_config(matched.cash_ledger);
    for (const routing::Offer& offer : state.config->known_offers)
        if (offer.out_ledger == matched.cash_ledger)
            request.last_timing = {offer.out_profile, offer.out_rule};
    if (cash != nullptr) request.last_timing = state.timing(*cash);
    auto planned = plan_route(state, request);
    if (!planned) return decline_trade(fx, plan, planned.error());
    trade.plan = std::move(planned->plan);
    trade.delivery = {matched.securities_ledger,
                      matched.instrument,
                      matched.quantity,
                      matched.seller.securities_account,
                      matched.buyer.securities_account,
                      planned->tail->place_by,
                      planned->tail->expiry};
    if (!ask_next(fx, trade.plan, plan)) offer_terms(fx, trade);
}

void on_trade_quote(Effects& fx, TradeEntry& trade, const PublicKey& peer,
                    const message::Quote& quote) {
    const PlanId plan = trade.record.plan;
    if (const auto taken = take_quote(fx, trade.plan, peer, quote); !taken)
        return decline_trade(fx, plan, taken.error());
    if (!is_near_offer(fx.state(), trade.plan))
        return decline_trade(fx, plan, Reason::price_out_of_tolerance);
    if (!ask_next(fx, trade.plan, plan)) offer_terms(fx, trade);
}

void on_trade_quote_refused(Effects& fx, TradeEntry& trade, Reason reason) {
    forget_ask(fx.state(), trade.plan);
    if (!put_off(fx, trade, reason)) decline_trade(fx, trade.record.plan, reason);
}

void on_terms_offered(Effects& fx, const PublicKey& peer, const message::TermsOffered& offered) {
    State& state = fx.state();
    const Trade& trade = offered.terms.trade;
    if (peer != trade.buyer.node) return;
    const PlanId plan = plan_of(trade);
    TradeEntry* known = find_trade(state, plan);
    if (trade.venue == fx.self()) {
        if (known == nullptr || known->record.state != TradeState::proposed) return;
        known->record.terms = offered.terms;
        known->record.settlement = settlement_of(offered.terms);
        known->record.buyer_signature = offered.buyer;
        const bool is_accepted = known->accepted_early == known->record.settlement;
        return set_trade_state(fx, *known,
                               is_accepted ? TradeState::accepted : TradeState::offered);
    }
    if (trade.seller.node != fx.self()) return;
    if (known == nullptr) {
        // The buyer's message overtook the venue's; without the venue's it means nothing.
        const PeerConfig* venue = state.peer(trade.venue);
        const PeerConfig* buyer = state.peer(peer);
        const auto early = state.early.find(peer);
        if (venue == nullptr || !venue->venue || buyer == nullptr ||
            is_remembered(state, {trade.venue, trade.reference}) ||
            state.trades.size() >= state.config->max_open ||
            (early != state.early.end() && early->second >= buyer->max_slots))
            return;
        ++state.early[peer];
        TradeEntry entry;
        entry.record.plan = plan;
        entry.record.role = TradeRole::seller;
        entry.record.trade = trade;
        entry.record.created = fx.at();
        entry.early_terms = offered;
        entry.deadline = fx.at() + state.config->decision_time;
        state.set_due(entry);
        state.trades[plan] = std::move(entry);
        return;
    }
    if (!known->confirmed || known->record.role != TradeRole::seller ||
        known->record.state != TradeState::proposed)
        return;
    accept_terms(fx, *known, offered);
}

void on_terms_accepted(Effects& fx, const PublicKey& peer, const message::TermsAccepted& accepted) {
    TradeEntry* trade = find_trade(fx.state(), accepted.plan);
    if (trade == nullptr || peer != trade->record.trade.seller.node) return;
    if (trade->record.role == TradeRole::venue && trade->record.state == TradeState::proposed) {
        // The seller's word overtook the buyer's.
        trade->accepted_early = accepted.settlement;
        trade->record.seller_signature = accepted.seller;
        return;
    }
    if (trade->record.settlement != accepted.settlement ||
        trade->record.state != TradeState::offered)
        return;
    trade->record.seller_signature = accepted.seller;
    if (trade->record.role != TradeRole::buyer)
        return set_trade_state(fx, *trade, TradeState::accepted);
    trade->deadline = Timestamp::never();
    fx.state().set_due(*trade);
    set_trade_state(fx, *trade, TradeState::accepted);
    Deal* deal = find_deal(fx.state(), Hash{accepted.plan.array()});
    ASSERT(deal != nullptr);
    // From here on the plan's own place-by ends it.
    deal->lapse = deal->out->hop.place_by;
    deal->go = !trade->record.held;
    advance(fx, deal->id);
}

void on_declined(Effects& fx, const PublicKey& peer, const message::Declined& declined) {
    State& state = fx.state();
    TradeEntry* trade = find_trade(state, declined.plan);
    if (trade == nullptr) return;
    const Trade& matched = trade->record.trade;
    if (peer != matched.buyer.node && peer != matched.seller.node && peer != matched.venue) return;
    if (trade->record.role == TradeRole::venue) {
        const bool by_buyer = peer == matched.buyer.node;
        if (trade->record.state > TradeState::offered && !by_buyer) return;
        // What the other is told by who declined may reach it before our proposal does, and would
        // be forgotten; our own word comes after it.
        fx.to_peer(by_buyer ? matched.seller.node : matched.buyer.node, declined);
        return end_trade(fx, declined.plan, TradeState::declined, declined.reason);
    }
    Deal* deal = find_deal(state, Hash{declined.plan.array()});
    if (deal != nullptr) {
        const bool placed = (deal->in && deal->in->state != LegState::none) ||
                            (deal->out && deal->out->state != LegState::none);
        if (placed) return;
        deal->given_up = true;
        close_deal(fx, deal->id);
    }
    // Usually the venue knows; where the other told only us, it does not.
    fx.to_peer(matched.venue, message::Ended{declined.plan, message::EndState::declined,
                                             declined.reason, std::nullopt});
    end_trade(fx, declined.plan, TradeState::declined, declined.reason);
}

void decline_trade(Effects& fx, const PlanId& plan, Reason reason) {
    TradeEntry* trade = find_trade(fx.state(), plan);
    ASSERT(trade != nullptr);
    Deal* deal = find_deal(fx.state(), Hash{plan.array()});
    if (fx.state().awaits_ledger(*trade)) {
        // Declined as soon as it is known that an earlier run did nothing for it.
        trade->put_off = reason;
        trade->retry_at.reset();
        trade->deadline = fx.at();
        if (deal != nullptr) {
            deal->given_up = true;
            deal->reason = reason;
        }
        return fx.state().set_due(*trade);
    }
    if (deal != nullptr) {
        ASSERT(!deal->out || deal->out->state == LegState::none);
        close_deal(fx, deal->id);
    }
    if (may_have_forgotten(fx.state(), *trade)) {
        alarm_outcome_unknown(fx, *trade);
        fx.to_peer(
            trade->record.trade.venue,
            message::Ended{plan, message::EndState::broken, Reason::outcome_unknown, std::nullopt});
        return end_trade(fx, plan, TradeState::broken, Reason::outcome_unknown);
    }
    const message::Declined declined{plan, reason};
    fx.to_peer(trade->record.trade.venue, declined);
    if (other_node(*trade) != fx.self()) fx.to_peer(other_node(*trade), declined);
    end_trade(fx, plan, TradeState::declined, reason);
}

void on_trade_due(Effects& fx, const PlanId& plan) {
    TradeEntry* trade = find_trade(fx.state(), plan);
    if (trade == nullptr) return;
    // A party has been silent for longer than anything of the trade can be open. What became of it
    // is not known, and a person must ask.
    if (trade->record.role == TradeRole::venue) {
        alarm_outcome_unknown(fx, *trade);
        return end_trade(fx, plan, TradeState::broken, Reason::outcome_unknown);
    }
    if (trade->record.state >= TradeState::accepted) return;
    if (trade->confirmed && !is_expired(fx.at(), trade->deadline)) {
        trade->retry_at.reset();
        fx.state().set_due(*trade);
        return resume(fx, *trade);
    }
    if (!trade->confirmed) {
        // Terms that no venue stood behind.
        forget_early(fx.state(), *trade);
        fx.state().set_due(Due::trade, plan.view(), Timestamp::never());
        fx.state().trades.erase(plan);
        return;
    }
    decline_trade(fx, plan, trade->put_off.value_or(Reason::terms_lapsed));
}

void trade_deal_progressed(Effects& fx, const Deal& deal) {
    TradeEntry* trade = find_trade(fx.state(), PlanId{deal.id.array()});
    if (trade == nullptr) return;
    TradeState now = trade->record.state;
    if (deal.role == DealRole::buyer) {
        if (deal.out->state != LegState::none) now = TradeState::paying;
        if (deal.in->state == LegState::held) now = TradeState::delivered;
        if (deal.release_recorded) now = TradeState::released;
        // The buyer has what it bought: for it the trade is settled, whenever its payment is taken.
        if (deal.in->state == LegState::fulfilled) now = TradeState::settled;
    } else {
        if (deal.in->state == LegState::held) now = TradeState::paying;
        if (deal.out->state != LegState::none) now = TradeState::delivered;
        if (deal.preimage) now = TradeState::released;
        if (deal.in->state == LegState::fulfilled) now = TradeState::settled;
    }
    if (deal.preimage && !trade->record.preimage) trade->record.preimage = deal.preimage;
    if (now <= trade->record.state) return;
    // From here on the escrows' own times end it.
    trade->deadline = Timestamp::never();
    trade->retry_at.reset();
    fx.state().set_due(*trade);
    if (now != TradeState::settled) return set_trade_state(fx, *trade, now);
    fx.to_peer(trade->record.trade.venue,
               message::Ended{trade->record.plan, message::EndState::settled, std::nullopt,
                              deal.preimage});
    end_trade(fx, trade->record.plan, TradeState::settled, std::nullopt);
}

void trade_deal_ended(Effects& fx, const Deal& deal) {
    TradeEntry* trade = find_trade(fx.state(), PlanId{deal.id.array()});
    if (trade == nullptr) return;  // it was settled before the deal was over
    const bool lost = deal.out->state == LegState::fulfilled;
    const bool touched =
        (deal.out->state != LegState::none && deal.out->state != LegState::absent) ||
        deal.in->state != LegState::none;
    TradeState end =
        lost ? TradeState::broken : (touched ? TradeState::unwound : TradeState::declined);
    std::optional<Reason> reason = deal.reason;
    // Nobody said why: what the buyer's node knows is that its delivery did not come.
    const bool unexplained =
        !reason || *reason == Reason::escrow_expired || *reason == Reason::escrow_rejected;
    if (deal.role == DealRole::buyer && unexplained && touched)
        reason = Reason::delivery_not_placed;
    if (deal.role == DealRole::buyer && reason == Reason::insufficient_funds)
        reason = Reason::insufficient_cash;
    if (deal.role == DealRole::seller && reason == Reason::insufficient_funds)
        reason = Reason::insufficient_securities;
    if (deal.withheld) reason = Reason::withheld;
    const auto said = end == TradeState::broken    ? message::EndState::broken
                      : end == TradeState::unwound ? message::EndState::unwound
                                                   : message::EndState::declined;
    const PlanId plan = trade->record.plan;
    if (end == TradeState::declined && deal.role == DealRole::buyer) {
        // Nothing was ever placed, and without hop 0 nothing can be: nobody need wait.
        const message::Declined declined{plan, reason.value_or(Reason::party_refused)};
        fx.to_peer(trade->record.trade.venue, declined);
        fx.to_peer(other_node(*trade), declined);
    } else {
        fx.to_peer(trade->record.trade.venue, message::Ended{plan, said, reason, std::nullopt});
    }
    end_trade(fx, plan, end, reason);
}

}  // namespace lockstep::core
