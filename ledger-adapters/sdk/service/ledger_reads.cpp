// The reads of LedgerService: what people and monitoring ask for.
#include <sstream>

#include "sdk/base/time_text.h"
#include "sdk/service/json_views.h"
#include "sdk/service/ledger_service.h"

namespace lockstep::service {
namespace {

constexpr std::uint64_t max_page = 1'000;

std::optional<std::uint64_t> number(const net::HttpRequest& request, std::string_view name,
                                    std::uint64_t otherwise, std::uint64_t most) {
    const std::string* text = request.parameter(name);
    if (text == nullptr) return otherwise;
    const auto amount = parse_amount(*text, 0);
    if (!amount || amount->units() > most) return std::nullopt;
    return amount->units();
}

net::HttpResponse json(const Json& value) {
    return net::json_response(200, write_json(value));
}

}  // namespace

void LedgerService::info(Respond respond, bool as_json) {
    ports_.backend.info([respond = std::move(respond), as_json](Result<LedgerInfo> info) {
        if (!info) return respond(net::problem(info.error()));
        if (as_json) return respond(json(to_json(*info)));
        OerWriter to;
        write_ledger_info(to, *info);
        respond(net::binary_response(200, to.take()));
    });
}

void LedgerService::totals(Respond respond) {
    ports_.backend.totals([respond = std::move(respond)](Result<std::vector<AssetTotals>> totals) {
        if (!totals) return respond(net::problem(totals.error()));
        respond(json(to_json(*totals)));
    });
}

void LedgerService::digest(Respond respond) {
    ports_.backend.digest([respond = std::move(respond)](Result<LedgerDigest> digest) {
        if (!digest) return respond(net::problem(digest.error()));
        respond(json(Json::object({{"seq", digest->sequence}, {"digest", digest->digest.hex()}})));
    });
}

void LedgerService::ready(const Respond& respond) const {
    if (!ports_.backend.is_ready()) return respond(net::problem(Reason::ledger_paused));
    if (ports_.backend.stats().disk_low) return respond(net::problem(Reason::disk_low));
    respond(net::json_response(200, R"({"ready":true})"));
}

void LedgerService::stats(const Respond& respond) const {
    const BackendStats backend = ports_.backend.stats();
    const net::HttpServer::Counters http = server_.counters();
    const Duration uptime = ports_.clock.now() - started_;
    respond(json(Json::object({{"program", settings_.program},
                               {"ledger", settings_.ledger.text()},
                               {"started", format_time(started_)},
                               {"uptime_ms", uptime.us() / 1'000},
                               {"signatures_verified", Ed25519::verifications()},
                               {"commits", backend.commits},
                               {"rows", backend.rows},
                               {"inputs", backend.inputs},
                               {"refusals", backend.refusals},
                               {"snapshots", backend.snapshots},
                               {"queue", backend.queue},
                               {"readers", backend.readers},
                               {"disk_low", backend.disk_low},
                               {"requests", http.requests},
                               {"open_connections", http.open_connections}})));
}

void LedgerService::metrics(const Respond& respond) const {
    const BackendStats backend = ports_.backend.stats();
    const net::HttpServer::Counters http = server_.counters();
    std::ostringstream text;
    const auto line = [&](std::string_view name, std::string_view type, std::uint64_t value) {
        text << "# TYPE lockstep_ledger_" << name << ' ' << type << "\nlockstep_ledger_" << name
             << ' ' << value << '\n';
    };
    const Duration uptime = ports_.clock.now() - started_;
    line("uptime_seconds", "gauge", static_cast<std::uint64_t>(uptime.us() / 1'000'000));
    line("signatures_verified_total", "counter", Ed25519::verifications());
    line("commits_total", "counter", backend.commits);
    line("journal_rows_total", "counter", backend.rows);
    line("inputs_total", "counter", backend.inputs);
    line("refusals_total", "counter", backend.refusals);
    line("snapshots_total", "counter", backend.snapshots);
    line("queue", "gauge", backend.queue);
    line("stream_readers", "gauge", backend.readers);
    line("disk_low", "gauge", backend.disk_low ? 1 : 0);
    line("http_requests_total", "counter", http.requests);
    line("http_malformed_total", "counter", http.malformed);
    line("http_refused_connections_total", "counter", http.refused_connections);
    line("http_refused_of_address_total", "counter", http.refused_of_address);
    line("http_open_connections", "gauge", http.open_connections);
    line("slow_readers_total", "counter", http.slow_readers);
    const std::string body = text.str();
    net::HttpResponse response{200, "text/plain; version=0.0.4", {}, {}};
    response.body.assign(body.begin(), body.end());
    respond(std::move(response));
}

void LedgerService::accounts(const PublicKey& reader, const Request& request,
                             const Respond& respond) const {
    const auto limit = number(request, "limit", 100, max_page);
    const auto after = number(request, "after", 0, UINT64_MAX);
    if (!limit || !after) return respond(net::problem(Reason::malformed, "limit is 0 to 1000"));
    const std::vector<Address> all = ports_.backend.accounts_of(reader);
    Json list = Json::array();
    for (std::size_t i = *after; i < all.size() && list.size() < *limit; ++i)
        list.push(all[i].text());
    respond(json(Json::object({{"accounts", std::move(list)}, {"total", all.size()}})));
}

void LedgerService::account(const Address& account, Respond respond) {
    ports_.backend.account(account, [respond = std::move(respond)](Result<AccountInfo> found) {
        if (!found) return respond(net::problem(found.error()));
        respond(json(to_json(*found)));
    });
}

void LedgerService::statement(const Address& account, const Request& request, Respond respond) {
    const auto from = number(request, "from", 0, UINT64_MAX);
    const auto limit = number(request, "limit", 100, max_page);
    if (!from || !limit) return respond(net::problem(Reason::malformed, "limit is 0 to 1000"));
    ports_.workers.post([this, account, from, limit, respond = std::move(respond)] {
        const auto rows = ports_.backend.statement(account, *from, *limit);
        if (!rows) return respond(net::problem(rows.error()));
        Json list = Json::array();
        for (const StatementRow& row : *rows)
            list.push(to_json(row));
        Json body = Json::object({{"account", account.text()}, {"rows", std::move(list)}});
        // where the next page begins
        if (rows->size() == *limit && !rows->empty()) body.set("next", rows->back().sequence + 1);
        respond(json(body));
    });
}

void LedgerService::escrows(const PublicKey& reader, const Request& request, Respond respond) {
    const std::string* text = request.parameter("account");
    const auto account = text != nullptr ? Address::parse(*text) : std::nullopt;
    const auto after = number(request, "after", 0, UINT64_MAX);
    const auto limit = number(request, "limit", 100, max_page);
    if (!account || !after || !limit)
        return respond(net::problem(Reason::malformed, "account=ADDRESS, after=, limit=0 to 1000"));
    const ask::OpenEscrows body{*account, static_cast<std::uint32_t>(*limit), *after};
    ports_.backend.query(reader, body, [respond = std::move(respond)](Result<QueryAnswer> answer) {
        if (!answer) return respond(net::problem(answer.error()));
        Json list = Json::array();
        for (const EscrowStanding& escrow : answer->escrows)
            list.push(to_json(escrow));
        respond(json(Json::object({{"ledger_time", format_time(answer->ledger_time)},
                                   {"sequence", answer->sequence},
                                   {"escrows", std::move(list)}})));
    });
}

}  // namespace lockstep::service
