#include "connector/core/trade_checks.h"

#include "connector/core/forwarding.h"
#include "connector/core/quoting.h"

namespace lockstep::core {

Result<Amount> exact_consideration(const Trade& trade) {
    std::uint64_t per = 1;
    for (std::uint8_t i = 0; i < trade.instrument.scale(); ++i)
        per *= 10;
    const auto down = mul_div_floor(trade.quantity.units(), trade.price.units(), per);
    const auto up = mul_div_ceil(trade.quantity.units(), trade.price.units(), per);
    if (!down || !up) return refuse(Reason::amount_overflow);
    if (*down != *up) return refuse(Reason::odd_lot);
    return Amount{*down};
}

Result<void> check_proposed(const State& state, Timestamp at, const Trade& trade, TradeRole role) {
    const PartyInstructions& us = role == TradeRole::buyer ? trade.buyer : trade.seller;
    if (const auto closed = closed_for_business(state)) return refuse(*closed);
    if (state.trades.size() > state.config->max_open) return refuse(Reason::overloaded);
    if (is_expired(at, trade.valid_until)) return refuse(Reason::terms_lapsed);
    if (trade.valid_until > at + max_instruction_life) return refuse(Reason::too_far_ahead);
    if (trade.buyer.node == trade.seller.node) return refuse(Reason::same_node);
    // The buyer's money stands for as long as the venue says that the seller needs.
    const PeerConfig* venue = state.peer(trade.venue);
    if (trade.seller.margin && (venue == nullptr || *trade.seller.margin > venue->max_hold))
        return refuse(Reason::expiry_past_limit);
    const PartyConfig* party = state.party(us.party);
    if (party == nullptr || party->cash_account != us.cash_account ||
        party->cash_asset != us.cash_asset || party->securities_account != us.securities_account)
        return refuse(Reason::unknown_party);
    const InstrumentConfig* instrument = state.instrument(trade.instrument.code());
    if (instrument == nullptr || instrument->asset != trade.instrument ||
        instrument->ledger != trade.securities_ledger)
        return refuse(Reason::unknown_instrument);
    // Each side is paid and delivered where the trade says; an account elsewhere would spoil the
    // instruction that carries it.
    if (!trade.cash_ledger.is_prefix_of(trade.seller.cash_account) ||
        !trade.securities_ledger.is_prefix_of(trade.seller.securities_account) ||
        !trade.securities_ledger.is_prefix_of(trade.buyer.securities_account))
        return refuse(Reason::wrong_ledger);
    if (role == TradeRole::seller && us.cash_asset != trade.price_asset)
        return refuse(Reason::wrong_asset);
    if (trade.quantity.is_zero() || trade.consideration.is_zero())
        return refuse(Reason::zero_amount);
    if (instrument->lot.units() > 1 && trade.quantity.units() % instrument->lot.units() != 0)
        return refuse(Reason::odd_lot);
    // The price is what the parties judge, the consideration what they pay: one is the other.
    const auto total = exact_consideration(trade);
    if (!total) return unexpected(total.error());
    if (*total != trade.consideration) return refuse(Reason::terms_mismatch);
    if (!instrument->reference_price.is_zero()) {
        // A reference price in another currency says nothing.
        if (trade.price_asset != state.config->price_asset)
            return refuse(Reason::price_out_of_tolerance);
        // A buyer minds a price above, a seller one below.
        const auto away = mul_div_floor(instrument->reference_price.units(),
                                        instrument->tolerance_ppm, 1'000'000);
        const std::uint64_t reference = instrument->reference_price.units();
        const auto most = away ? checked_add(reference, *away) : std::nullopt;
        const auto least = away ? checked_sub(reference, *away) : std::nullopt;
        if (role == TradeRole::buyer && most && trade.price.units() > *most)
            return refuse(Reason::price_out_of_tolerance);
        if (role == TradeRole::seller && least && trade.price.units() < *least)
            return refuse(Reason::price_out_of_tolerance);
    }
    return {};
}

AccountKey delivering_account(const Trade& trade) {
    return {trade.securities_ledger, {trade.seller.securities_account, trade.instrument}};
}

Result<void> check_terms(const State& state, Timestamp at, const Trade& trade, const Terms& terms) {
    const PlannedHop& payment = terms.payment;
    const PlannedHop& delivery = terms.delivery;
    if (const auto closed = closed_for_business(state)) return refuse(*closed);
    if (terms.secret_holder != SecretHolder::buyer) return refuse(Reason::secret_holder_mode);
    if (terms.trade != trade || payment.ledger != trade.cash_ledger ||
        payment.asset != trade.price_asset || payment.amount != trade.consideration ||
        payment.payee != trade.seller.cash_account || delivery.ledger != trade.securities_ledger ||
        delivery.asset != trade.instrument || delivery.amount != trade.quantity ||
        delivery.payer != trade.seller.securities_account ||
        delivery.payee != trade.buyer.securities_account ||
        !payment.ledger.is_prefix_of(payment.payer) || payment.place_by > payment.expiry ||
        delivery.place_by > delivery.expiry)
        return refuse(Reason::terms_mismatch);
    // An escrow between two accounts of ours would be two legs at once.
    if (state.is_ours(payment.ledger, payment.payer) ||
        state.is_ours(delivery.ledger, delivery.payee))
        return refuse(Reason::same_account);
    if (state.peer(terms.payment_notifier) == nullptr || state.peer(trade.buyer.node) == nullptr)
        return refuse(Reason::unknown_peer);
    if (is_expired(at, payment.place_by) || is_expired(at, delivery.place_by))
        return refuse(Reason::place_by_passed);
    if (payment.expiry > at + state.peer(trade.buyer.node)->max_hold)
        return refuse(Reason::expiry_past_limit);
    if (const auto margin = check_margin(state, payment, delivery); !margin) return margin;
    if (!condition_is_fresh(state, terms.condition)) return refuse(Reason::condition_used);
    for (const PlannedHop* hop : {&payment, &delivery})
        if (const auto usable =
                check_ledger(state, hop->ledger, hop->asset, hop->amount, at, hop->expiry);
            !usable)
            return usable;
    if (available(state, delivering_account(trade)) < trade.quantity)
        return refuse(Reason::insufficient_securities);
    return {};
}

}  // namespace lockstep::core
