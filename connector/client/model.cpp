#include "connector/client/model.h"

#include "sdk/base/time_text.h"

namespace lockstep::client {

namespace {

std::string text(const Json& json, std::string_view key) {
    return std::string(json[key].text_or(""));
}
bool flag(const Json& json, std::string_view key) {
    return json[key].as_bool().value_or(false);
}
std::uint64_t number(const Json& json, std::string_view key) {
    return json[key].as_uint64().value_or(0);
}
Timestamp time(const Json& json, std::string_view key) {
    return parse_time(json[key].text_or("")).value_or(Timestamp{});
}

LegView read_leg(const Json& json) {
    return {text(json, "ledger"), text(json, "asset"),  text(json, "amount"), text(json, "payer"),
            text(json, "payee"),  text(json, "escrow"), text(json, "state"),  time(json, "expiry")};
}

}  // namespace

TradeView read_trade(const Json& json) {
    TradeView view;
    view.id = text(json, "id");
    view.reference = text(json, "reference");
    view.venue = text(json, "venue");
    view.role = text(json, "role");
    view.state = text(json, "state");
    view.reason = text(json, "reason");
    view.instrument = text(json, "instrument");
    view.quantity = text(json, "quantity");
    view.price = text(json, "price");
    view.price_asset = text(json, "price_asset");
    view.consideration = text(json, "consideration");
    view.buyer = text(json, "buyer");
    view.seller = text(json, "seller");
    view.settlement = text(json, "settlement");
    view.pay_asset = text(json, "pay_asset");
    view.most_paid = text(json, "most_paid");
    view.paid = text(json, "paid");
    view.held = flag(json, "held");
    view.withheld = flag(json, "withheld");
    view.created = time(json, "created");
    view.changed = time(json, "changed");
    if (const Json* evidence = json.find("evidence")) {
        view.evidence = Evidence{text(*evidence, "terms"), text(*evidence, "buyer_signature"),
                                 text(*evidence, "seller_signature"), text(*evidence, "condition"),
                                 text(*evidence, "preimage")};
    }
    return view;
}

InvoiceView read_invoice(const Json& json) {
    InvoiceView view;
    view.id = text(json, "id");
    view.code = text(json, "code");
    view.state = text(json, "state");
    view.node = text(json, "node");
    view.ledger = text(json, "ledger");
    view.account = text(json, "account");
    view.asset = text(json, "asset");
    view.amount = text(json, "amount");
    view.condition = text(json, "condition");
    view.valid_until = time(json, "valid_until");
    return view;
}

PaymentView read_payment(const Json& json) {
    PaymentView view;
    view.id = text(json, "id");
    view.state = text(json, "state");
    view.reason = text(json, "reason");
    view.invoice = read_invoice(json["invoice"]);
    view.from = text(json, "from");
    view.asset = text(json, "asset");
    view.amount = text(json, "amount");
    view.hops = number(json, "hops");
    view.expiry = time(json, "expiry");
    view.preimage = text(json, "preimage");
    view.created = time(json, "created");
    view.changed = time(json, "changed");
    return view;
}

EscrowView read_escrow(const Json& json) {
    EscrowView view;
    view.id = text(json, "id");
    view.role = text(json, "role");
    view.condition = text(json, "condition");
    view.reason = text(json, "reason");
    if (const Json* in = json.find("in")) view.in = read_leg(*in);
    if (const Json* out = json.find("out")) view.out = read_leg(*out);
    view.open = flag(json, "open");
    view.changed = time(json, "changed");
    return view;
}

QuoteView read_quote(const Json& json) {
    return {text(json, "id"),       text(json, "ask"),       text(json, "peer"),
            text(json, "peer_key"), text(json, "condition"), read_leg(json["in"]),
            read_leg(json["out"]),  time(json, "lapse")};
}

BalanceView read_balance(const Json& json) {
    return {text(json, "ledger"),   text(json, "account"), text(json, "asset"),
            number(json, "scale"),  text(json, "free"),    text(json, "escrowed"),
            text(json, "available")};
}

ExposureView read_exposure(const Json& json) {
    return {text(json, "asset"),    number(json, "scale"),  text(json, "at_risk"),
            text(json, "incoming"), text(json, "reserved"), number(json, "deals")};
}

FeeView read_fee(const Json& json) {
    return {text(json, "asset"), number(json, "scale"), text(json, "fee"), number(json, "deals")};
}

AlarmView read_alarm(const Json& json) {
    return {number(json, "number"), time(json, "at"), text(json, "code"), text(json, "detail")};
}

LedgerView read_ledger(const Json& json) {
    return {text(json, "ledger"), text(json, "mode"), time(json, "ledger_time"),
            parse_time(text(json, "paused_since"))};
}

PeerView read_peer(const Json& json) {
    return {text(json, "name"), text(json, "key"), flag(json, "venue"), flag(json, "reachable"),
            number(json, "waiting")};
}

EventView read_event(const Json& json) {
    EventView view{
        number(json, "number"),  time(json, "at"),    text(json, "kind"),   text(json, "id"),
        text(json, "reference"), text(json, "state"), text(json, "reason"), {}};
    if (const auto* legs = json["legs"].as_array()) {
        for (const Json& leg : *legs) {
            view.legs.push_back({text(leg, "leg"), text(leg, "ledger"), text(leg, "asset"),
                                 text(leg, "amount"), text(leg, "escrow")});
        }
    }
    return view;
}

StatsView read_stats(const Json& json) {
    StatsView view;
    view.name = text(json, "name");
    view.node = text(json, "node");
    view.signatures_verified = number(json, "signatures_verified");
    view.commits = number(json, "commits");
    view.rows = number(json, "rows");
    view.inputs = number(json, "inputs");
    view.restarts = number(json, "restarts");
    view.open_deals = number(json, "open_deals");
    view.open_trades = number(json, "open_trades");
    view.last_event = number(json, "last_event");
    view.draining = flag(json, "draining");
    view.loud_stop = flag(json, "loud_stop");
    return view;
}

Failure read_problem(int status, std::string_view body) {
    const std::string told = "HTTP status " + std::to_string(status);
    const auto json = parse_json(body);
    if (!json) return {"internal_error", told + " without a problem document"};
    const std::string title((*json)["title"].text_or(told));
    const std::string detail((*json)["detail"].text_or(""));
    return {std::string((*json)["code"].text_or("internal_error")),
            detail.empty() ? title : title + ": " + detail};
}

DigestView read_digest(const Json& json) {
    return {number(json, "seq"), text(json, "digest")};
}

SubmittedTrade read_submitted(const Json& json) {
    return {text(json, "reference"), text(json, "id"), text(json, "reason")};
}

Json write_trade_request(const TradeRequest& request) {
    Json json = Json::object({{"reference", request.reference},
                              {"instrument", request.instrument},
                              {"quantity", request.quantity},
                              {"price", request.price},
                              {"buyer", request.buyer},
                              {"seller", request.seller}});
    if (!request.time.empty()) json.set("time", request.time);
    return json;
}

Json write_invoice_request(const InvoiceRequest& request) {
    Json json = Json::object({{"account", request.account}, {"amount", request.amount}});
    if (!request.asset.empty()) json.set("asset", request.asset);
    if (request.valid_until != Timestamp{})
        json.set("valid_until", format_time(request.valid_until));
    return json;
}

Json write_pay_request(const PayRequest& request) {
    Json json = Json::object({{"invoice", request.invoice}, {"from", request.from}});
    if (!request.asset.empty()) json.set("asset", request.asset);
    if (!request.most_paid.empty()) json.set("most_paid", request.most_paid);
    if (request.quote_only) json.set("quote_only", true);
    return json;
}

}  // namespace lockstep::client
