#include "sim/world/orders.h"

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"

namespace lockstep::sim {
namespace {

// A payment may cost this many times what arrives, in smallest units, which differ by nine
// decimals: routes are judged by the planner, not here.
constexpr std::uint64_t most_paid_factor = 10'000'000;

}  // namespace

void Orders::submit(Order order) {
    order.submitted = scheduler_.now();
    orders_.push_back(std::move(order));
    ask(orders_.size() - 1);
}

void Orders::said(const NodeProcess& node, const Order& order, const std::string& what) {
    Moment moment;
    moment.at = scheduler_.now();
    moment.kind = MomentKind::state;
    moment.actor = node.actor();
    moment.text = order.name + " " + what;
    if (order.invoice)
        moment.escrow.condition = order.invoice->condition;
    else if (order.plan)
        moment.escrow.condition = topics_.of_plan(*order.plan);
    trace_.note(std::move(moment));
}

// Asks, and asks again as long as there is no answer. An invoice comes first, then the payment.
void Orders::ask(std::size_t index) {
    Order& order = orders_[index];
    if (order.answered || order.end != OrderEnd::open) return;
    NodeProcess& node = order.trade || order.invoice ? *order.at : *order.payee;
    if (node.dead_for_good()) return end(order, OrderEnd::dropped, "node_gone");
    core::input::FromApi call;
    call.caller = "desk";
    if (order.trade) {
        call.idempotency_key = order.name;
        call.body = core::input::SubmitTrades{{order.order}};
    } else if (!order.invoice) {
        call.idempotency_key = order.name + "/invoice";
        call.body = core::input::CreateInvoice{order.to, order.to_asset, order.amount,
                                               order.submitted + invoice_life_};
    } else {
        const std::uint64_t most_paid =
            checked_mul(order.amount.units(), most_paid_factor).value_or(UINT64_MAX);
        call.idempotency_key = order.name;
        call.body = core::input::Pay{*order.invoice, order.from, order.from_asset,
                                     Amount{most_paid}, false};
    }
    call.request = sha256(as_bytes(call.idempotency_key));
    call.ticket = ++last_ticket_;
    tickets_[call.ticket] = index;
    node.call(std::move(call));
    scheduler_.after(patience_, [this, index, invoice = order.invoice.has_value()] {
        if (orders_[index].invoice.has_value() == invoice) ask(index);
    });
}

void Orders::answered(NodeProcess& node, std::uint64_t ticket, const Result<Bytes>& answer) {
    const auto found = tickets_.find(ticket);
    if (found == tickets_.end()) return;
    const std::size_t index = found->second;
    tickets_.erase(found);
    Order& order = orders_[index];
    if (order.answered || order.end != OrderEnd::open) return;
    if (!answer) {
        // Refusals that pass are tried again by the same timer.
        const Reason reason = answer.error();
        if (reason == Reason::unavailable || reason == Reason::overloaded ||
            reason == Reason::draining || reason == Reason::disk_low)
            return;
        order.answered = true;
        return end(order, OrderEnd::declined, std::string(to_string(reason)));
    }
    const auto decoded = decode_fields<core::CallerAnswer>(*answer);
    ASSERT(decoded);
    if (const auto* made = std::get_if<core::answer::InvoiceMade>(&*decoded)) {
        if (order.invoice) return;
        order.invoice = made->invoice;
        return ask(index);
    }
    if (const auto* begun = std::get_if<core::answer::PaymentBegun>(&*decoded)) {
        order.answered = true;
        order.plan = begun->id;
    } else if (const auto* submitted = std::get_if<core::answer::Submitted>(&*decoded)) {
        order.answered = true;
        const core::answer::SubmittedTrade& trade = submitted->trades.front();
        if (trade.declined)
            return end(order, OrderEnd::declined, std::string(to_string(*trade.declined)));
        order.plan = trade.plan;
    }
    if (order.plan) plans_[*order.plan] = index;
    said(node, order, "accepted");
}

void Orders::published(NodeProcess& node, const core::EventRecord& event) {
    if (event.kind != core::EventKind::trade && event.kind != core::EventKind::payment) return;
    const auto found = plans_.find(core::PlanId{event.id.array()});
    if (found == plans_.end()) return;
    Order& order = orders_[found->second];
    if (trace_.keeps()) said(node, order, event.state);
    if (&node == order.at) order.state = event.state;
}

void Orders::end(Order& order, OrderEnd how, std::string reason) {
    order.end = how;
    order.reason = std::move(reason);
}

void Orders::look_at(Order& order) {
    if (order.end != OrderEnd::open) return;
    if (order.at->dead_for_good()) return end(order, OrderEnd::dropped, "node_gone");
    if (!order.plan) return;
    const auto kind = order.trade ? core::RecordKind::trade : core::RecordKind::payment;
    const auto row = order.at->records().get(static_cast<std::uint16_t>(kind), order.plan->view());
    // A node whose data was restored from an older copy knows nothing of it: it is asked again.
    if (!row) {
        order.answered = false;
        order.plan.reset();
        return ask(static_cast<std::size_t>(&order - orders_.data()));
    }
    const auto reason_of = [](const std::optional<Reason>& reason) {
        return reason ? std::string(to_string(*reason)) : std::string();
    };
    if (order.trade) {
        const auto record = decode_fields<core::TradeRecord>(*row);
        ASSERT(record);
        order.recorded = std::string(core::to_string(record->state));
        switch (record->state) {
            case core::TradeState::settled:
                return end(order, OrderEnd::settled, "");
            case core::TradeState::unwound:
                return end(order, OrderEnd::unwound, reason_of(record->reason));
            case core::TradeState::declined:
                return end(order, OrderEnd::declined, reason_of(record->reason));
            case core::TradeState::broken:
                return end(order, OrderEnd::broken, reason_of(record->reason));
            case core::TradeState::proposed:
            case core::TradeState::quoting:
            case core::TradeState::offered:
            case core::TradeState::accepted:
            case core::TradeState::paying:
            case core::TradeState::delivered:
            case core::TradeState::released:
                return;
        }
    }
    const auto record = decode_fields<core::PaymentRecord>(*row);
    ASSERT(record);
    order.recorded = std::string(core::to_string(record->state));
    switch (record->state) {
        case core::PaymentState::paid:
            return end(order, OrderEnd::settled, "");
        case core::PaymentState::refunded:
            return end(order, OrderEnd::unwound, reason_of(record->reason));
        case core::PaymentState::declined:
            return end(order, OrderEnd::declined, reason_of(record->reason));
        case core::PaymentState::broken:
            return end(order, OrderEnd::broken, reason_of(record->reason));
        case core::PaymentState::quoting:
        case core::PaymentState::quoted:
        case core::PaymentState::paying:
            return;
    }
}

void Orders::look() {
    for (Order& order : orders_)
        look_at(order);
}

bool Orders::all_over() const {
    for (const Order& order : orders_)
        if (order.end == OrderEnd::open) return false;
    return true;
}

}  // namespace lockstep::sim
