#include "connector/core/ledger_events.h"

#include <algorithm>

#include "connector/core/lost_escrows.h"
#include "connector/core/strays.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {
namespace {

bool refunded(EscrowState state) {
    return state == EscrowState::refunded_expired || state == EscrowState::refunded_rejected;
}

bool is_leg(const std::optional<Leg>& leg, const Address& ledger, const EscrowKey& key) {
    return leg && leg->hop.ledger == ledger && leg->key == key;
}

// The preimage of our outgoing escrow is worth the incoming one: kept whatever the certainty.
void learn_preimage(Effects& fx, Deal& deal, const std::optional<Bytes>& preimage) {
    if (!preimage || deal.preimage) return;
    if (!fulfils(*preimage, deal.condition)) {
        fx.alarm("bad_preimage",
                 "a preimage that does not fulfil the condition of deal " + deal.id.hex());
        return;
    }
    deal.preimage = *preimage;
}

// A receiver's payer and expiry are open until the escrow is there.
bool matches(const Deal& deal, const Leg& leg, const EscrowTerms& terms) {
    const PlannedHop& hop = leg.hop;
    const bool open = deal.role == DealRole::receiver;
    return terms.payee == hop.payee && terms.asset == hop.asset && terms.amount == hop.amount &&
           terms.condition == deal.condition && (open || terms.payer == hop.payer) &&
           (open || terms.expiry == hop.expiry);
}

// Nothing was taken for it yet, and this is exactly what was agreed.
bool may_take(const Deal& deal, const Address& ledger, const EscrowTerms& terms) {
    return deal.in && deal.in->key.id.is_zero() && deal.in->hop.ledger == ledger &&
           matches(deal, *deal.in, terms);
}

void give_back_mismatch(Effects& fx, Deal& deal, const Address& ledger, const EscrowTerms& terms,
                        Reason reason) {
    fx.reject(ledger, {terms.payer, terms.id}, terms.payee);
    if (!deal.in_notifier.is_zero())
        fx.to_peer(deal.in_notifier, message::HopReject{ledger, {terms.payer, terms.id}, reason});
}

// The escrow stands final and was read from its own ledger: compared field by field with what was
// agreed, never with what a message said.
void take_incoming(Effects& fx, Deal& deal, const Address& ledger, const EscrowTerms& terms) {
    Leg& in = *deal.in;
    if (in.state != LegState::none) return;
    if (!matches(deal, in, terms))
        return give_back_mismatch(fx, deal, ledger, terms, Reason::escrow_mismatch);
    if (deal.role == DealRole::receiver) {
        in.hop.payer = terms.payer;
        in.hop.expiry = terms.expiry;
    }
    in.state = LegState::held;
    advance(fx, deal.id);
}

// An escrow that the journal lacks belongs to this deal. So does the one that came to us for it.
void take_unnoticed(Effects& fx, Deal& deal) {
    for (const auto& [place, stray] : fx.state().strays) {
        if (stray.dealt_with || !may_take(deal, place.first, stray.terms)) continue;
        const EscrowPlace found = place;
        name_leg(fx.state(), deal, *deal.in, found.second);
        deal.in->state = LegState::held;
        return forget_stray(fx.state(), found);
    }
}

// An old journal may have forgotten the notice of an escrow and that it was claimed.
void take_claimed(Effects& fx, const input::EscrowReported& e) {
    Deal* deal = find_by_condition(fx.state(), e.terms.condition);
    if (deal == nullptr || deal->role == DealRole::receiver ||
        e.certainty == Certainty::rolled_back || e.state != EscrowState::fulfilled ||
        !may_take(*deal, e.ledger, e.terms))
        return;
    learn_preimage(fx, *deal, e.preimage);
    name_leg(fx.state(), *deal, *deal->in, {e.terms.payer, e.terms.id});
    deal->in->state = e.certainty == Certainty::final_ ? LegState::fulfilled : LegState::held;
    advance(fx, deal->id);
}

// Who placed the escrow that we claimed may hear of it late from the ledger, and has an incoming
// escrow of its own to claim. Said once the ledger has taken the claim, not with the claim: one
// that never gets through, on a ledger that stands still beyond its profile, gives nothing away,
// and everybody is refunded.
void show_upstream(Effects& fx, Deal& deal) {
    if (deal.preimage_shown || !deal.preimage || deal.in_notifier.is_zero()) return;
    deal.preimage_shown = true;
    fx.to_peer(deal.in_notifier,
               message::PreimageShown{deal.in->hop.ledger, deal.in->key, *deal.preimage});
}

void on_outgoing(Effects& fx, const input::EscrowReported& e, bool is_old_news) {
    State& state = fx.state();
    const EscrowKey key{e.terms.payer, e.terms.id};
    Deal* deal = find_by_escrow(state, e.ledger, key);
    if (deal == nullptr || !is_leg(deal->out, e.ledger, key)) {
        if (is_old_news) return;
        deal = on_lost_escrow(fx, e);
        if (deal == nullptr) return;
        take_unnoticed(fx, *deal);
    }
    Leg& out = *deal->out;
    const PlannedHop& hop = out.hop;
    if (e.terms.payee != hop.payee || e.terms.asset != hop.asset || e.terms.amount != hop.amount ||
        e.terms.condition != deal->condition || e.terms.expiry != hop.expiry) {
        fx.alarm("ledger_differs", describe_escrow(e.ledger, key) + " is not what was sent");
        state.loud_stop = true;
        return advance(fx, deal->id);
    }
    if (out.state == LegState::absent) {
        // Its adapter had said that it never was. Its fate is open again.
        fx.alarm("ledger_contradicts", describe_escrow(e.ledger, key) + " was refused before");
        state.loud_stop = true;
        out.state = LegState::sent;
    }
    if (e.certainty == Certainty::rolled_back) {
        // What was there is gone and may come again; a preimage stays known.
        if (out.state != LegState::none && out.state != LegState::absent)
            out.state = e.state == EscrowState::prepared ? LegState::sent : LegState::held;
    } else if (e.state == EscrowState::fulfilled) {
        learn_preimage(fx, *deal, e.preimage);
        uncommit(state, *deal);
        if (e.certainty == Certainty::final_) out.state = LegState::fulfilled;
    } else if (e.certainty == Certainty::final_) {
        uncommit(state, *deal);
        if (e.state == EscrowState::prepared) {
            if (out.state == LegState::sent) out.state = LegState::held;
        } else if (out.state != LegState::fulfilled) {
            out.state = LegState::refunded;
            if (!deal->reason)
                deal->reason = e.state == EscrowState::refunded_rejected ? Reason::escrow_rejected
                                                                         : Reason::escrow_expired;
        }
    }
    advance(fx, deal->id);
}

void on_incoming(Effects& fx, const input::EscrowReported& e, bool is_old_news) {
    State& state = fx.state();
    const EscrowKey key{e.terms.payer, e.terms.id};
    const bool stands = e.certainty == Certainty::final_ && e.state == EscrowState::prepared;
    Deal* deal = find_by_escrow(state, e.ledger, key);
    if (deal == nullptr || !is_leg(deal->in, e.ledger, key)) {
        if (!stands) {
            forget_stray(state, {e.ledger, key});
            return take_claimed(fx, e);
        }
        if (is_old_news) return;
        // An invoice is found by its condition: anybody may pay it, and a notice that names an
        // escrow which never comes must not be in the way of one that does. An old journal has no
        // notices at all.
        Deal* unnoticed = find_by_condition(state, e.terms.condition);
        if (unnoticed == nullptr || (unnoticed->role != DealRole::receiver && !state.loud_stop) ||
            !may_take(*unnoticed, e.ledger, e.terms))
            return add_stray(fx, e.ledger, e.terms);
        name_leg(state, *unnoticed, *unnoticed->in, key);
        return take_incoming(fx, *unnoticed, e.ledger, e.terms);
    }
    Leg& in = *deal->in;
    if (e.certainty == Certainty::rolled_back) {
        // What we did about it is gone with it, and is done again when it comes again.
        if (e.state == EscrowState::prepared && in.state == LegState::held)
            in.state = LegState::none;
        else if (e.state != EscrowState::prepared && is_terminal(in.state))
            in.state = LegState::held;
        deal->claim_sent = false;
        deal->reject_sent = false;
        return advance(fx, deal->id);
    }
    if (e.state == EscrowState::fulfilled && in.state != LegState::none) show_upstream(fx, *deal);
    if (e.certainty != Certainty::final_) return;
    if (e.state == EscrowState::prepared) return take_incoming(fx, *deal, e.ledger, e.terms);
    // An escrow that never matched the deal was given back: not this deal's leg.
    if (in.state == LegState::none) return;
    in.state = refunded(e.state) ? LegState::refunded : LegState::fulfilled;
    if (in.state == LegState::refunded && deal->forwards() && !deal->reason)
        deal->reason = Reason::escrow_expired;
    advance(fx, deal->id);
}

}  // namespace

