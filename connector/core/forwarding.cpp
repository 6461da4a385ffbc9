#include "connector/core/forwarding.h"

#include "connector/core/owners.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {
namespace {

EscrowTerms terms_of(const Deal& deal, const Leg& leg) {
    return {leg.key.id,     leg.hop.payer,  leg.hop.payee, leg.hop.asset,
            leg.hop.amount, deal.condition, leg.hop.expiry};
}

// The incoming escrow is claimed as soon as the preimage is known, whatever else has happened, and
// however late it is.
void claim(Effects& fx, Deal& deal) {
    if (!deal.preimage || !deal.in || deal.in->state != LegState::held || deal.claim_sent) return;
    // Also where it is already being given back, which only a ledger that took back its word can
    // bring about: both are submitted and the ledger decides (a stored success beats any failure).
    deal.claim_sent = true;
    use_preimage(fx, {deal.in->hop.ledger, deal.in->key}, deal.condition, *deal.preimage);
}

bool may_place(const Deal& deal) {
    if (!deal.out || deal.out->state != LegState::none || deal.given_up || deal.withheld)
        return false;
    if (deal.preimage || deal.cancelled) return false;
    if (deal.forwards()) return deal.in->state == LegState::held;
    // A delivery that is over is not paid for any more.
    return deal.go && !(deal.in && is_terminal(deal.in->state));
}

void give_up(Deal& deal, Reason reason) {
    deal.given_up = true;
    if (!deal.reason) deal.reason = reason;
}

// The outgoing escrow, once the incoming one stands final and as agreed on its own ledger.
void place(Effects& fx, Deal& deal) {
    if (!may_place(deal)) return;
    State& state = fx.state();
    Leg& out = *deal.out;
    if (awaits_ledger(state, deal)) return;
    if (is_expired(state.ledger_now(out.hop.ledger, fx.at()), out.hop.place_by))
        return give_up(deal, Reason::place_by_passed);
    // On a paused ledger nothing is placed, nor anywhere against what would have to be claimed
    // there.
    if (state.loud_stop || state.paused(out.hop.ledger)) return;
    if (deal.in && state.paused(deal.in->hop.ledger)) return;
    if (deal.in && deal.forwards()) {
        if (const auto margin = check_margin(state, deal.in->hop, out.hop); !margin)
            return give_up(deal, margin.error());
        if (!state.live(deal.in->hop.ledger)) return;
    }
    if (!state.live(out.hop.ledger)) return;

    const Bytes origin = deal.forwards()
                             ? encode_fields(EscrowPlace{deal.in->hop.ledger, deal.in->key})
                             : Bytes(deal.id.view().begin(), deal.id.view().end());
    name_leg(state, deal, out,
             {out.hop.payer, escrow_id(deal.forwards() ? "forward" : "origin", origin)});
    out.state = LegState::sent;
    fx.prepare(out.hop.ledger, terms_of(deal, out), out.hop.place_by);
    fx.to_peer(deal.out_peer, message::HopNotice{out.hop.ledger, out.key, deal.out_ref});
}

// The incoming escrow, given back early; only on proof, only while both ledgers are known to be
// current, never after a preimage.
void give_back(Effects& fx, Deal& deal) {
    if (!deal.in || deal.in->state != LegState::held || deal.reject_sent || deal.claim_sent) return;
    if (deal.preimage || deal.release_recorded || deal.withheld) return;
    if (deal.forwards() ? !outgoing_is_safe(deal) : !deal.cancelled) return;
    const State& state = fx.state();
    if (!state.live(deal.in->hop.ledger)) return;
    if (deal.forwards() && deal.out && !state.live(deal.out->hop.ledger)) return;
    deal.reject_sent = true;
    fx.reject(deal.in->hop.ledger, deal.in->key, deal.in->hop.payee);
    if (!deal.in_notifier.is_zero())
        fx.to_peer(deal.in_notifier,
                   message::HopReject{deal.in->hop.ledger, deal.in->key,
                                      deal.reason.value_or(Reason::escrow_rejected)});
}

// The secret holder's last moment of choice: the delivery stands, final and exact, and time is left
// to claim it through outages. The release is recorded; only when that is durable does the secret
// keeper compute the preimage.
void reveal(Effects& fx, Deal& deal) {
    if (!deal.reveals() || deal.in->state != LegState::held || deal.release_recorded ||
        deal.reject_sent || deal.cancelled)
        return;
    State& state = fx.state();
    const Address& ledger = deal.in->hop.ledger;
    if (!state.live(ledger)) return;
    if (deal.out && deal.out->state == LegState::none && awaits_ledger(state, deal)) return;
    const bool paying = !deal.out || deal.out->open();
    const LedgerConfig* config = state.ledger_config(ledger);
    ASSERT(config != nullptr);  // it is live
    if (!paying || !may_reveal(state.ledger_now(ledger, fx.at()), deal.in->hop.expiry,
                               state.timing(*config), state.config->endurance)) {
        deal.cancelled = true;
        if (!deal.reason) deal.reason = Reason::reveal_guard;
        return;
    }
    // The claim may not get through, and whoever paid would be paid for nothing. Without the secret
    // everybody gets back what is theirs.
    if (state.paused(ledger)) return;
    deal.release_recorded = true;
    fx.release_secret(deal.secret_context, deal.secret_entropy, deal.condition);
}

// The outgoing escrow was taken and the incoming one is not there: it was rolled back, or its
// ledger has not yet told an old journal of it. It is missed when it can come no more.
void miss(const Effects& fx, Deal& deal) {
    if (!awaits_lost_incoming(deal)) return;
    const State& state = fx.state();
    const PlannedHop& in = deal.in->hop;
    if (state.live(in.ledger) && is_expired(state.ledger_now(in.ledger, fx.at()), in.expiry))
        deal.in->state = LegState::refunded;
}

void note_change(Effects& fx, Deal& deal) {
    if (deal.role == DealRole::connector && !deal.used &&
        (deal.in->state != LegState::none || deal.out->state != LegState::none)) {
        deal.used = true;
        fx.quote_changed(deal, "used");
    }
    for (std::optional<Leg>* leg : {&deal.in, &deal.out}) {
        if (!*leg || (*leg)->seen == (*leg)->state) continue;
        (*leg)->seen = (*leg)->state;
        deal.changed = fx.at();
        fx.escrow_changed(deal, **leg);
    }
}

bool is_over(const State& state, const Deal& deal, Timestamp at) {
    const bool in_idle =
        !deal.in || deal.in->state == LegState::none || is_terminal(deal.in->state);
    // Or nothing here depends on its end.
    const bool in_done = deal.in && (is_terminal(deal.in->state) ||
                                     is_expired(state.ledger_now(deal.in->hop.ledger, at),
                                                left_to_payer_at(state, deal)));
    const bool out_done = deal.out && is_terminal(deal.out->state);
    const bool out_never = !deal.out || (deal.out->state == LegState::none && !deal.go);
    const bool never_placed =
        deal.out && deal.out->state == LegState::none && !awaits_ledger(state, deal);
    switch (deal.role) {
        case DealRole::connector:
        case DealRole::seller:
            // An incoming escrow that was rolled back binds nobody once the outgoing one is safe.
            if (deal.in->state == LegState::none)
                return out_done && deal.out->state != LegState::fulfilled;
            return in_done && (out_done || never_placed);
        case DealRole::buyer:
            return in_idle && !awaits_lost_incoming(deal) &&
                   (out_done || (never_placed && (deal.given_up || deal.cancelled || in_done)));
        case DealRole::sender:
            return out_done || (deal.given_up && never_placed);
        case DealRole::receiver:
            return in_done && out_never;
    }
    UNREACHABLE();
}

void report_loss(Effects& fx, const Deal& deal) {
    if (deal.role == DealRole::receiver && deal.release_recorded &&
        deal.in->state != LegState::fulfilled) {
        fx.alarm("loss", "the preimage was shown and " +
                             format_amount(deal.in->hop.amount, deal.in->hop.asset.scale()) + " " +
                             deal.in->hop.asset.code() + " on " + deal.in->hop.ledger.text() +
                             " not paid, deal " + deal.id.hex());
        return;
    }
    if (!deal.out || deal.out->state != LegState::fulfilled || !deal.in ||
        deal.in->state == LegState::fulfilled)
        return;
    fx.alarm("loss", "paid " + format_amount(deal.out->hop.amount, deal.out->hop.asset.scale()) +
                         " " + deal.out->hop.asset.code() + " on " + deal.out->hop.ledger.text() +
                         " and was not paid on " + deal.in->hop.ledger.text() + ", deal " +
                         deal.id.hex());
}

}  // namespace

