#include "connector/api/service.h"

#include <algorithm>

#include "connector/api/render.h"
#include "connector/api/service_call.h"
#include "sdk/base/assert.h"

namespace lockstep::api {

namespace {

// Roles as bits of a mask.
constexpr unsigned bit(Role role) {
    return 1U << static_cast<unsigned>(role);
}
constexpr unsigned op = bit(Role::operator_);
constexpr unsigned venue = bit(Role::venue);
constexpr unsigned participant = bit(Role::participant);
constexpr unsigned auditor = bit(Role::auditor);
constexpr unsigned all = op | venue | participant | auditor;

constexpr unsigned not_venue = op | participant | auditor;

// The kinds of events that a role may follow: those that it may list.
EventFeed::Kinds kinds_for(Role role) {
    constexpr std::pair<core::EventKind, unsigned> table[]{
        {core::EventKind::trade, all},          {core::EventKind::payment, not_venue},
        {core::EventKind::invoice, not_venue},  {core::EventKind::escrow, not_venue},
        {core::EventKind::alarm, op | auditor}, {core::EventKind::quote, not_venue},
    };
    EventFeed::Kinds kinds;
    for (const auto& [kind, roles] : table) {
        if ((roles & bit(role)) != 0) kinds.insert(kind);
    }
    return kinds;
}

// Those of `kinds` that a list as "trade,escrow" names; the error is a sentence.
Result<EventFeed::Kinds, std::string> chosen_kinds(std::string_view list,
                                                   const EventFeed::Kinds& kinds) {
    EventFeed::Kinds chosen;
    while (true) {
        const std::string_view name = list.substr(0, list.find(','));
        const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                       [&](core::EventKind one) { return to_string(one) == name; });
        if (kind == kinds.end()) {
            std::string known;
            for (const core::EventKind one : kinds)
                known += (known.empty() ? "" : ", ") + std::string(to_string(one));
            return unexpected<std::string>("kinds: \"" + std::string(name) +
                                           "\" is none of what this caller may follow: " + known);
        }
        chosen.insert(*kind);
        if (name.size() == list.size()) return chosen;
        list.remove_prefix(name.size() + 1);
    }
}

std::string may_not(Role role) {
    return "the role " + std::string(to_string(role)) + " may not do this";
}

// Split before it is decoded: a reference may hold a slash, as %2F.
std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::size_t slash = path.find('/');
        parts.push_back(net::percent_decode(path.substr(0, slash)).value_or(""));
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
    }
    return parts;
}

// "*" stands for one part.
bool matches(std::string_view pattern, const std::vector<std::string>& given,
             std::vector<std::string>& arguments) {
    arguments.clear();
    const auto wanted = split_path(pattern);
    if (wanted.size() != given.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == "*" && !given[i].empty())
            arguments.push_back(given[i]);
        else if (wanted[i] != given[i])
            return false;
    }
    return true;
}

}  // namespace

struct Service::Route {
    std::string_view method;
    std::string_view pattern;
    unsigned roles;
    void (Service::*handler)(const Call&);
    std::vector<std::string_view> parameters = {};  // of the query
};

const std::vector<Service::Route>& Service::routes() {
    const std::vector<std::string_view> paged{"limit", "cursor"};
    static const std::vector<Route> table{
        {"POST", "/v1/settlements", op | venue, &Service::post_trades},
        {"GET", "/v1/settlements", all, &Service::list_trades, {"limit", "cursor", "state"}},
        {"GET", "/v1/settlements/*", all, &Service::get_trade},
        {"POST", "/v1/settlements/*/*", op | venue | participant, &Service::post_trade_action},
        {"POST", "/v1/withholdings", op | participant, &Service::post_withholding},
        {"POST", "/v1/invoices", op | participant, &Service::post_invoice},
        {"GET", "/v1/invoices", not_venue, &Service::list_invoices, paged},
        {"GET", "/v1/invoices/*", not_venue, &Service::get_invoice},
        {"POST", "/v1/payments", op | participant, &Service::post_payment},
        {"POST", "/v1/payments/*/confirm", op | participant, &Service::post_confirmation},
        {"GET", "/v1/payments", not_venue, &Service::list_payments, paged},
        {"GET", "/v1/payments/*", not_venue, &Service::get_payment},
        {"GET", "/v1/escrows", not_venue, &Service::list_escrows, {"limit", "cursor", "open"}},
        {"GET", "/v1/quotes", not_venue, &Service::list_quotes, paged},
        {"GET", "/v1/balances", not_venue, &Service::list_balances},
        {"GET", "/v1/exposure", not_venue, &Service::list_exposure},
        {"GET", "/v1/fees", op | auditor, &Service::list_fees},
        {"GET", "/v1/alarms", op | auditor, &Service::list_alarms, paged},
        {"POST", "/v1/acknowledgements", op, &Service::post_acknowledgement},
        {"GET", "/v1/ledgers", all, &Service::list_ledgers},
        {"POST", "/v1/ledgers/*/resume", op, &Service::post_resumption},
        {"GET", "/v1/peers", op | auditor, &Service::list_peers},
        {"GET", "/v1/offers", all, &Service::list_offers},
        {"GET", "/v1/stats", all, &Service::get_stats},
        {"GET", "/v1/digest", op | auditor, &Service::get_digest},
    };
    return table;
}