void on_ledger(Effects& fx, const input::EscrowReported& e) {
    State& state = fx.state();
    if (state.ledger_config(e.ledger) == nullptr) return;
    LedgerState& ledger = state.ledgers[e.ledger];
    ledger.time = std::max(ledger.time, e.ledger_time);
    // Events come at least once: one that is over is not news.
    const bool is_old_news =
        e.cursor <= ledger.cursor && state.conditions.contains(e.terms.condition);
    ledger.cursor = std::max(ledger.cursor, e.cursor);
    // An account that left the configuration still counts for what is open on it.
    const Deal* known = find_by_escrow(state, e.ledger, {e.terms.payer, e.terms.id});
    const bool out = known != nullptr && is_leg(known->out, e.ledger, {e.terms.payer, e.terms.id});
    const bool in = known != nullptr && !out;
    if (out || state.is_ours(e.ledger, e.terms.payer)) on_outgoing(fx, e, is_old_news);
    if (in || state.is_ours(e.ledger, e.terms.payee)) on_incoming(fx, e, is_old_news);
}

void on_ledger(Effects& fx, const input::CommandAnswered& answered) {
    State& state = fx.state();
    if (answered.outcome != static_cast<std::uint8_t>(report::Answer::Outcome::refused)) return;
    const auto found = state.by_command.find(answered.id);
    if (found == state.by_command.end()) return;
    Deal& deal = *find_deal(state, found->second);
    if (deal.out && answered.id == command_id("prepare", deal.out->hop.ledger, deal.out->key)) {
        // Refused: by the ledger's word the escrow is not there and cannot come.
        if (deal.out->state != LegState::sent) return;
        deal.out->state = LegState::absent;
        uncommit(state, deal);
        if (!deal.reason) deal.reason = answered.reason;
        return advance(fx, deal.id);
    }
    if (deal.in && answered.id == command_id("fulfil", deal.in->hop.ledger, deal.in->key) &&
        answered.reason != Reason::already_fulfilled && deal.in->state == LegState::held)
        fx.alarm("claim_refused",
                 "the claim of " + format_amount(deal.in->hop.amount, deal.in->hop.asset.scale()) +
                     " " + deal.in->hop.asset.code() + " on " + deal.in->hop.ledger.text() +
                     " was refused: " + std::string(to_string(answered.reason)) +
                     (answered.reason == Reason::unknown_escrow
                          ? "; the ledger has forgotten the escrow, and its events will tell "
                            "whether an earlier claim was in time"
                          : ""));
}

