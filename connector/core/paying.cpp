#include "connector/core/paying.h"

#include <algorithm>

#include "connector/core/forwarding.h"
#include "connector/core/quoting.h"
#include "connector/core/route_plan.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {
namespace {

const LedgerConfig* ledger_of(const State& state, const Address& account) {
    if (!state.config) return nullptr;
    for (const LedgerConfig& ledger : state.config->ledgers)
        if (ledger.ledger.is_prefix_of(account) && state.is_ours(ledger.ledger, account))
            return &ledger;
    return nullptr;
}

void set_payment_state(Effects& fx, PaymentEntry& payment, PaymentState state) {
    payment.record.state = state;
    payment.record.changed = fx.at();
    fx.write(payment);
}

// The price is known: hop 0 goes out, under the deal that owns it from now on.
void send_payment(Effects& fx, PaymentEntry& payment) {
    State& state = fx.state();
    const PlannedHop& first = payment.plan.hops.front();
    const PlanId id = payment.record.id;
    // Another payment of the same invoice may have gone out while this one asked for its price.
    if (!condition_is_fresh(state, payment.plan.condition))
        return end_payment(fx, id, PaymentState::declined, Reason::condition_used);
    if (available(state, {first.ledger, {first.payer, first.asset}}) < first.amount)
        return end_payment(fx, id, PaymentState::declined, Reason::insufficient_funds);
    if (const auto usable =
            check_ledger(state, first.ledger, first.asset, first.amount, fx.at(), first.expiry);
        !usable)
        return end_payment(fx, id, PaymentState::declined, usable.error());
    Deal deal;
    deal.id = Hash{id.array()};
    deal.role = DealRole::sender;
    deal.condition = payment.plan.condition;
    deal.out = Leg{first, {}, LegState::none};
    deal.out_peer = payment.plan.nodes.front();
    deal.out_ref = payment.plan.refs.front();
    deal.lapse = first.place_by;
    deal.go = true;
    payment.deadline = Timestamp::never();
    state.set_due(payment);
    set_payment_state(fx, payment, PaymentState::paying);
    const Hash deal_id = open_deal(fx, std::move(deal)).id;
    advance(fx, deal_id);
}

void quoted(Effects& fx, PaymentEntry& payment) {
    const PlannedHop& first = payment.plan.hops.front();
    payment.record.amount = first.amount;
    payment.record.expiry = first.expiry;
    payment.record.hops = static_cast<std::uint32_t>(payment.plan.hops.size());
    if (first.amount > payment.most_paid)
        return end_payment(fx, payment.record.id, PaymentState::declined,
                           Reason::amount_out_of_bounds);
    if (!payment.quote_only) return send_payment(fx, payment);
    payment.deadline = first.place_by;
    fx.state().set_due(payment);
    set_payment_state(fx, payment, PaymentState::quoted);
}

PaymentEntry* find_payment(State& state, const PlanId& id) {
    const auto found = state.payments.find(id);
    return found == state.payments.end() ? nullptr : &found->second;
}

InvoiceEntry* find_invoice(State& state, const PlanId& id) {
    const auto found = state.invoices.find(id);
    return found == state.invoices.end() ? nullptr : &found->second;
}

void set_invoice_state(Effects& fx, InvoiceEntry& invoice, InvoiceState state) {
    invoice.record.state = state;
    invoice.record.changed = fx.at();
    fx.write(invoice);
}

void forget_invoice(Effects& fx, const PlanId& id, InvoiceState state) {
    if (InvoiceEntry* invoice = find_invoice(fx.state(), id))
        set_invoice_state(fx, *invoice, state);
    if (find_deal(fx.state(), Hash{id.array()}) == nullptr)
        fx.state().by_context.erase(Hash{id.array()});
    fx.state().set_due(Due::invoice, id.view(), Timestamp::never());
    fx.state().invoices.erase(id);
}

}  // namespace

Result<void> check_invoice(const State& state, Timestamp at, const input::CreateInvoice& wanted) {
    const LedgerConfig* ledger = ledger_of(state, wanted.account);
    if (ledger == nullptr) return refuse(Reason::no_account);
    if (state.invoices.size() >= max_invoices) return refuse(Reason::overloaded);
    if (is_expired(at, wanted.valid_until)) return refuse(Reason::too_late);
    if (wanted.valid_until > at + max_instruction_life) return refuse(Reason::too_far_ahead);
    return check_ledger(state, ledger->ledger, wanted.asset, wanted.amount, at, at);
}