// --- a preimage is used here and nowhere else ---
void use_preimage(Effects& fx, const EscrowPlace& escrow, const Condition& condition,
                  const Bytes& preimage) {
    ASSERT(fulfils(preimage, condition));
    fx.fulfil(escrow.first, escrow.second, preimage);
}

Result<void> check_margin(const State& state, const PlannedHop& in, const PlannedHop& out) {
    const LedgerConfig* in_ledger = state.ledger_config(in.ledger);
    const LedgerConfig* out_ledger = state.ledger_config(out.ledger);
    if (in_ledger == nullptr || out_ledger == nullptr) return refuse(Reason::no_account);
    if (in.expiry - out.expiry <
        margin(state.timing(*in_ledger), state.timing(*out_ledger), state.config->endurance))
        return refuse(Reason::ladder_too_tight);
    return {};
}

void advance(Effects& fx, const Hash& id) {
    State& state = fx.state();
    Deal* deal = find_deal(state, id);
    if (deal == nullptr) return;
    miss(fx, *deal);
    claim(fx, *deal);
    place(fx, *deal);
    reveal(fx, *deal);
    give_back(fx, *deal);
    set_deal_due(state, *deal);
    note_change(fx, *deal);
    deal_progressed(fx, *deal);
    if (!is_over(state, *deal, fx.at())) return;
    report_loss(fx, *deal);
    if (deal->role == DealRole::connector && deal->in->state == LegState::fulfilled &&
        deal->out->state == LegState::fulfilled)
        fx.write_fee(*deal);
    deal_ended(fx, *deal);
    close_deal(fx, id);
}

void advance_all_on(Effects& fx, const Address& ledger) {
    std::vector<Hash> ids;
    for (const auto& [id, deal] : fx.state().deals)
        if ((deal.in && deal.in->hop.ledger == ledger) ||
            (deal.out && deal.out->hop.ledger == ledger))
            ids.push_back(id);
    for (const Hash& id : ids)
        advance(fx, id);
}

void lapse(Effects& fx, const Hash& id, Reason reason) {
    Deal* deal = find_deal(fx.state(), id);
    if (deal == nullptr) return;
    ASSERT(!deal->in || deal->in->state == LegState::none);
    ASSERT(!deal->out || deal->out->state == LegState::none);
    deal->given_up = true;
    if (!deal->reason) deal->reason = reason;
    if (deal->role == DealRole::connector && !deal->used) fx.quote_changed(*deal, "lapsed");
    deal_ended(fx, *deal);
    close_deal(fx, id);
}

}  // namespace lockstep::core