Service::Service(ServiceParts parts)
    : parts_(std::move(parts)),
      assets_(parts_.config),
      feed_(*parts_.records, *parts_.loop),
      balances_(*parts_.node, *parts_.loop) {
    ASSERT(parts_.node != nullptr && parts_.verifier != nullptr && parts_.clock != nullptr);
    for (const Caller& caller : parts_.callers)
        callers_.emplace(caller.key, caller);
}
Service::~Service() = default;

Result<Caller, net::HttpResponse> Service::authenticate(const net::HttpRequest& request) {
    const auto key = parts_.verifier->verify(
        request, parts_.clock->now(),
        [this](const PublicKey& claimed) { return callers_.contains(claimed); });
    if (!key)
        return unexpected<net::HttpResponse>(net::problem(key.error().reason, key.error().detail));
    return callers_.at(*key);
}

void Service::handle(const net::HttpRequest& request, const net::Respond& respond) {
    auto caller = authenticate(request);
    if (!caller) return respond(std::move(caller.error()));
    dispatch(Call{request, respond, std::move(*caller), {}});
}

void Service::dispatch(Call call) {
    bool path_known = false;
    const std::string_view target = call.request.target;
    const auto parts = split_path(target.substr(0, target.find('?')));
    for (const Route& route : routes()) {
        if (!matches(route.pattern, parts, call.arguments)) continue;
        path_known = true;
        if (route.method != call.request.method) continue;
        if ((route.roles & bit(call.caller.role)) == 0) {
            return call.refuse(Reason::not_permitted, may_not(call.caller.role));
        }
        if (const auto unknown = net::unknown_parameter(call.request, route.parameters))
            return call.refuse(Reason::unknown_field, *unknown);
        return (this->*route.handler)(call);
    }
    call.refuse(path_known ? Reason::method_not_allowed : Reason::not_found,
                path_known ? "this path takes another method" : "there is no such path");
}

void Service::upgrade(const net::HttpRequest& request, const net::WebSocketAccept& accept) {
    const auto caller = authenticate(request);
    if (!caller) return accept.refuse(caller.error());
    if (request.path == "/v1/events") return follow_events(request, accept, caller->role);
    if (request.path != "/v1/balances") {
        return accept.refuse(net::problem(
            Reason::not_found, "the streams are at /v1/events and, of balances, /v1/balances"));
    }
    if (const auto unknown = net::unknown_parameter(request, {}))
        return accept.refuse(net::problem(Reason::unknown_field, *unknown));
    if ((not_venue & bit(caller->role)) == 0) {
        return accept.refuse(net::problem(Reason::not_permitted, may_not(caller->role)));
    }
    balances_.accept(accept);
}

void Service::follow_events(const net::HttpRequest& request, const net::WebSocketAccept& accept,
                            Role role) {
    constexpr std::string_view known[]{"cursor", "kinds"};
    if (const auto unknown = net::unknown_parameter(request, known))
        return accept.refuse(net::problem(Reason::unknown_field, *unknown));
    std::uint64_t cursor = 0;
    if (const std::string* text = request.parameter("cursor")) {
        const auto number = parse_amount(*text, 0);
        if (!number || number->units() == UINT64_MAX) {
            return accept.refuse(
                net::problem(Reason::malformed, "cursor: expected the number of an event"));
        }
        cursor = number->units();
    }
    EventFeed::Kinds kinds = kinds_for(role);
    if (const std::string* list = request.parameter("kinds")) {
        auto chosen = chosen_kinds(*list, kinds);
        if (!chosen) return accept.refuse(net::problem(Reason::malformed, chosen.error()));
        kinds = std::move(*chosen);
    }
    feed_.accept(accept, cursor, std::move(kinds));
}

}  // namespace lockstep::api