void create_invoice(Effects& fx, const input::FromApi& call, const input::CreateInvoice& wanted) {
    State& state = fx.state();
    const LedgerConfig* ledger = ledger_of(state, wanted.account);
    ASSERT(ledger != nullptr);
    OerWriter name;
    name.text("lockstep/invoice/v1").fixed(fx.self()).u64(state.next_invoice++);
    name.octets(encode_fields(wanted)).time(fx.at());
    InvoiceEntry entry;
    entry.ticket = call.ticket;
    entry.idempotency = call.caller + '\n' + call.idempotency_key;
    input::Invoice& invoice = entry.record.invoice;
    invoice.id = PlanId{sha256(name.bytes()).array()};
    invoice.node = fx.self();
    invoice.ledger = ledger->ledger;
    invoice.account = wanted.account;
    invoice.asset = wanted.asset;
    invoice.amount = wanted.amount;
    invoice.valid_until = wanted.valid_until;
    invoice.timing = state.timing(*ledger);
    invoice.endurance = state.config->endurance;
    const Hash context{invoice.id.array()};
    state.by_context[context] = invoice.id;
    state.set_due(Due::invoice, invoice.id.view(), invoice.valid_until);
    state.invoices.emplace(invoice.id, std::move(entry));
    fx.make_condition(context);
}

void on_condition(Effects& fx, InvoiceEntry& entry, const input::ConditionMade& made) {
    if (entry.ready) return;
    State& state = fx.state();
    input::Invoice& invoice = entry.record.invoice;
    entry.ready = true;
    // From here on the deal lapses by itself.
    state.set_due(Due::invoice, invoice.id.view(), Timestamp::never());
    invoice.condition = made.condition;
    Deal deal;
    deal.id = Hash{invoice.id.array()};
    deal.role = DealRole::receiver;
    deal.condition = made.condition;
    // Payer and expiry are the sender's choice; the reveal guard judges the expiry.
    deal.in = Leg{{invoice.ledger,
                   invoice.asset,
                   invoice.amount,
                   {},
                   invoice.account,
                   invoice.valid_until,
                   {}},
                  {},
                  LegState::none};
    deal.secret_context = made.context;
    deal.secret_entropy = made.entropy;
    deal.lapse = invoice.valid_until;
    open_deal(fx, std::move(deal));
    set_invoice_state(fx, entry, InvoiceState::open);
    const CallerAnswer answer = answer::InvoiceMade{invoice};
    if (const auto call = state.calls.find(entry.idempotency); call != state.calls.end())
        call->second.answer = encode_fields(answer);
    fx.answer(entry.ticket, answer);
}

void on_invoice_due(Effects& fx, const PlanId& id) {
    // The deal of an invoice lapses by itself; what is left is one that never got its condition.
    if (find_deal(fx.state(), Hash{id.array()}) == nullptr &&
        find_invoice(fx.state(), id) != nullptr)
        forget_invoice(fx, id, InvoiceState::lapsed);
    else
        fx.state().set_due(Due::invoice, id.view(), Timestamp::never());
}

void invoice_deal_progressed(Effects& fx, const Deal& deal) {
    InvoiceEntry* invoice = find_invoice(fx.state(), PlanId{deal.id.array()});
    if (invoice == nullptr || deal.in->state != LegState::held) return;
    if (invoice->record.state == InvoiceState::open)
        set_invoice_state(fx, *invoice, InvoiceState::arriving);
}

void invoice_deal_ended(Effects& fx, const Deal& deal) {
    forget_invoice(
        fx, PlanId{deal.id.array()},
        deal.in->state == LegState::fulfilled ? InvoiceState::paid : InvoiceState::lapsed);
}

Result<void> check_pay(const State& state, Timestamp at, const input::Pay& pay) {
    const LedgerConfig* ledger = ledger_of(state, pay.from);
    if (ledger == nullptr) return refuse(Reason::no_account);
    if (state.payments.size() >= state.config->max_open) return refuse(Reason::overloaded);
    if (pay.invoice.amount.is_zero() || pay.most_paid.is_zero()) return refuse(Reason::zero_amount);
    if (is_expired(at, pay.invoice.valid_until)) return refuse(Reason::terms_lapsed);
    if (!pay.invoice.ledger.is_prefix_of(pay.invoice.account)) return refuse(Reason::wrong_ledger);
    if (pay.from == pay.invoice.account || pay.invoice.node == state.config->self)
        return refuse(Reason::same_account);
    if (!condition_is_fresh(state, pay.invoice.condition)) return refuse(Reason::condition_used);
    return {};
}

