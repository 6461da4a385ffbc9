#include "connector/client/api_client.h"

#include <future>

#include "sdk/net/http_client.h"
#include "sdk/net/message_signature.h"
#include "sdk/net/system_time.h"

namespace lockstep::client {

namespace {

// An answer with every open deal of a busy node.
constexpr std::size_t max_answer_octets = std::size_t{32} << 20;
constexpr std::size_t most_items = 1000;

Answer<Json> read_answer(Result<net::HttpResponse, net::ClientError> answer) {
    if (!answer) {
        return fail(std::string(to_string(answer.error().reason)), answer.error().detail);
    }
    if (answer->status < 200 || answer->status >= 300)
        return unexpected<Failure>(read_problem(answer->status, as_text(answer->body)));
    const auto json = parse_json(as_text(answer->body), {max_answer_octets, 32});
    if (!json) return fail("malformed", "the node's answer is no JSON: " + json.error().detail);
    return *json;
}

template <class T>
Answer<std::vector<T>> read_array(const Answer<Json>& items, T (*read)(const Json&)) {
    if (!items) return unexpected<Failure>(items.error());
    std::vector<T> read_items;
    for (std::size_t i = 0; i < items->size(); ++i)
        read_items.push_back(read((*items)[i]));
    return read_items;
}

template <class T>
Answer<std::vector<T>> read_items(const Answer<Json>& answer, T (*read)(const Json&)) {
    if (!answer) return unexpected<Failure>(answer.error());
    return read_array(Answer<Json>((*answer)["items"]), read);
}

template <class T>
Answer<T> read_one(const Answer<Json>& answer, T (*read)(const Json&)) {
    if (!answer) return unexpected<Failure>(answer.error());
    return read(*answer);
}

Answer<std::string> read_text(const Answer<Json>& answer, std::string_view key) {
    if (!answer) return unexpected<Failure>(answer.error());
    return std::string((*answer)[key].text_or(""));
}

Json trades_body(const std::vector<TradeRequest>& trades) {
    Json body = Json::array();
    for (const TradeRequest& trade : trades)
        body.push(write_trade_request(trade));
    return body;
}

Answer<std::vector<SubmittedTrade>> read_submitted_trades(const Answer<Json>& answer) {
    if (!answer) return unexpected<Failure>(answer.error());
    std::vector<SubmittedTrade> submitted;
    if (const auto* array = (*answer)["trades"].as_array()) {
        for (const Json& item : *array)
            submitted.push_back(read_submitted(item));
    }
    return submitted;
}

}  // namespace

struct ApiClient::Impl {
    Impl(net::IoLoop& loop, ApiAccess who, Duration longest)
        : access(std::move(who)), timeout(longest), http(loop, limits()) {}

    static net::ClientLimits limits() {
        net::ClientLimits limits;
        limits.max_body_bytes = max_answer_octets;
        return limits;
    }

    using Done = std::function<void(Answer<Json>)>;
    void call(net::HttpRequest request, Done done) {
        std::array<std::uint8_t, net::nonce_size> nonce{};
        fill_random(nonce);
        if (access.signer) {
            net::sign_request(request, {access.base.scheme, access.base.authority()},
                              *access.signer, net::system_time(), nonce);
        }
        http.request(access.base, std::move(request), timeout,
                     [done = std::move(done)](Result<net::HttpResponse, net::ClientError> answer) {
                         done(read_answer(std::move(answer)));
                     });
    }
    Answer<Json> wait(net::HttpRequest request) {
        auto promise = std::make_shared<std::promise<Answer<Json>>>();
        auto future = promise->get_future();
        call(std::move(request),
             [promise](Answer<Json> answer) { promise->set_value(std::move(answer)); });
        return future.get();
    }

