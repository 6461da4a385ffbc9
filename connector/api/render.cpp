#include "connector/api/render.h"

#include "connector/api/invoice_code.h"
#include "sdk/base/assert.h"
#include "sdk/base/time_text.h"
#include "sdk/codec/archive.h"

namespace lockstep::api {

namespace {

Json hex(ByteView octets) {
    return Json(to_hex(octets));
}
Json time(Timestamp at) {
    return Json(format_time(at));
}
// Empty where the asset is not known yet.
Json code(const AssetId& asset) {
    return Json(asset.code());
}

void set_reason(Json& json, const std::optional<Reason>& reason) {
    if (!reason) return;
    json.set("reason", to_string(*reason));
    json.set("reason_text", describe(*reason));
}

Json leg(const core::PlannedHop& hop, const EscrowKey& key, core::LegState state) {
    Json json = Json::object({{"ledger", hop.ledger.text()},
                              {"asset", code(hop.asset)},
                              {"amount", render_amount(hop.amount, hop.asset)},
                              {"payer", hop.payer.text()},
                              {"payee", hop.payee.text()},
                              {"state", to_string(state)}});
    // An invoice's is its payer's to choose, with the escrow.
    if (hop.expiry != Timestamp{}) json.set("expiry", time(hop.expiry));
    if (!key.id.is_zero()) json.set("escrow", hex(key.id.view()));
    return json;
}

}  // namespace

Json render_amount(Amount amount, const AssetId& asset) {
    return Json(format_amount(amount, asset.scale()));
}

std::string_view mode_text(std::uint8_t mode) {
    switch (mode) {
        case static_cast<std::uint8_t>(report::Mode::catching_up):
            return "catching_up";
        case static_cast<std::uint8_t>(report::Mode::live):
            return "live";
        case static_cast<std::uint8_t>(report::Mode::stale):
            return "stale";
        case static_cast<std::uint8_t>(report::Mode::refused):
            return "refused";
        default:
            return "unknown";
    }
}

std::string_view to_string(core::EventKind kind) {
    switch (kind) {
        case core::EventKind::trade:
            return "trade";
        case core::EventKind::payment:
            return "payment";
        case core::EventKind::invoice:
            return "invoice";
        case core::EventKind::escrow:
            return "escrow";
        case core::EventKind::alarm:
            return "alarm";
        case core::EventKind::quote:
            return "quote";
    }
    UNREACHABLE();
}

Json render(const core::TradeRecord& record, bool with_evidence) {
    const core::Trade& trade = record.trade;
    Json json = Json::object({{"id", hex(record.plan.view())},
                              {"reference", trade.reference},
                              {"venue", hex(trade.venue.view())},
                              {"role", to_string(record.role)},
                              {"state", to_string(record.state)}});
    set_reason(json, record.reason);
    json.set("instrument", code(trade.instrument));
    json.set("quantity", render_amount(trade.quantity, trade.instrument));
    json.set("price", render_amount(trade.price, trade.price_asset));
    json.set("price_asset", code(trade.price_asset));
    json.set("consideration", render_amount(trade.consideration, trade.price_asset));
    json.set("buyer", trade.buyer.party);
    json.set("seller", trade.seller.party);
    if (record.settlement) json.set("settlement", hex(record.settlement->view()));
    if (record.terms) {
        json.set("pay_asset", code(record.terms->pay_asset));
        json.set("most_paid", render_amount(record.terms->most_paid, record.terms->pay_asset));
        if (!record.paid.is_zero())
            json.set("paid", render_amount(record.paid, record.terms->pay_asset));
    }
    json.set("held", record.held);
    json.set("withheld", record.withheld);
    json.set("created", time(record.created));
    json.set("changed", time(record.changed));
    if (with_evidence && record.terms) {
        Json evidence = Json::object({{"terms", hex(encode_fields(*record.terms))},
                                      {"condition", hex(record.terms->condition.view())}});
        if (record.buyer_signature)
            evidence.set("buyer_signature", hex(record.buyer_signature->view()));
        if (record.seller_signature)
            evidence.set("seller_signature", hex(record.seller_signature->view()));
        if (record.preimage) evidence.set("preimage", hex(*record.preimage));
        json.set("evidence", std::move(evidence));
    }
    return json;
}

Json render(const core::input::Invoice& invoice) {
    return Json::object({{"id", hex(invoice.id.view())},
                         {"code", write_invoice_code(invoice)},
                         {"node", hex(invoice.node.view())},
                         {"ledger", invoice.ledger.text()},
                         {"account", invoice.account.text()},
                         {"asset", code(invoice.asset)},
                         {"amount", render_amount(invoice.amount, invoice.asset)},
                         {"condition", hex(invoice.condition.view())},
                         {"valid_until", time(invoice.valid_until)}});
}

Json render(const core::InvoiceRecord& record) {
    Json json = render(record.invoice);
    json.set("state", to_string(record.state));
    json.set("changed", time(record.changed));
    return json;
}

Json render(const core::PaymentRecord& record) {
    Json json = Json::object({{"id", hex(record.id.view())}, {"state", to_string(record.state)}});
    set_reason(json, record.reason);
    json.set("invoice", render(record.invoice));
    json.set("from", record.from.text());
    json.set("asset", code(record.asset));
    if (!record.amount.is_zero()) {
        json.set("amount", render_amount(record.amount, record.asset));
        json.set("hops", record.hops);
        json.set("expiry", time(record.expiry));
    }
    if (record.preimage) json.set("preimage", hex(*record.preimage));
    json.set("created", time(record.created));
    json.set("changed", time(record.changed));
    return json;
}

Json render(const core::DealRecord& record) {
    Json json = Json::object({{"id", hex(record.id.view())},
                              {"role", to_string(record.role)},
                              {"condition", hex(record.condition.view())}});
    set_reason(json, record.reason);
    if (record.in) json.set("in", leg(*record.in, record.in_key, record.in_state));
    if (record.out) json.set("out", leg(*record.out, record.out_key, record.out_state));
    json.set("open", record.open);
    json.set("changed", time(record.changed));
    return json;
}

Json render(const core::QuoteView& quote, const core::PeerConfig* peer) {
    return Json::object({{"id", hex(quote.id.view())},
                         {"ask", hex(quote.ask.view())},
                         {"peer", peer == nullptr ? std::string() : peer->name},
                         {"peer_key", hex(quote.peer.view())},
                         {"condition", hex(quote.condition.view())},
                         {"in", leg(quote.in, {}, core::LegState::none)},
                         {"out", leg(quote.out, {}, core::LegState::none)},
                         {"lapse", time(quote.lapse)}});
}

Json render(const core::AlarmRecord& record) {
    return Json::object({{"number", record.number},
                         {"at", time(record.at)},
                         {"code", record.code},
                         {"detail", record.detail}});
}

Json render(const core::EventRecord& record) {
    Json json = Json::object({{"number", record.number},
                              {"at", time(record.at)},
                              {"kind", to_string(record.kind)},
                              {"id", hex(record.id.view())}});
    if (!record.reference.empty()) json.set("reference", record.reference);
    json.set("state", record.state);
    if (record.reason) json.set("reason", to_string(*record.reason));
    if (record.legs.empty()) return json;
    Json legs = Json::array();
    for (const core::EventLeg& leg : record.legs) {
        Json one = Json::object({{"leg", leg.incoming ? "in" : "out"},
                                 {"ledger", leg.ledger.text()},
                                 {"asset", code(leg.asset)},
                                 {"amount", render_amount(leg.amount, leg.asset)}});
        if (!leg.escrow.is_zero()) one.set("escrow", hex(leg.escrow.view()));
        legs.push(std::move(one));
    }
    json.set("legs", std::move(legs));
    return json;
}

Json render(const core::Exposure& exposure) {
    return Json::object({{"asset", code(exposure.asset)},
                         {"scale", exposure.asset.scale()},
                         {"at_risk", render_amount(exposure.at_risk, exposure.asset)},
                         {"incoming", render_amount(exposure.incoming, exposure.asset)},
                         {"reserved", render_amount(exposure.reserved, exposure.asset)},
                         {"deals", exposure.deals}});
}

Json render(const core::AccountView& account) {
    return Json::object({{"ledger", account.ledger.text()},
                         {"account", account.account.text()},
                         {"asset", code(account.asset)},
                         {"scale", account.asset.scale()},
                         {"free", render_amount(account.free, account.asset)},
                         {"escrowed", render_amount(account.escrowed, account.asset)},
                         {"available", render_amount(account.available, account.asset)}});
}

Json render(const core::LedgerView& ledger) {
    Json json = Json::object({{"ledger", ledger.ledger.text()},
                              {"mode", mode_text(ledger.mode)},
                              {"ledger_time", time(ledger.ledger_time)}});
    if (ledger.paused_since) json.set("paused_since", time(*ledger.paused_since));
    return json;
}

Json render(const core::PeerConfig& peer) {
    return Json::object({{"name", peer.name},
                         {"key", hex(peer.key.view())},
                         {"venue", peer.venue},
                         {"max_slots", peer.max_slots}});
}

Json render(const routing::Offer& offer, bool own) {
    return Json::object({{"connector", hex(offer.connector.view())},
                         {"own", own},
                         {"in_ledger", offer.in_ledger.text()},
                         {"in_asset", code(offer.in_asset)},
                         {"out_ledger", offer.out_ledger.text()},
                         {"out_asset", code(offer.out_asset)},
                         {"rate_num", offer.rate_num},
                         {"rate_den", offer.rate_den},
                         {"spread_ppm", offer.spread_ppm},
                         {"fixed_fee", render_amount(offer.fixed_fee, offer.in_asset)},
                         {"min_out", render_amount(offer.min_out, offer.out_asset)},
                         {"max_out", render_amount(offer.max_out, offer.out_asset)},
                         {"margin_ms", offer.margin.us() / 1000}});
}

}  // namespace lockstep::api
