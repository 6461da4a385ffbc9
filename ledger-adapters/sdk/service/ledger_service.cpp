#include "sdk/service/ledger_service.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "sdk/machine/stream_reader.h"
#include "sdk/net/url.h"
#include "sdk/service/json_views.h"
#include "sdk/service/log.h"

namespace lockstep::service {
namespace {

// Of a reader's past, waiting to be sent; whatever frame comes behind it has room too.
constexpr std::size_t max_past_queued = 1 << 20;
constexpr std::size_t max_stream_queued = max_past_queued + max_stream_frame_octets;

net::ServerLimits with_streams(net::ServerLimits limits) {
    limits.websocket.max_send_queue_bytes =
        std::max(limits.websocket.max_send_queue_bytes, max_stream_queued);
    return limits;
}
constexpr std::string_view accounts_path = "/v1/accounts/";
constexpr std::string_view statement_suffix = "/statement";

// A number in the query; `otherwise` where it is absent, nullopt where it is none.
std::optional<std::uint64_t> number(const net::HttpRequest& request, std::string_view name,
                                    std::uint64_t otherwise) {
    const std::string* text = request.parameter(name);
    if (text == nullptr) return otherwise;
    const auto amount = parse_amount(*text, 0);
    return amount ? std::optional(amount->units()) : std::nullopt;
}

// What may stand behind the '?' of a path.
std::vector<std::string_view> parameters_of(std::string_view path) {
    if (path == "/v1/accounts") return {"limit", "after"};
    if (path == "/v1/escrows") return {"account", "after", "limit"};
    if (path == "/v1/events") return {"cursor"};
    if (path.starts_with(accounts_path) && path.ends_with(statement_suffix))
        return {"from", "limit"};
    return {};
}

// A new reader of the port never sees half a number.
Result<void, Failure> write_port(const std::string& file, std::uint16_t port) {
    const std::string next = file + ".new";
    std::ofstream out(next);
    out << port << '\n';
    out.close();
    std::error_code error;
    if (out) std::filesystem::rename(next, file, error);
    if (out && !error) return {};
    const std::string why = out ? error.message() : "cannot be written; is the disk full?";
    std::filesystem::remove(next, error);
    return fail("io", file + ": " + why);
}

}  // namespace

LedgerService::LedgerService(Ports ports, ServiceSettings settings)
    : ports_(ports),
      settings_(std::move(settings)),
      server_(ports_.loop, with_streams(settings_.limits)) {}

LedgerService::~LedgerService() {
    stop(Duration{});
}

Result<std::uint16_t, Failure> LedgerService::start() {
    started_ = ports_.clock.now();
    server_.on_request(
        [this](const Request& request, Respond respond) { handle(request, std::move(respond)); });
    server_.on_websocket([this](const Request& request, const net::WebSocketAccept& accept) {
        events(request, accept);
    });
    auto port = server_.start(settings_.host, settings_.port);
    if (!port) return port;
    net::VerifierRules rules;
    const std::string suffix = ":" + std::to_string(*port);
    rules.origins = {{"http", settings_.host + suffix}, {"http", "localhost" + suffix}};
    if (settings_.host != "127.0.0.1") rules.origins.push_back({"http", "127.0.0.1" + suffix});
    for (const std::string& text : settings_.origins) {
        const auto url = net::parse_url(text);
        if (!url) return unexpected<Failure>(url.error());
        rules.origins.push_back({url->scheme, url->authority()});
    }
    verifier_ = std::make_unique<net::RequestVerifier>(ports_.scheme, std::move(rules));
    serving_ = true;
    // On a full disk claims go on without it.
    if (!settings_.port_file.empty()) {
        if (const auto written = write_port(settings_.port_file, *port); !written)
            log(LogLevel::warning, "no_port_file",
                Json::object({{"detail", written.error().detail}}));
    }
    return port;
}

void LedgerService::stop(Duration grace) {
    server_.stop(grace);
    serving_ = false;
}

void LedgerService::handle(const Request& request, Respond respond) {
    const std::string& path = request.path;
    if (path == "/health/live") return respond(net::json_response(200, R"({"live":true})"));
    if (!serving_) return respond(net::problem(Reason::unavailable, "still starting"));
    const bool is_post = path == "/v1/instructions" || path == "/v1/query";
    if (request.method != (is_post ? "POST" : "GET"))
        return respond(net::problem(Reason::method_not_allowed));
    if (path.starts_with("/v1/")) {
        if (const auto unknown = net::unknown_parameter(request, parameters_of(path)))
            return respond(net::problem(Reason::unknown_field, *unknown));
    }
    if (path == "/v1/instructions") return instructions(request, std::move(respond));
    if (path == "/v1/query") return query(request, std::move(respond));
    if (path == "/v1/ledger") return info(std::move(respond), false);
    if (path == "/v1/info") return info(std::move(respond), true);
    if (path == "/v1/totals") return totals(std::move(respond));
    if (path == "/v1/digest") return digest(std::move(respond));
    if (path == "/v1/stats") return stats(respond);
    if (path == "/metrics") return metrics(respond);
    if (path == "/health/ready") return ready(respond);
    handle_read(request, std::move(respond));
}

Result<void> LedgerService::check_times(Timestamp valid_until) const {
    const Timestamp now = ports_.clock.now();
    if (now > valid_until) return refuse(Reason::too_late);
    if (valid_until > now + max_instruction_life) return refuse(Reason::too_far_ahead);
    return {};
}

void LedgerService::instructions(const Request& request, Respond respond) {
    auto decoded = decode_instruction(request.body);
    if (!decoded) return respond(net::problem(decoded.error()));
    Instruction& instruction = decoded->instruction;
    // what costs nothing comes first, and a stranger's signature is not looked at
    if (instruction.ledger != settings_.ledger)
        return respond(net::problem(Reason::wrong_ledger, "this is " + settings_.ledger.text()));
    if (!ports_.backend.is_known_key(instruction.signer))
        return respond(net::problem(Reason::unknown_key));
    if (const auto timely = check_times(instruction.valid_until); !timely)
        return respond(net::problem(timely.error()));
    if (!verify_instruction(request.body, instruction.signer, ports_.scheme))
        return respond(net::problem(Reason::bad_signature));
    ports_.backend.submit({std::move(instruction), request.body},
                          [respond = std::move(respond)](Result<std::vector<OpAnswer>> answers) {
                              if (!answers) return respond(net::problem(answers.error()));
                              respond(net::binary_response(200, encode_answers(*answers)));
                          });
}

void LedgerService::query(const Request& request, Respond respond) {
    const auto decoded = decode_query(request.body);
    if (!decoded) return respond(net::problem(decoded.error()));
    const LedgerQuery& asked = decoded->query;
    if (asked.ledger != settings_.ledger)
        return respond(net::problem(Reason::wrong_ledger, "this is " + settings_.ledger.text()));
    if (!ports_.backend.is_known_key(asked.signer) && !is_auditor(asked.signer))
        return respond(net::problem(Reason::unknown_key));
    if (const auto timely = check_times(asked.valid_until); !timely)
        return respond(net::problem(timely.error()));
    if (!verify_query(request.body, asked.signer, ports_.scheme))
        return respond(net::problem(Reason::bad_signature));
    ports_.backend.query_octets(asked.signer, asked.body,
                                [respond = std::move(respond)](Result<Bytes> answer) {
                                    if (!answer) return respond(net::problem(answer.error()));
                                    respond(net::binary_response(200, std::move(*answer)));
                                });
}

bool LedgerService::is_auditor(const PublicKey& key) const {
    return std::find(settings_.auditors.begin(), settings_.auditors.end(), key) !=
           settings_.auditors.end();
}

Result<PublicKey, net::SignatureRefusal> LedgerService::caller(const Request& request) {
    return verifier_->verify(request, ports_.clock.now(), [this](const PublicKey& key) {
        return is_auditor(key) || ports_.backend.is_known_key(key);
    });
}

void LedgerService::handle_read(const Request& request, Respond respond) {
    const std::string& path = request.path;
    const bool one = path.starts_with(accounts_path);
    if (!one && path != "/v1/accounts" && path != "/v1/escrows") {
        if (ports_.backend.route(request, respond)) return;
        return respond(net::problem(Reason::not_found, path));
    }
    const auto reader = caller(request);
    if (!reader) return respond(net::problem(reader.error().reason, reader.error().detail));
    if (path == "/v1/accounts") return accounts(*reader, request, respond);
    if (path == "/v1/escrows") return escrows(*reader, request, std::move(respond));
    std::string_view name = std::string_view(path).substr(accounts_path.size());
    const bool wants_statement = name.ends_with(statement_suffix);
    if (wants_statement) name.remove_suffix(statement_suffix.size());
    const auto address = Address::parse(name);
    if (!address)
        return respond(net::problem(Reason::malformed, "no address: " + std::string(name)));
    if (!ports_.backend.may_read(*reader, *address))
        return respond(net::problem(Reason::not_permitted));
    if (wants_statement) return statement(*address, request, std::move(respond));
    account(*address, std::move(respond));
}

void LedgerService::events(const Request& request, const net::WebSocketAccept& accept) {
    if (request.path != "/v1/events") return accept.refuse(net::problem(Reason::not_found));
    if (!serving_) return accept.refuse(net::problem(Reason::unavailable, "still starting"));
    if (const auto unknown = net::unknown_parameter(request, parameters_of(request.path)))
        return accept.refuse(net::problem(Reason::unknown_field, *unknown));
    const auto cursor = number(request, "cursor", 0);
    if (!cursor) return accept.refuse(net::problem(Reason::malformed, "cursor is no number"));
    const auto reader = caller(request);
    if (!reader) return accept.refuse(net::problem(reader.error().reason, reader.error().detail));
    net::WebSocketHandlers handlers;
    handlers.on_open = [this, reader = *reader, cursor = *cursor](const net::WebSocketPtr& socket) {
        const auto begun = ports_.backend.subscribe(
            reader, cursor,
            {[socket](std::shared_ptr<const Bytes> frame) {
                 return socket->send(std::move(frame));
             },
             [socket] { return socket->queued_bytes() < max_past_queued; }},
            [socket](Reason reason) { socket->close(net::close_policy, to_string(reason)); });
        if (!begun) socket->close(net::close_policy, to_string(begun.error()));
    };
    accept.accept(std::move(handlers));
}

}  // namespace lockstep::service