void on_ledger(Effects& fx, const input::BalanceReported& balance) {
    State& state = fx.state();
    if (!state.is_ours(balance.ledger, balance.account)) return;
    Account& account = state.accounts[{balance.ledger, {balance.account, balance.asset}}];
    account.free = balance.free;
    account.escrowed = balance.escrowed;
}

namespace {

void note_caught_up(State& state, const Address& ledger) {
    if (!state.live(ledger) || state.caught_up(ledger)) return;
    state.ledgers[ledger].caught_up = true;
    state.set_dues_again();
}

}  // namespace

void on_ledger(Effects& fx, const input::LedgerHealth& health) {
    State& state = fx.state();
    if (state.ledger_config(health.ledger) == nullptr) return;
    LedgerState& ledger = state.ledgers[health.ledger];
    const bool was_live = state.live(health.ledger);
    const bool was_refused = ledger.mode == static_cast<std::uint8_t>(report::Mode::refused);
    ledger.time = std::max(ledger.time, health.ledger_time);
    ledger.mode = health.mode;
    note_caught_up(state, health.ledger);
    if (health.mode == static_cast<std::uint8_t>(report::Mode::refused) && !was_refused)
        fx.alarm("ledger_refused", "what " + health.ledger.text() +
                                       " says cannot be verified; no new business there");
    if (!was_live && state.live(health.ledger)) advance_all_on(fx, health.ledger);
}

