// Payments and invoices: a sender on one ledger, a receiver on another, the receiver's condition.
#pragma once

#include "connector/core/deals.h"

namespace lockstep::core {

constexpr std::size_t max_invoices = 100'000;

// --- receiver ---
Result<void> check_invoice(const State& state, Timestamp at, const input::CreateInvoice& wanted);
void create_invoice(Effects& fx, const input::FromApi& call, const input::CreateInvoice& wanted);
void on_condition(Effects& fx, InvoiceEntry& invoice, const input::ConditionMade& made);
void on_invoice_due(Effects& fx, const PlanId& id);
void invoice_deal_progressed(Effects& fx, const Deal& deal);
void invoice_deal_ended(Effects& fx, const Deal& deal);

// --- sender ---
Result<void> check_pay(const State& state, Timestamp at, const input::Pay& pay);
// An id for the payment that the caller can follow; what goes wrong afterwards is in its record.
PlanId begin_payment(Effects& fx, const input::FromApi& call, const input::Pay& pay);
Result<void> check_confirm(const State& state, const PlanId& id);
void confirm_payment(Effects& fx, const PlanId& id);
void on_payment_quote(Effects& fx, PaymentEntry& payment, const PublicKey& peer,
                      const message::Quote& quote);
void end_payment(Effects& fx, const PlanId& id, PaymentState state, std::optional<Reason> reason);
void on_payment_due(Effects& fx, const PlanId& id);
void payment_deal_progressed(Effects& fx, const Deal& deal);
void payment_deal_ended(Effects& fx, const Deal& deal);

}  // namespace lockstep::core
