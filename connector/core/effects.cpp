#include "connector/core/effects.h"

#include <utility>

#include "sdk/crypto/hash.h"

namespace lockstep::core {

namespace {
EventLeg event_leg(const Leg& leg, bool incoming) {
    return {incoming, leg.hop.ledger, leg.key.id, leg.hop.asset, leg.hop.amount};
}
}  // namespace

EscrowId escrow_id(std::string_view role, ByteView of) {
    OerWriter writer;
    writer.text("lockstep/escrow/v1").text(role).octets(of);
    return EscrowId{sha256(writer.bytes()).array()};
}

CommandId command_id(std::string_view what, const Address& ledger, const EscrowKey& escrow) {
    OerWriter writer;
    writer.text("lockstep/command/v1").text(what).address(ledger);
    writer.address(escrow.payer).fixed(escrow.id);
    return CommandId{sha256(writer.bytes()).array()};
}

void Effects::prepare(const Address& ledger, const EscrowTerms& terms, Timestamp not_after) {
    const CommandId id = command_id("prepare", ledger, {terms.payer, terms.id});
    out_.outputs.emplace_back(output::ToLedger{ledger, id, op::Prepare{terms, not_after}});
}

void Effects::fulfil(const Address& ledger, const EscrowKey& escrow, const Bytes& preimage) {
    const CommandId id = command_id("fulfil", ledger, escrow);
    out_.outputs.emplace_back(output::ToLedger{ledger, id, op::Fulfil{escrow, preimage}});
}

void Effects::reject(const Address& ledger, const EscrowKey& escrow, const Address& payee) {
    const CommandId id = command_id("reject", ledger, escrow);
    out_.outputs.emplace_back(output::ToLedger{ledger, id, op::Reject{escrow, payee}});
}

void Effects::pass_share(const Address& ledger, const EscrowKey& escrow, const Bytes& share) {
    out_.outputs.emplace_back(output::PassShare{ledger, escrow, share});
}

void Effects::to_peer(const PublicKey& peer, Message message) {
    // A peer that left the configuration, or a receiver that never was in it: nobody to tell.
    if (state_.peer(peer) == nullptr) return;
    out_.outputs.emplace_back(output::ToPeer{peer, std::move(message)});
}

void Effects::make_condition(const Hash& context) {
    out_.outputs.emplace_back(output::MakeCondition{context});
}

void Effects::release_secret(const Hash& context, const Hash& entropy, const Condition& condition) {
    out_.outputs.emplace_back(output::ReleaseSecret{context, entropy, condition});
}

void Effects::answer(std::uint64_t ticket, const CallerAnswer& answer) {
    out_.outputs.emplace_back(output::ToCaller{ticket, encode_fields(answer)});
}

void Effects::refuse_caller(std::uint64_t ticket, Reason reason) {
    out_.outputs.emplace_back(output::ToCaller{ticket, refuse(reason)});
}

void Effects::event(EventKind kind, const Hash& id, std::string reference, std::string_view state,
                    std::optional<Reason> reason, std::vector<EventLeg> legs) {
    EventRecord row;
    row.number = state_.next_event++;
    row.at = at_;
    row.kind = kind;
    row.id = id;
    row.reference = std::move(reference);
    row.state = state;
    row.reason = reason;
    row.legs = std::move(legs);
    out_.records.push_back(make_record(RecordKind::event, number_key(row.number), row));
}

void Effects::alarm(std::string code, std::string detail) {
    AlarmRecord row{state_.next_alarm++, at_, code, detail};
    out_.records.push_back(make_record(RecordKind::alarm, number_key(row.number), row));
    event(EventKind::alarm, Hash{}, code, detail, std::nullopt);
    out_.outputs.emplace_back(output::Alarm{std::move(code), std::move(detail)});
}

void Effects::write_order(RecordKind kind, Timestamp created, const PlanId& id, bool& listed) {
    if (std::exchange(listed, true)) return;
    out_.records.push_back(make_record(kind, order_key(created, id), id));
}

void Effects::write(TradeEntry& trade) {
    const TradeRecord& record = trade.record;
    write_order(RecordKind::trade_order, record.created, record.plan, trade.listed);
    out_.records.push_back(make_record(RecordKind::trade, record.plan.view(), record));
    event(EventKind::trade, Hash{record.plan.array()}, record.trade.reference,
          to_string(record.state), record.reason);
}

void Effects::write(PaymentEntry& payment) {
    const PaymentRecord& record = payment.record;
    write_order(RecordKind::payment_order, record.created, record.id, payment.listed);
    out_.records.push_back(make_record(RecordKind::payment, record.id.view(), record));
    event(EventKind::payment, Hash{record.id.array()}, {}, to_string(record.state), record.reason);
}

void Effects::write(const InvoiceEntry& invoice) {
    const InvoiceRecord& record = invoice.record;
    out_.records.push_back(make_record(RecordKind::invoice, record.invoice.id.view(), record));
    event(EventKind::invoice, Hash{record.invoice.id.array()}, {}, to_string(record.state),
          std::nullopt);
}

void Effects::write(const DealRecord& deal) {
    out_.records.push_back(make_record(RecordKind::hop, deal.id.view(), deal));
}

void Effects::escrow_changed(const Deal& deal, const Leg& leg) {
    event(EventKind::escrow, deal.id, {}, to_string(leg.state), deal.reason,
          {event_leg(leg, deal.in && &leg == &*deal.in)});
}

void Effects::quote_changed(const Deal& deal, std::string_view state) {
    event(EventKind::quote, deal.id, {}, state, deal.reason,
          {event_leg(*deal.in, true), event_leg(*deal.out, false)});
}

void Effects::write_fee(const Deal& deal) {
    const FeeRecord row{deal.id, deal.in->hop.asset, deal.fee, at_};
    out_.records.push_back(make_record(RecordKind::fee, deal.id.view(), row));
}

void Effects::write(const AbortRecord& rate) {
    out_.records.push_back(make_record(RecordKind::abort_rate, as_bytes(rate.party), rate));
}

void Effects::write_reference(const TradeName& name, const PlanId& plan) {
    const Hash key = reference_key(name.first, name.second);
    out_.records.push_back(make_record(RecordKind::reference, key.view(), plan));
}

}  // namespace lockstep::core