void on_ledger(Effects& fx, const input::LedgerDescribed& described) {
    State& state = fx.state();
    if (state.ledger_config(described.info.ledger) == nullptr) return;
    LedgerState& ledger = state.ledgers[described.info.ledger];
    if (described.info.preimage_octets != preimage_size) {
        fx.alarm("unsafe_ledger", described.info.ledger.text() +
                                      " does not enforce preimages of 32 octets; it is not used");
        ledger.info.reset();
        return;
    }
    const bool was_live = state.live(described.info.ledger);
    const bool is_news = ledger.info != described.info;
    ledger.info = described.info;
    const LedgerConfig& configured = *state.ledger_config(described.info.ledger);
    if (is_news && state.timing(configured) != configured.timing)
        fx.alarm("profile_worse", described.info.ledger.text() +
                                      " declares a worse profile than is configured; the worse one "
                                      "counts, and offers may be too tight for it");
    note_caught_up(state, described.info.ledger);
    if (!was_live && state.live(described.info.ledger)) advance_all_on(fx, described.info.ledger);
}

namespace {

// An invoice's escrow is found without a notice; what is left of it is whom to tell, and that an
// escrow under its condition is not what was asked for.
void on_invoice_notice(Effects& fx, Deal& invoice, const PublicKey& peer,
                       const message::HopNotice& notice) {
    if (invoice.in_notifier.is_zero()) invoice.in_notifier = peer;
    const EscrowPlace place{notice.ledger, notice.escrow};
    const Stray* stray = find_stray(fx.state(), place);
    if (stray != nullptr && stray->terms.condition == invoice.condition) reject_stray(fx, place);
}

}  // namespace

void on_notice(Effects& fx, const PublicKey& peer, const message::HopNotice& notice) {
    State& state = fx.state();
    const EscrowPlace place{notice.ledger, notice.escrow};
    Deal* deal = find_deal(state, notice.ref);
    if (deal == nullptr || !deal->in || deal->in->hop.ledger != notice.ledger) return;
    if (deal->role == DealRole::receiver) return on_invoice_notice(fx, *deal, peer, notice);
    // A notice that fits nothing does nothing, least of all to the escrow that it names: it may be
    // another one's. What nobody explains is given back when its time is over.
    if (!deal->in->key.id.is_zero() || notice.escrow.id.is_zero() || deal->in_notifier != peer ||
        deal->in->hop.payer != notice.escrow.payer || state.by_escrow.contains(place))
        return;
    name_leg(state, *deal, *deal->in, notice.escrow);
    const Stray* stray = find_stray(state, place);
    if (stray == nullptr) return;
    const EscrowTerms terms = stray->terms;
    const bool gone = stray->dealt_with;
    forget_stray(state, place);
    if (!gone) take_incoming(fx, *deal, notice.ledger, terms);
}

void on_reject_notice(Effects& fx, const PublicKey& peer, const message::HopReject& notice) {
    Deal* deal = find_by_escrow(fx.state(), notice.ledger, notice.escrow);
    if (deal == nullptr || !is_leg(deal->out, notice.ledger, notice.escrow)) return;
    // Only the reason is taken from it; that the escrow is back, the ledger says.
    if (deal->out_peer == peer && !deal->reason) deal->reason = notice.reason;
}

// Whoever placed what we reject, as far as it is known; others wait until the escrow expires.
void on_ledger(Effects& fx, const input::ShareMade& made) {
    const Deal* deal = find_by_escrow(fx.state(), made.ledger, made.escrow);
    if (deal == nullptr || !is_leg(deal->in, made.ledger, made.escrow)) return;
    if (deal->in_notifier.is_zero()) return;
    fx.to_peer(deal->in_notifier, message::GiveBack{made.ledger, made.escrow, made.share});
}

// That the escrow is back, the ledger says; the share alone changes nothing here.
void on_give_back(Effects& fx, const PublicKey& peer, const message::GiveBack& give_back) {
    const Deal* deal = find_by_escrow(fx.state(), give_back.ledger, give_back.escrow);
    if (deal == nullptr || !is_leg(deal->out, give_back.ledger, give_back.escrow)) return;
    if (deal->out_peer != peer || !deal->out->open() || give_back.share.size() > message::max_share)
        return;
    fx.pass_share(give_back.ledger, give_back.escrow, give_back.share);
}

void on_preimage(Effects& fx, const PublicKey& peer, const message::PreimageShown& shown) {
    Deal* deal = find_by_escrow(fx.state(), shown.ledger, shown.escrow);
    if (deal == nullptr || !is_leg(deal->out, shown.ledger, shown.escrow)) return;
    if (deal->out_peer != peer || !deal->out->open() || !deal->forwards()) return;
    if (!fulfils(shown.preimage, deal->condition)) return;
    learn_preimage(fx, *deal, shown.preimage);
    advance(fx, deal->id);
}

}  // namespace lockstep::core