PlanId begin_payment(Effects& fx, const input::FromApi& call, const input::Pay& pay) {
    State& state = fx.state();
    OerWriter name;
    name.text("lockstep/payment/v1").fixed(fx.self()).fixed(pay.invoice.id);
    name.text(call.caller).text(call.idempotency_key);
    const PlanId id{sha256(name.bytes()).array()};
    if (find_payment(state, id) != nullptr) return id;
    const LedgerConfig* ledger = ledger_of(state, pay.from);
    ASSERT(ledger != nullptr);
    PaymentEntry entry;
    entry.record.id = id;
    entry.record.invoice = pay.invoice;
    entry.record.from = pay.from;
    entry.record.asset = pay.asset;
    entry.record.created = fx.at();
    entry.most_paid = pay.most_paid;
    entry.quote_only = pay.quote_only;
    entry.deadline = fx.at() + state.config->decision_time;
    PaymentEntry& payment = state.payments[id] = std::move(entry);
    state.set_due(payment);
    set_payment_state(fx, payment, PaymentState::quoting);

    RouteRequest request;
    request.from_ledger = ledger->ledger;
    request.from_account = pay.from;
    request.from_asset = pay.asset;
    request.to_ledger = pay.invoice.ledger;
    request.to_account = pay.invoice.account;
    request.to_asset = pay.invoice.asset;
    request.amount = pay.invoice.amount;
    request.target_node = pay.invoice.node;
    request.target_ref = Hash{pay.invoice.id.array()};
    request.condition = pay.invoice.condition;
    request.last_timing = pay.invoice.timing;
    request.receiver = pay.invoice.endurance;
    request.start = payment.deadline;
    auto planned = plan_route(state, request);
    if (!planned) {
        end_payment(fx, id, PaymentState::declined, planned.error());
        return id;
    }
    payment.plan = std::move(planned->plan);
    if (!ask_next(fx, payment.plan, id)) quoted(fx, payment);
    return id;
}

Result<void> check_confirm(const State& state, const PlanId& id) {
    const auto found = state.payments.find(id);
    if (found == state.payments.end()) return refuse(Reason::not_found);
    if (found->second.record.state != PaymentState::quoted) return refuse(Reason::quote_lapsed);
    return {};
}

void confirm_payment(Effects& fx, const PlanId& id) {
    PaymentEntry* payment = find_payment(fx.state(), id);
    if (payment != nullptr && payment->record.state == PaymentState::quoted)
        send_payment(fx, *payment);
}

void on_payment_quote(Effects& fx, PaymentEntry& payment, const PublicKey& peer,
                      const message::Quote& quote) {
    const PlanId id = payment.record.id;
    if (const auto taken = take_quote(fx, payment.plan, peer, quote); !taken)
        return end_payment(fx, id, PaymentState::declined, taken.error());
    if (!ask_next(fx, payment.plan, id)) quoted(fx, payment);
}

void end_payment(Effects& fx, const PlanId& id, PaymentState state, std::optional<Reason> reason) {
    PaymentEntry* payment = find_payment(fx.state(), id);
    ASSERT(payment != nullptr);
    const bool asking = payment->record.state == PaymentState::quoting ||
                        payment->record.state == PaymentState::quoted;
    if (state == PaymentState::declined && asking && fx.state().awaits_ledger(*payment)) {
        // Declined as soon as it is known that an earlier run did not make it.
        forget_ask(fx.state(), payment->plan);
        payment->deadline = fx.at();
        return fx.state().set_due(*payment);
    }
    // A journal that is an old copy may have forgotten that the escrow was made: the ledger's word
    // counts, and where it says too little nobody knows.
    const auto lost = fx.state().lost.find(payment->record.invoice.condition);
    if (state == PaymentState::declined && lost != fx.state().lost.end()) {
        payment->record.preimage = lost->second.preimage;
        state = lost->second.preimage ? PaymentState::paid : PaymentState::broken;
        reason = lost->second.preimage ? std::nullopt : std::optional(Reason::outcome_unknown);
    }
    payment->record.reason = reason;
    forget_ask(fx.state(), payment->plan);
    set_payment_state(fx, *payment, state);
    fx.state().set_due(Due::payment, id.view(), Timestamp::never());
    fx.state().payments.erase(id);
}

void on_payment_due(Effects& fx, const PlanId& id) {
    PaymentEntry* payment = find_payment(fx.state(), id);
    if (payment == nullptr) return;
    if (payment->record.state == PaymentState::quoting ||
        payment->record.state == PaymentState::quoted)
        end_payment(fx, id, PaymentState::declined, Reason::quote_lapsed);
}

void payment_deal_progressed(Effects& fx, const Deal& deal) {
    PaymentEntry* payment = find_payment(fx.state(), PlanId{deal.id.array()});
    if (payment != nullptr && deal.preimage && !payment->record.preimage)
        payment->record.preimage = deal.preimage;
}

void payment_deal_ended(Effects& fx, const Deal& deal) {
    const PlanId id{deal.id.array()};
    if (find_payment(fx.state(), id) == nullptr) return;
    if (deal.out->state == LegState::fulfilled)
        return end_payment(fx, id, PaymentState::paid, std::nullopt);
    const bool touched = deal.out->state == LegState::refunded;
    end_payment(fx, id, touched ? PaymentState::refunded : PaymentState::declined, deal.reason);
}

}  // namespace lockstep::core
