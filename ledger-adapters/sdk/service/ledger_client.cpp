#include "sdk/service/ledger_client.h"

#include <chrono>
#include <future>
#include <thread>

#include "sdk/crypto/hash.h"
#include "sdk/net/message_signature.h"
#include "sdk/net/system_time.h"

namespace lockstep::service {
namespace {

constexpr Duration request_timeout = Duration::seconds(10);
constexpr Duration instruction_life = Duration::seconds(60);
// A ledger that restarts is back within a second or two: it is asked every 50 ms for 3 s, and at
// least five times where each request takes its whole time. One that is busy is given longer each
// time.
constexpr Duration first_pause = Duration::milliseconds(50);
constexpr Duration longest_pause = Duration::milliseconds(1600);
constexpr std::chrono::seconds patience{3};
constexpr unsigned least_attempts = 5;

Duration pause_after(Reason reason, unsigned attempt) {
    const bool is_away = family(reason) == ReasonFamily::unknown || reason == Reason::unavailable ||
                         reason == Reason::draining;
    return is_away ? first_pause : doubled(first_pause, attempt, longest_pause);
}

CommandId random_id() {
    std::array<std::uint8_t, CommandId::size> octets;
    fill_random(octets);
    return CommandId{octets};
}

// What a problem document says, or what the ledger answered instead.
Failure problem_of(const net::HttpResponse& response) {
    const auto document = parse_json(as_text(response.body));
    if (!document) return {"malformed", "the ledger answered " + std::to_string(response.status)};
    const Json& json = *document;
    std::string detail = json["title"].text_or("refused");
    if (const std::string more = json["detail"].text_or(""); !more.empty()) detail += ": " + more;
    return {json["code"].text_or("malformed"), detail};
}

Failure failure_of(Reason reason) {
    return {std::string(to_string(reason)), std::string(describe(reason))};
}

}  // namespace

LedgerClient::LedgerClient(net::IoLoop& loop, net::Url ledger, std::shared_ptr<const Signer> signer)
    : url_(std::move(ledger)), signer_(std::move(signer)), http_(loop) {}

Result<net::HttpResponse, Failure> LedgerClient::send(net::HttpRequest request) {
    auto promise = std::make_shared<std::promise<Result<net::HttpResponse, net::ClientError>>>();
    auto future = promise->get_future();
    http_.request(url_, std::move(request), request_timeout,
                  [promise](Result<net::HttpResponse, net::ClientError> response) {
                      promise->set_value(std::move(response));
                  });
    auto response = future.get();
    if (!response) {
        return fail(
            std::string(to_string(response.error().reason)),
            url_.origin() + ": " + response.error().detail + "; does the ledger run there?");
    }
    if (response->status != 200) return unexpected<Failure>(problem_of(*response));
    return std::move(*response);
}

Result<net::HttpResponse, Failure> LedgerClient::post(const std::string& target, Bytes body) {
    net::HttpRequest request;
    request.method = "POST";
    request.target = target;
    request.headers = {{"content-type", "application/octet-stream"}};
    request.body = std::move(body);
    return send(std::move(request));
}

Result<LedgerInfo, Failure> LedgerClient::info() {
    net::HttpRequest request;
    request.target = "/v1/ledger";
    const auto response = send(std::move(request));
    if (!response) return unexpected<Failure>(response.error());
    OerReader from(response->body);
    LedgerInfo info = read_ledger_info(from);
    if (const auto end = from.finish(); !end) return unexpected<Failure>(failure_of(end.error()));
    return info;
}

Result<Address, Failure> LedgerClient::ledger() {
    if (!ledger_.empty()) return ledger_;
    const auto known = info();
    if (!known) return unexpected<Failure>(known.error());
    ledger_ = known->ledger;
    return ledger_;
}

Result<std::vector<OpAnswer>, Failure> LedgerClient::submit(std::vector<Op> ops) {
    const auto ledger = this->ledger();
    if (!ledger) return unexpected<Failure>(ledger.error());
    for (Op& op : ops) {
        if (op.id.is_zero()) op.id = random_id();
    }
    const std::size_t count = ops.size();
    const Bytes octets = sign_instruction(
        {*ledger, key(), net::system_time() + instruction_life, std::move(ops)}, *signer_);
    const auto until = std::chrono::steady_clock::now() + patience;
    for (unsigned attempt = 1;; ++attempt) {
        const auto response = post("/v1/instructions", octets);
        if (response) {
            auto answers = decode_answers(response->body);
            if (!answers) return unexpected<Failure>(failure_of(answers.error()));
            if (answers->size() != count) return fail("malformed", "an answer is missing");
            return std::move(*answers);
        }
        const auto reason = reason_from_string(response.error().code);
        const bool patient = attempt < least_attempts || std::chrono::steady_clock::now() < until;
        if (!reason || !is_worth_another_try(*reason) || !patient)
            return unexpected<Failure>(response.error());
        std::this_thread::sleep_for(std::chrono::microseconds(pause_after(*reason, attempt).us()));
    }
}

Result<std::uint64_t, Failure> LedgerClient::run(OpBody body, std::string_view name) {
    CommandId id = random_id();
    if (!name.empty()) id = CommandId{sha256(as_bytes(name)).array()};
    const auto answers = submit({{id, std::move(body)}});
    if (!answers) return unexpected<Failure>(answers.error());
    const OpAnswer& answer = answers->front();
    if (!answer.done) return unexpected<Failure>(failure_of(answer.reason));
    return answer.sequence;
}

Result<QueryAnswer, Failure> LedgerClient::query(QueryBody body) {
    const auto ledger = this->ledger();
    if (!ledger) return unexpected<Failure>(ledger.error());
    const auto response =
        post("/v1/query",
             sign_query({*ledger, key(), net::system_time() + instruction_life, std::move(body)},
                        *signer_));
    if (!response) return unexpected<Failure>(response.error());
    auto answer = decode_query_answer(response->body);
    if (!answer) return unexpected<Failure>(failure_of(answer.error()));
    return std::move(*answer);
}

Result<Json, Failure> LedgerClient::get(const std::string& target) {
    net::HttpRequest request;
    request.target = target;
    std::array<std::uint8_t, net::nonce_size> nonce;
    fill_random(nonce);
    net::sign_request(request, {url_.scheme, url_.authority()}, *signer_, net::system_time(),
                      nonce);
    const auto response = send(std::move(request));
    if (!response) return unexpected<Failure>(response.error());
    return parse_json(as_text(response->body));
}

}  // namespace lockstep::service
