#include "connector/core/quoting.h"

#include <algorithm>

#include "connector/core/forwarding.h"
#include "routing/path.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {
namespace {

const routing::Offer* offer_for(const State& state, const message::QuoteAsk& ask) {
    for (const routing::Offer& offer : state.config->own_offers)
        if (offer.in_ledger == ask.in_ledger && offer.in_asset == ask.in_asset &&
            offer.out_ledger == ask.out.ledger && offer.out_asset == ask.out.asset)
            return &offer;
    return nullptr;
}

struct Priced {
    const routing::Offer* offer;
    PlannedHop in;
    PlannedHop out;
    Timestamp lapse;
};

// A peer's quotes take at most its share of an account, however many they are.
bool is_within_share(const State& state, const PeerConfig& peer, const PlannedHop& out) {
    if (peer.max_share_ppm >= 1'000'000) return true;
    const AccountKey account{out.ledger, {out.payer, out.asset}};
    const auto held = state.accounts.find(account);
    if (held == state.accounts.end()) return false;
    const auto taken = state.shares.find({peer.key, account});
    const Amount open = taken == state.shares.end() ? Amount{} : taken->second;
    const auto wanted = checked_add(open, out.amount);
    const auto whole = checked_add(held->second.free, held->second.escrowed);
    if (!wanted || !whole) return false;
    const auto most = mul_div_floor(whole->units(), peer.max_share_ppm, 1'000'000);
    return most && wanted->units() <= *most;
}

// In the order in which reasons are given; cheap checks first.
Result<Priced> price(const State& state, Timestamp at, const PublicKey& peer,
                     const message::QuoteAsk& ask) {
    if (const auto closed = closed_for_business(state)) return refuse(*closed);
    const PeerConfig* asking = state.peer(peer);
    if (asking == nullptr || state.peer(ask.next_node) == nullptr ||
        state.peer(ask.in_notifier) == nullptr)
        return refuse(Reason::unknown_peer);
    if (state.deals.size() >= state.config->max_open) return refuse(Reason::overloaded);
    const auto slots = state.slots.find(peer);
    if (slots != state.slots.end() && slots->second >= asking->max_slots)
        return refuse(Reason::peer_limit);
    const routing::Offer* offer = offer_for(state, ask);
    if (offer == nullptr) return refuse(Reason::no_route);
    if (!ask.in_ledger.is_prefix_of(ask.in_payer) || !ask.out.ledger.is_prefix_of(ask.out.payee) ||
        ask.in_payer == offer->in_account || ask.out.payee == offer->out_account)
        return refuse(Reason::wrong_ledger);
    // An escrow between two accounts of ours would be two legs at once.
    if (state.is_ours(ask.in_ledger, ask.in_payer) || state.is_ours(ask.out.ledger, ask.out.payee))
        return refuse(Reason::same_account);
    if (ask.in_place_by > ask.in_expiry || ask.out.place_by > ask.out.expiry)
        return refuse(Reason::terms_mismatch);
    const auto amount_in = routing::price_in(*offer, ask.out.amount);
    if (!amount_in) return unexpected(amount_in.error());
    if (!condition_is_fresh(state, ask.condition)) return refuse(Reason::condition_used);

    Priced priced;
    priced.offer = offer;
    priced.out = ask.out;
    priced.out.payer = offer->out_account;
    priced.in = {ask.in_ledger,     offer->in_asset, *amount_in,   ask.in_payer,
                 offer->in_account, ask.in_place_by, ask.in_expiry};
    const LedgerConfig* in_ledger = state.ledger_config(ask.in_ledger);
    if (in_ledger == nullptr) return refuse(Reason::no_account);
    // Liquidity stays reserved until an incoming escrow that was placed in time would stand final.
    const TimingProfile timing = state.timing(*in_ledger).profile;
    priced.lapse = ask.in_place_by + timing.inclusion + timing.finality + timing.early;
    if (is_expired(at, ask.in_place_by) || is_expired(at, ask.out.place_by))
        return refuse(Reason::place_by_passed);
    if (priced.lapse > at + state.config->quote_life) return refuse(Reason::expiry_past_limit);
    if (ask.in_expiry > at + asking->max_hold) return refuse(Reason::expiry_past_limit);
    if (const auto margin = check_margin(state, priced.in, priced.out); !margin)
        return unexpected(margin.error());
    for (const PlannedHop* hop : {&priced.in, &priced.out})
        if (const auto usable =
                check_ledger(state, hop->ledger, hop->asset, hop->amount, at, hop->expiry);
            !usable)
            return unexpected(usable.error());
    if (available(state, {priced.out.ledger, {priced.out.payer, priced.out.asset}}) <
        priced.out.amount)
        return refuse(Reason::no_liquidity);
    if (!is_within_share(state, *asking, priced.out)) return refuse(Reason::peer_limit);
    return priced;
}

}  // namespace