    ApiAccess access;
    Duration timeout;
    net::HttpClient http;
};

namespace {

net::HttpRequest get_request(const std::string& target) {
    net::HttpRequest request;
    request.method = "GET";
    request.target = target;
    return request;
}

net::HttpRequest post_request(const std::string& target, const Json& body,
                              const std::string& idempotency_key) {
    net::HttpRequest request;
    request.method = "POST";
    request.target = target;
    const std::string text = write_json(body);
    request.body.assign(text.begin(), text.end());
    net::set_header(request.headers, "content-type", "application/json");
    net::set_header(request.headers, "idempotency-key",
                    idempotency_key.empty() ? fresh_key() : idempotency_key);
    return request;
}

}  // namespace

ApiClient::ApiClient(net::IoLoop& loop, ApiAccess access, Duration timeout)
    : impl_(std::make_shared<Impl>(loop, std::move(access), timeout)) {}
ApiClient::~ApiClient() {
    impl_->http.stop();
}

Answer<Json> ApiClient::get(const std::string& target) {
    return impl_->wait(get_request(target));
}
// A page can be empty and have a next one: the node reads only so many rows for a call, and may
// have taken none of them.
Answer<Json> ApiClient::get_all(const std::string& target) {
    const std::string cursor_key = target.find('?') == std::string::npos ? "?cursor=" : "&cursor=";
    Json all = Json::array();
    std::string cursor;
    do {
        auto answer = get(cursor.empty() ? target : target + cursor_key + cursor);
        if (!answer) return answer;
        const Json& items = (*answer)["items"];
        for (std::size_t i = 0; i < items.size(); ++i)
            all.push(items[i]);
        cursor = net::percent_encode((*answer)["next"].text_or(""));
    } while (!cursor.empty());
    return all;
}
Answer<Json> ApiClient::post(const std::string& target, const Json& body,
                             const std::string& idempotency_key) {
    return impl_->wait(post_request(target, body, idempotency_key));
}

// --- settlements
// ----------------------------------------------------------------------------------

Answer<std::vector<SubmittedTrade>> ApiClient::submit_trades(
    const std::vector<TradeRequest>& trades, const std::string& idempotency_key) {
    return read_submitted_trades(post("/v1/settlements", trades_body(trades), idempotency_key));
}

void ApiClient::submit_trades(const std::vector<TradeRequest>& trades,
                              const std::string& idempotency_key, Submitted done) {
    impl_->call(post_request("/v1/settlements", trades_body(trades), idempotency_key),
                [done = std::move(done)](const Answer<Json>& answer) {
                    done(read_submitted_trades(answer));
                });
}

Answer<TradeView> ApiClient::trade(const std::string& id) {
    return read_one(get("/v1/settlements/" + net::percent_encode(id)), read_trade);
}

Answer<TradePage> ApiClient::trades(const TradeQuery& query) {
    std::string target = "/v1/settlements?limit=" + std::to_string(query.limit);
    if (!query.state.empty()) target += "&state=" + net::percent_encode(query.state);
    if (!query.cursor.empty()) target += "&cursor=" + net::percent_encode(query.cursor);
    const auto answer = get(target);
    auto items = read_items(answer, read_trade);
    if (!items) return unexpected<Failure>(items.error());
    return TradePage{std::move(*items), std::string((*answer)["next"].text_or(""))};
}

Answer<std::string> ApiClient::act(const std::string& id, const std::string& action) {
    return read_text(
        post("/v1/settlements/" + net::percent_encode(id) + "/" + action, Json::object()), "state");
}

Answer<std::string> ApiClient::withhold(const std::string& venue, const std::string& reference) {
    return read_text(
        post("/v1/withholdings", Json::object({{"venue", venue}, {"reference", reference}})),
        "state");
}

// --- payments
// -------------------------------------------------------------------------------------

Answer<InvoiceView> ApiClient::create_invoice(const InvoiceRequest& request,
                                              const std::string& idempotency_key) {
    return read_one(post("/v1/invoices", write_invoice_request(request), idempotency_key),
                    read_invoice);
}
Answer<InvoiceView> ApiClient::invoice(const std::string& id) {
    return read_one(get("/v1/invoices/" + net::percent_encode(id)), read_invoice);
}
Answer<std::string> ApiClient::pay(const PayRequest& request, const std::string& idempotency_key) {
    return read_text(post("/v1/payments", write_pay_request(request), idempotency_key), "id");
}
Answer<std::string> ApiClient::confirm_payment(const std::string& id) {
    return read_text(post("/v1/payments/" + net::percent_encode(id) + "/confirm", Json::object()),
                     "id");
}
Answer<PaymentView> ApiClient::payment(const std::string& id) {
    return read_one(get("/v1/payments/" + net::percent_encode(id)), read_payment);
}
Answer<std::vector<PaymentView>> ApiClient::payments() {
    return read_array(get_all("/v1/payments?limit=" + std::to_string(most_items)), read_payment);
}

// --- the node
// -------------------------------------------------------------------------------------

Answer<std::vector<EscrowView>> ApiClient::escrows(bool open_only) {
    return read_array(get_all("/v1/escrows?limit=" + std::to_string(most_items) +
                              (open_only ? "&open=true" : "")),
                      read_escrow);
}
Answer<std::vector<QuoteView>> ApiClient::quotes() {
    return read_array(get_all("/v1/quotes?limit=" + std::to_string(most_items)), read_quote);
}
Answer<std::vector<BalanceView>> ApiClient::balances() {
    return read_items(get("/v1/balances"), read_balance);
}
Answer<std::vector<ExposureView>> ApiClient::exposure() {
    return read_items(get("/v1/exposure"), read_exposure);
}
Answer<std::vector<FeeView>> ApiClient::fees() {
    return read_items(get("/v1/fees"), read_fee);
}
Answer<std::vector<AlarmView>> ApiClient::alarms() {
    return read_array(get_all("/v1/alarms?limit=" + std::to_string(most_items)), read_alarm);
}
Answer<std::vector<LedgerView>> ApiClient::ledgers() {
    return read_items(get("/v1/ledgers"), read_ledger);
}
Answer<std::string> ApiClient::resume_ledger(const std::string& ledger) {
    return read_text(post("/v1/ledgers/" + net::percent_encode(ledger) + "/resume", Json::object()),
                     "ledger");
}
Answer<bool> ApiClient::acknowledge() {
    const auto answer = post("/v1/acknowledgements", Json::object());
    if (!answer) return unexpected<Failure>(answer.error());
    return (*answer)["was_stopped"].as_bool().value_or(false);
}
Answer<std::vector<PeerView>> ApiClient::peers() {
    return read_items(get("/v1/peers"), read_peer);
}
Answer<StatsView> ApiClient::stats() {
    return read_one(get("/v1/stats"), read_stats);
}
Answer<DigestView> ApiClient::digest() {
    return read_one(get("/v1/digest"), read_digest);
}

Answer<bool> ApiClient::ready() {
    const auto answer = get("/health/ready");
    if (answer) return true;
    const std::string& code = answer.error().code;
    if (code == to_string(Reason::ledger_paused) || code == to_string(Reason::draining) ||
        code == to_string(Reason::loud_stop))
        return false;
    return unexpected<Failure>(answer.error());
}

std::string fresh_key() {
    std::array<std::uint8_t, 16> drawn{};
    fill_random(drawn);
    return to_hex(drawn);
}

}  // namespace lockstep::client
