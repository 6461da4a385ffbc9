// What the interface takes: bodies become calls of the node's machine, which remembers them by
// their Idempotency-Key; an answer leaves when it is durable.
#include "connector/api/bodies.h"
#include "connector/api/render.h"
#include "connector/api/service_call.h"
#include "sdk/crypto/hash.h"

namespace lockstep::api {

namespace input = core::input;

namespace {

constexpr std::size_t max_idempotency_key = 128;

// Another request under the same key has another digest.
Hash digest_of(const net::HttpRequest& request) {
    constexpr std::uint8_t separator = 0;
    return Sha256()
        .add(as_bytes(request.method))
        .add({&separator, 1})
        .add(as_bytes(request.target))
        .add({&separator, 1})
        .add(request.body)
        .finish();
}

struct RenderAnswer {
    Json operator()(const core::answer::Submitted& submitted) const {
        Json trades = Json::array();
        for (const core::answer::SubmittedTrade& trade : submitted.trades) {
            Json json = Json::object({{"reference", trade.reference}});
            if (trade.plan) json.set("id", trade.plan->hex());
            if (trade.declined) {
                json.set("reason", to_string(*trade.declined));
                json.set("reason_text", describe(*trade.declined));
            }
            trades.push(std::move(json));
        }
        return Json::object({{"trades", std::move(trades)}});
    }
    Json operator()(const core::answer::InvoiceMade& made) const {
        Json json = render(made.invoice);
        json.set("state", core::to_string(core::InvoiceState::open));
        return json;
    }
    Json operator()(const core::answer::PaymentBegun& begun) const {
        return Json::object({{"id", begun.id.hex()}});
    }
    Json operator()(const core::answer::Acted& acted) const {
        return Json::object({{"state", core::to_string(acted.state)}});
    }
    Json operator()(const core::answer::LedgerResumed& resumed) const {
        return Json::object({{"ledger", resumed.ledger.text()}});
    }
    Json operator()(const core::answer::Acknowledged& acknowledged) const {
        return Json::object({{"was_stopped", acknowledged.was_stopped}});
    }
};

}  // namespace

// An acknowledgement that came too early: also which ledger or escrow it is that is in the way.
void Service::refuse_with_cause(const Call& call, Reason reason) {
    const auto asked = parts_.node->view([call, reason](const assembly::Node& node) {
        const auto cause = node.machine().stop_cause();
        call.refuse(reason, cause && cause->reason == reason ? cause->detail : std::string());
    });
    if (!asked) call.refuse(reason);
}

void Service::submit(const Call& call, input::ApiBody body) {
    const std::string* key = call.request.header("idempotency-key");
    if (key == nullptr || key->empty() || key->size() > max_idempotency_key) {
        return call.refuse(Reason::idempotency_missing,
                           "send an Idempotency-Key of 1 to 128 characters, the same one when the "
                           "request is repeated");
    }
    input::FromApi from;
    from.caller = call.caller.key.hex();
    from.idempotency_key = *key;
    from.request = digest_of(call.request);
    from.body = std::move(body);
    const bool acknowledges = std::holds_alternative<input::Acknowledge>(from.body);
    parts_.node->submit(std::move(from), [this, call, acknowledges](const Result<Bytes>& answer) {
        if (!answer && acknowledges) return refuse_with_cause(call, answer.error());
        if (!answer) return call.refuse(answer.error());
        const auto decoded = decode_fields<core::CallerAnswer>(*answer);
        if (!decoded) return call.refuse(Reason::internal_error);
        call.answer(std::visit(RenderAnswer{}, *decoded));
    });
}

namespace {

// Reads the body, or answers what is wrong with it and gives nothing.
template <class Call, class Read>
auto read_body(const Call& call, Read read)
    -> std::optional<typename decltype(read(Json{}))::value_type> {
    const auto json = parse_json(as_text(call.request.body));
    if (!json) {
        const auto reason = reason_from_string(json.error().code);
        call.refuse(reason.value_or(Reason::malformed), json.error().detail);
        return std::nullopt;
    }
    auto body = read(*json);
    if (!body) {
        call.refuse(body.error().reason, body.error().sentence());
        return std::nullopt;
    }
    return std::move(*body);
}

}  // namespace

void Service::post_trades(const Call& call) {
    auto body =
        read_body(call, [this](const Json& json) { return read_trades(json, parts_.config); });
    if (body) submit(call, std::move(*body));
}

void Service::post_trade_action(const Call& call) {
    const std::string& word = call.arguments[1];
    input::ActOnTrade act;
    if (word == "hold")
        act.action = input::TradeAction::hold;
    else if (word == "release")
        act.action = input::TradeAction::release;
    else if (word == "cancel")
        act.action = input::TradeAction::cancel;
    else
        return call.refuse(Reason::not_found, "an action is hold, release or cancel");
    if (!call.request.body.empty() && !read_body(call, read_nothing)) return;
    const auto trade = find_trade(call, call.arguments[0]);
    if (!trade) return;
    act.venue = trade->trade.venue;
    act.reference = trade->trade.reference;
    submit(call, std::move(act));
}

void Service::post_withholding(const Call& call) {
    auto body = read_body(call, read_withholding);
    if (!body) return;
    submit(call, input::ActOnTrade{body->venue, std::move(body->reference),
                                   input::TradeAction::withhold});
}

void Service::post_invoice(const Call& call) {
    auto body = read_body(call, [this](const Json& json) {
        return read_invoice_body(json, assets_, parts_.clock->now());
    });
    if (body) submit(call, std::move(*body));
}

void Service::post_payment(const Call& call) {
    auto body =
        read_body(call, [this](const Json& json) { return read_payment_body(json, assets_); });
    if (body) submit(call, std::move(*body));
}

void Service::post_confirmation(const Call& call) {
    if (!call.request.body.empty() && !read_body(call, read_nothing)) return;
    const auto id = core::PlanId::from_hex(call.arguments[0]);
    if (!id) return call.refuse(Reason::not_found, "no payment has this id");
    submit(call, input::ConfirmPayment{*id});
}

void Service::post_resumption(const Call& call) {
    if (!call.request.body.empty() && !read_body(call, read_nothing)) return;
    const auto ledger = Address::parse(call.arguments[0]);
    if (!ledger) return call.refuse(Reason::not_found, "no ledger has this address");
    submit(call, input::ResumeLedger{*ledger});
}

void Service::post_acknowledgement(const Call& call) {
    if (!call.request.body.empty() && !read_body(call, read_nothing)) return;
    submit(call, input::Acknowledge{});
}

}  // namespace lockstep::api