std::optional<Reason> closed_for_business(const State& state) {
    if (!state.config || state.loud_stop) return Reason::unavailable;
    if (state.draining) return Reason::draining;
    if (state.disk_low) return Reason::disk_low;
    return std::nullopt;
}

bool condition_is_fresh(const State& state, const Condition& condition) {
    return !state.by_condition.contains(condition) && !state.conditions.contains(condition);
}

Result<void> check_ledger(const State& state, const Address& ledger, const AssetId& asset,
                          Amount amount, Timestamp at, Timestamp expiry) {
    if (!state.live(ledger) || state.paused(ledger)) return refuse(Reason::ledger_paused);
    const LedgerInfo& info = *state.ledgers.at(ledger).info;
    const auto known = std::find_if(info.assets.begin(), info.assets.end(),
                                    [&](const AssetInfo& a) { return a.asset == asset; });
    if (known == info.assets.end()) return refuse(Reason::unknown_asset);
    if (amount.is_zero()) return refuse(Reason::zero_amount);
    if (known->lot.units() > 1 && amount.units() % known->lot.units() != 0)
        return refuse(Reason::odd_lot);
    if (!info.max_amount.is_zero() && amount > info.max_amount)
        return refuse(Reason::amount_out_of_bounds);
    if (expiry > state.ledger_now(ledger, at) + info.max_hold)
        return refuse(Reason::expiry_too_far);
    return {};
}

void on_quote_ask(Effects& fx, const PublicKey& peer, const message::QuoteAsk& ask) {
    const auto priced = price(fx.state(), fx.at(), peer, ask);
    if (!priced) {
        fx.to_peer(peer, message::QuoteRefused{ask.ask, priced.error()});
        return;
    }
    OerWriter name;
    name.text("lockstep/quote-id/v1").fixed(fx.self()).fixed(peer).octets(encode_fields(ask));
    message::Quote quote;
    quote.ask = ask.ask;
    quote.id = QuoteId{sha256(name.bytes()).array()};
    quote.in = priced->in;
    quote.out_payer = priced->out.payer;
    quote.lapse = priced->lapse;
    quote.signature = fx.sign(quote_octets(ask, quote));

    Deal deal;
    deal.id = Hash{quote.id.array()};
    deal.role = DealRole::connector;
    deal.condition = ask.condition;
    deal.in = Leg{priced->in, {}, LegState::none};
    deal.out = Leg{priced->out, {}, LegState::none};
    deal.in_notifier = ask.in_notifier;
    deal.asked_by = peer;
    deal.ask = ask.ask;
    deal.out_peer = ask.next_node;
    deal.out_ref = Hash{ask.next_ref.array()};
    deal.lapse = priced->lapse;
    deal.fee = routing::fee_part(*priced->offer, priced->in.amount, priced->out.amount);
    fx.quote_changed(open_deal(fx, std::move(deal)), "given");
    fx.to_peer(peer, std::move(quote));
}

}  // namespace lockstep::core
