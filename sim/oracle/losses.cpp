// What a node paid on without being paid, or is owed and did not get, and what it says of that.
#include <algorithm>

#include "sdk/base/checked.h"
#include "sim/oracle/oracle.h"

namespace lockstep::sim {

// Anybody may put a second escrow under a condition, and it is given back: one of them pays.
bool Oracle::is_paid(const NodeProcess& payee, const Condition& condition, bool or_may_be) const {
    const auto chain = chains_.find(condition);
    if (chain == chains_.end()) return false;
    for (const Place& place : chain->second.escrows) {
        const Known& escrow = escrows_.at(place);
        if (owner(escrow.terms.payee) == &payee &&
            (escrow.state == EscrowState::fulfilled ||
             (or_may_be && escrow.state == EscrowState::prepared)))
            return true;
    }
    return false;
}

// Of several incoming escrows the one that pays, or still may: what has another price than the
// connector's is only taken for it where none of its price is left.
Oracle::Sides Oracle::sides_of(const NodeProcess& node, const Condition& condition) const {
    Sides sides;
    const std::vector<Place>& places = chains_.at(condition).escrows;
    for (const Place& place : places) {
        const Known& escrow = escrows_.at(place);
        if (owner(escrow.terms.payer) == &node && escrow.state == EscrowState::fulfilled)
            sides.out = &escrow;
    }
    const auto rank = [&](const Known& in) {
        const bool is_taken = in.state == EscrowState::fulfilled;
        if (!is_taken && in.state != EscrowState::prepared) return 0;
        const bool pays = sides.out == nullptr || is_price(node, in, *sides.out);
        return (pays ? 3 : 1) + (is_taken ? 1 : 0);
    };
    for (const Place& place : places) {
        const Known& escrow = escrows_.at(place);
        if (owner(escrow.terms.payee) != &node) continue;
        if (escrow.state == EscrowState::fulfilled) ++sides.taken;
        if (sides.in == nullptr || rank(escrow) > rank(*sides.in)) sides.in = &escrow;
    }
    return sides;
}

// Has the preimage for its money and is owed nothing else, whatever somebody puts under the
// condition for it later: whoever it once paid knows the preimage.
bool Oracle::is_sender(const NodeProcess& node, const Condition& condition) const {
    const auto& orders = parts_.orders.all();
    return std::any_of(orders.begin(), orders.end(), [&](const Order& order) {
        return !order.trade && order.payer == &node && order.invoice &&
               order.invoice->condition == condition;
    });
}

// A loss shows as soon as its outgoing escrow is fulfilled while its incoming one was given back,
// or was never there; at the end, where it was not claimed either.
void Oracle::check_loss(const NodeProcess& node, const Condition& condition, bool at_the_end) {
    const Sides sides = sides_of(node, condition);
    const auto* const out = sides.out;
    const auto* const in = sides.in;
    if (out == nullptr || is_sender(node, condition)) return;
    if (in == nullptr) {
        // A buyer that pays is delivered to: its delivery was claimed before anybody saw the
        // secret.
        return check(Rule::no_honest_loss, false,
                     [&] { return std::string(node.name() + " paid for nothing: " + tell(*out)); });
    }
    check(
        Rule::no_honest_loss,
        in->state == EscrowState::fulfilled || (in->state == EscrowState::prepared && !at_the_end),
        [&] {
            return std::string(node.name() + " paid " + tell(*out) + ", and was not paid " +
                               tell(*in));
        });
    // While several stand it is not known which one will pay; finish() looks again.
    if (in->state != EscrowState::fulfilled) return;
    check(Rule::exact_amounts, is_price(node, *in, *out), [&] {
        return node.name() + " sold at another price than its own: " + tell(*in) + " for " +
               tell(*out);
    });
    // Whoever knows its quote takes one. An older copy, which hears from the ledgers what it paid,
    // cannot know which escrow under the condition was the price of that and must take them all;
    // nobody honest puts more there than one.
    check(Rule::exact_amounts, sides.taken == 1 || out->is_forgotten, [&] {
        return node.name() + " was paid " + std::to_string(sides.taken) + " times for " +
               tell(*out);
    });
}

// A plain payment's receiver that decided to show its preimage is owed the escrow that it took for
// its invoice: the first exact one, since with that one's end its invoice is over. Who placed
// something under the condition itself, as a buyer does, loses that or nothing.
const Oracle::Known* Oracle::owed_to(const NodeProcess& node, const Condition& condition) const {
    const auto released = released_.find(condition);
    if (released == released_.end() || released->second.node != &node) return nullptr;
    const Order* wanted = nullptr;
    for (const Order& order : parts_.orders.all())
        if (!order.trade && order.payee == &node && order.invoice &&
            order.invoice->condition == condition)
            wanted = &order;
    if (wanted == nullptr) return nullptr;
    const Known* owed = nullptr;
    for (const Place& place : chains_.at(condition).escrows) {
        const Known& escrow = escrows_.at(place);
        if (owner(escrow.terms.payer) == &node) return nullptr;
        if (owed == nullptr && escrow.terms.payee == wanted->invoice->account &&
            escrow.terms.asset == wanted->invoice->asset &&
            escrow.terms.amount == wanted->invoice->amount)
            owed = &escrow;
    }
    return owed;
}

// What a node has lost under a condition for good: what it paid on without being paid, or with
// nothing there any more to be paid with, or what it is owed and did not get.
const Oracle::Known* Oracle::lost_of(const NodeProcess& node, const Condition& condition) const {
    if (!chains_.contains(condition)) return nullptr;
    const auto came_to_nothing = [](const Known* in) {
        return in != nullptr && in->state != EscrowState::fulfilled &&
               in->state != EscrowState::prepared;
    };
    const Sides sides = sides_of(node, condition);
    if (sides.out != nullptr) {
        if (is_sender(node, condition)) return nullptr;
        return sides.in == nullptr || came_to_nothing(sides.in) ? sides.out : nullptr;
    }
    const Known* const owed = owed_to(node, condition);
    return came_to_nothing(owed) && !is_paid(node, condition, false) ? owed : nullptr;
}

// Nobody can be safe beyond its profile. What is lost then was said to be at risk: the node, which
// has not heard of it in this moment, says so still.
void Oracle::count_loss(const NodeProcess& node, const Condition& condition) {
    if (!node.honest() || node.dead_for_good()) return;
    const Known* const what = lost_of(node, condition);
    if (what == nullptr) return;
    Losses& losses = lost_[&node];
    if (!losses.conditions.insert(condition).second) return;
    ++losses_;
    if (losses.at != parts_.scheduler.now()) losses.amounts.clear();
    losses.at = parts_.scheduler.now();
    const AssetId& asset = what->terms.asset;
    Amount& lost = losses.amounts[asset];
    lost = checked_add(lost, what->terms.amount).value_or(Amount{UINT64_MAX});
    if (!node.up()) return;  // what it would say is in its journal
    Amount reported;
    for (const core::Exposure& exposure : node.node().machine().exposure())
        if (exposure.asset == asset) reported = exposure.at_risk;
    check(Rule::bounded_loss, lost <= reported, [&] {
        return node.name() + " lost " + tell(*what) + " and said that " +
               format_amount(reported, asset.scale()) + " " + asset.code() + " were at risk";
    });
}

// Before it leaves its profile: what no ledger takes back any more was lost within it.
void Oracle::settle_losses(const NodeProcess& node) {
    if (!is_held_to(&node)) return;
    for (const auto& [condition, chain] : chains_) {
        const bool is_settled =
            std::all_of(chain.escrows.begin(), chain.escrows.end(), [&](const Place& place) {
                const Known& escrow = escrows_.at(place);
                return escrow.state == EscrowState::prepared || is_final(escrow);
            });
        if (is_settled) check_loss(node, condition);
    }
}

// What was lost with it may not be.
void Oracle::forgive_loss(const Known& escrow) {
    for (auto& [node, losses] : lost_)
        if (lost_of(*node, escrow.terms.condition) == nullptr &&
            losses.conditions.erase(escrow.terms.condition) > 0)
            --losses_;
}

void Oracle::alarm_raised(const NodeProcess& node, const std::string& code) {
    if (code != "loss") return;
    ++lost_[&node].alarms;
    check(Rule::alarms, !is_held_to(&node),
          [&] { return node.name() + " alarms a loss and is within its profile"; });
}

}  // namespace lockstep::sim
