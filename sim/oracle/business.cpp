// What an honest node takes on: at which price, for whom, and with which money.
#include <algorithm>

#include "connector/core/state.h"
#include "sim/oracle/oracle.h"

namespace lockstep::sim {
namespace {

// Of an offer of the scenario or of a node: they name its terms alike.
template <class Offer>
Price price_of(const Offer& offer) {
    return {offer.rate_num, offer.rate_den, offer.spread_ppm, offer.fixed_fee};
}

void more(Amount& amount, Amount by) {
    amount = checked_add(amount, by).value_or(Amount{UINT64_MAX});
}
void less(Amount& amount, Amount by) {
    amount = checked_sub(amount, by).value_or(Amount{});
}

}  // namespace

// Rates come into force when a node starts. A quote that was given stands, so that whatever was in
// force once counts.
void Oracle::note_prices() {
    starts_.resize(parts_.nodes.size(), UINT64_MAX);
    for (std::size_t i = 0; i < starts_.size(); ++i) {
        const auto& node = parts_.nodes[i];
        if (starts_[i] == node->starts()) continue;
        starts_[i] = node->starts();
        if (node->config().own_offers.empty()) continue;
        Prices& known = prices_[node.get()];
        for (const routing::Offer& offer : node->config().own_offers) {
            std::vector<Price>& seen = known.of[{offer.in_ledger, offer.out_ledger}];
            const Price price = price_of(offer);
            if (std::find(seen.begin(), seen.end(), price) == seen.end()) seen.push_back(price);
        }
    }
}

const std::vector<Price>* Oracle::prices_between(const NodeProcess& node, const Known& in,
                                                 const Known& out) const {
    const auto known = prices_.find(&node);
    if (known == prices_.end()) return nullptr;
    const auto found = known->second.of.find(
        {parts_.ledgers[in.ledger]->address(), parts_.ledgers[out.ledger]->address()});
    return found == known->second.of.end() ? nullptr : &found->second;
}

bool Oracle::is_price(const NodeProcess& node, const Known& in, const Known& out) const {
    const std::vector<Price>* prices = prices_between(node, in, out);
    return prices == nullptr ||
           std::any_of(prices->begin(), prices->end(), [&](const Price& price) {
               return is_exact_price(price, in.terms.amount, out.terms.amount);
           });
}

// A buyer takes no quote that is dearer than what was offered, by more than it tolerates.
void Oracle::check_quotes_taken(const Order& order, const Condition& condition) {
    const std::uint32_t tolerance = order.payer->config().quote_tolerance_ppm;
    for (const auto& node : parts_.nodes) {
        if (node.get() == order.payer || node.get() == order.payee) continue;
        const Sides sides = sides_of(*node, condition);
        if (sides.out == nullptr || sides.in == nullptr ||
            sides.in->state != EscrowState::fulfilled)
            continue;
        for (const OfferSpec& offer : spec_of(*node).offers) {
            if (offer.in_ledger != parts_.scenario.ledgers[sides.in->ledger].name ||
                offer.out_ledger != parts_.scenario.ledgers[sides.out->ledger].name)
                continue;
            check(Rule::exact_amounts,
                  is_at_most(price_of(offer), sides.in->terms.amount, sides.out->terms.amount,
                             tolerance),
                  [&] {
                      return order.name + ": " + order.payer->name() +
                             " took a quote beyond its tolerance: " + tell(*sides.in) + " for " +
                             tell(*sides.out);
                  });
        }
    }
}

// Whoever began the chain asked for the quote. What it holds of a connector is at most what the
// ledgers show; what is only quoted comes on top.
void Oracle::take_share(const NodeProcess& node, Known& escrow) {
    escrow.asked_by = owner(chains_.at(escrow.terms.condition).first_payer);
    if (escrow.asked_by == nullptr || escrow.asked_by == &node) return;
    Share& share = shares_[{&node, escrow.asked_by}];
    ++share.escrows;
    const std::pair account{escrow.terms.payer, escrow.terms.asset};
    Amount& amount = share.amounts[account];
    amount = checked_add(amount, escrow.terms.amount).value_or(Amount{UINT64_MAX});
    const NodeSpec& spec = spec_of(node);
    check(Rule::isolation, share.escrows <= spec.peer_slots, [&] {
        return escrow.asked_by->name() + " has " + std::to_string(share.escrows) +
               " escrows open with " + node.name();
    });
    if (spec.peer_share_ppm >= 1'000'000) return;
    const auto most = mul_div_floor(money_[account].most.units(), spec.peer_share_ppm, 1'000'000);
    check(Rule::isolation, most && amount.units() <= *most, [&] {
        return escrow.asked_by->name() + " has more of " + escrow.terms.payer.text() +
               " than its share: " + format_amount(amount, escrow.terms.asset.scale());
    });
}

// What had ended stands again.
void Oracle::take_share_again(const Known& escrow) {
    if (escrow.asked_by == nullptr) return;
    Share& share = shares_[{owner(escrow.terms.payer), escrow.asked_by}];
    ++share.escrows;
    Amount& amount = share.amounts[{escrow.terms.payer, escrow.terms.asset}];
    amount = checked_add(amount, escrow.terms.amount).value_or(Amount{UINT64_MAX});
}

void Oracle::give_share_back(const Known& escrow) {
    if (escrow.asked_by == nullptr) return;
    const auto found = shares_.find({owner(escrow.terms.payer), escrow.asked_by});
    if (found == shares_.end()) return;
    --found->second.escrows;
    Amount& amount = found->second.amounts[{escrow.terms.payer, escrow.terms.asset}];
    amount = checked_sub(amount, escrow.terms.amount).value_or(Amount{});
}

void Oracle::move_money(const Known& escrow) {
    const EscrowTerms& terms = escrow.terms;
    Money& payer = money_[{terms.payer, terms.asset}];
    if (escrow.state == EscrowState::prepared) {
        less(payer.free, terms.amount);
    } else if (escrow.state == EscrowState::fulfilled) {
        less(payer.whole, terms.amount);
        Money& payee = money_[{terms.payee, terms.asset}];
        more(payee.free, terms.amount);
        more(payee.whole, terms.amount);
        payee.most = std::max(payee.most, payee.whole);
    } else {
        more(payer.free, terms.amount);
    }
    check_promises(terms.payer, terms.asset);
    check_promises(terms.payee, terms.asset);
}

// As if it had never moved so.
void Oracle::move_money_back(const Known& escrow) {
    const EscrowTerms& terms = escrow.terms;
    Money& payer = money_[{terms.payer, terms.asset}];
    if (escrow.state == EscrowState::prepared) {
        more(payer.free, terms.amount);
    } else if (escrow.state == EscrowState::fulfilled) {
        more(payer.whole, terms.amount);
        Money& payee = money_[{terms.payee, terms.asset}];
        less(payee.free, terms.amount);
        less(payee.whole, terms.amount);
    } else {
        less(payer.free, terms.amount);
    }
}

// Value changes hands by escrows alone here, and by what miners take: what the ledgers' events say
// must be what their books have.
void Oracle::check_balances() {
    for (const auto& ledger : parts_.ledgers) {
        if (!ledger->up()) continue;
        for (const auto& owned : owners_) {
            const Address& account = owned.first;
            if (!ledger->address().is_prefix_of(account)) continue;
            for (const Balance& balance : ledger->balances(account)) {
                const bool is_known = checked_add(balance.free, ledger->fees(account)) ==
                                      money_[{account, balance.asset}].free;
                check(Rule::conservation, is_known, [&] {
                    return account.text() + " has " +
                           format_amount(balance.free, balance.asset.scale()) + " " +
                           balance.asset.code() + ", which is not what came and went";
                });
            }
        }
    }
}

// What a node promised, and has not locked yet, must be there. The promises are its own; the money
// is what the ledgers say.
void Oracle::check_promises(const Address& account, const AssetId& asset) {
    const NodeProcess* node = owner(account);
    if (!is_held_to(node) || !node->up() || restored_.contains(node)) return;
    const Amount free = money_[{account, asset}].free;
    Amount promised;
    for (const auto& [id, deal] : node->node().machine().state().deals) {
        if (!deal.out || deal.out->hop.payer != account || deal.out->hop.asset != asset) continue;
        const bool waits = deal.out->state == core::LegState::none && !deal.given_up;
        const bool on_its_way =
            deal.out->state == core::LegState::sent &&
            !escrows_.contains({ledger_index(deal.out->hop.ledger), deal.out->key});
        if (waits || on_its_way)
            promised = checked_add(promised, deal.out->hop.amount).value_or(Amount{UINT64_MAX});
    }
    check(Rule::liquidity, promised <= free, [&] {
        return node->name() + " promised " + format_amount(promised, asset.scale()) + " of " +
               account.text() + ", where " + format_amount(free, asset.scale()) + " is free";
    });
}

}  // namespace lockstep::sim
