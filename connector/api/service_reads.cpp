// What the interface tells: rows from the records, views from the node's thread.
#include <algorithm>

#include "connector/api/render.h"
#include "connector/api/service_call.h"
#include "sdk/base/assert.h"

namespace lockstep::api {

using core::RecordKind;

namespace {

constexpr std::size_t default_page = 100;
constexpr std::size_t max_page = 1000;
// Rows that one request may read while it looks for those that match.
constexpr std::size_t max_scanned = 50'000;
constexpr std::size_t scan_step = 500;

constexpr std::uint16_t number_of(RecordKind kind) {
    return static_cast<std::uint16_t>(kind);
}

struct PageQuery {
    std::size_t limit = default_page;
    Bytes from;
    Bytes mark;  // stands before each cursor that is given out

    std::string next(ByteView key) const {
        Bytes cursor = mark;
        cursor.insert(cursor.end(), key.begin(), key.end());
        return to_hex(cursor);
    }
};

Result<PageQuery, std::string> read_page(const net::HttpRequest& request) {
    PageQuery query;
    if (const std::string* text = request.parameter("limit")) {
        const auto number = parse_amount(*text, 0);
        if (!number || number->is_zero() || number->units() > max_page) {
            return unexpected<std::string>("limit: expected a number from 1 to " +
                                           std::to_string(max_page));
        }
        query.limit = static_cast<std::size_t>(number->units());
    }
    if (const std::string* text = request.parameter("cursor")) {
        const auto key = from_hex(*text);
        if (!key || key->empty() || key->size() > 64)
            return unexpected<std::string>("cursor: expected the \"next\" of an earlier answer");
        query.from = *key;
    }
    return query;
}

// The first key after `key`.
Bytes after(Bytes key) {
    key.push_back(0);
    return key;
}

// Reads rows of a kind in key order until `limit` of them were taken.
template <class T, class Take>
Json collect(const RecordReader& records, RecordKind kind, const PageQuery& query, Take take) {
    Json::Array items;
    Bytes from = query.from;
    for (std::size_t scanned = 0; scanned < max_scanned;) {
        const auto rows = records.scan(number_of(kind), from, {}, scan_step);
        for (const Record& row : rows) {
            const auto value = decode_fields<T>(row.value);
            if (value) {
                if (auto json = take(*value)) items.push_back(std::move(*json));
            }
            if (items.size() == query.limit)
                return page(std::move(items), query.next(after(row.key)));
        }
        if (rows.size() < scan_step) return page(std::move(items));
        scanned += rows.size();
        from = after(rows.back().key);
    }
    return page(std::move(items), query.next(from));
}

template <class Rows>
Json::Array render_all(const Rows& rows) {
    Json::Array items;
    for (const auto& row : rows)
        items.push_back(render(row));
    return items;
}

// Rows of a kind by their place in the order of another one, the latest first, until `limit` of
// them were taken. A cursor is the place of the last one seen.
template <class T, class Take>
Json collect_latest(const RecordReader& records, RecordKind order, RecordKind kind,
                    const PageQuery& query, Take take) {
    Json::Array items;
    Bytes to = query.from;
    for (std::size_t scanned = 0; scanned < max_scanned;) {
        const auto places = records.scan(number_of(order), {}, to, scan_step, true);
        for (const Record& place : places) {
            const auto id = decode_fields<core::PlanId>(place.value);
            const auto value = id ? get_record<T>(records, kind, id->view()) : std::optional<T>{};
            if (value) {
                if (auto json = take(*value)) items.push_back(std::move(*json));
            }
            if (items.size() == query.limit) return page(std::move(items), query.next(place.key));
        }
        if (places.size() < scan_step) return page(std::move(items));
        scanned += places.size();
        to = places.back().key;
    }
    return page(std::move(items), query.next(to));
}

constexpr auto first_state = static_cast<unsigned>(core::TradeState::proposed);
constexpr auto last_state = static_cast<unsigned>(core::TradeState::broken);

std::string trade_states() {
    std::string words;
    for (unsigned state = first_state; state <= last_state; ++state) {
        if (!words.empty()) words += ", ";
        words += core::to_string(static_cast<core::TradeState>(state));
    }
    return words;
}
bool is_trade_state(std::string_view word) {
    for (unsigned state = first_state; state <= last_state; ++state) {
        if (core::to_string(static_cast<core::TradeState>(state)) == word) return true;
    }
    return false;
}

}  // namespace

// --- records
// --------------------------------------------------------------------------------------

void Service::list_trades(const Call& call) {
    const auto query = read_page(call.request);
    if (!query) return call.refuse(Reason::malformed, query.error());
    const std::string* state = call.request.parameter("state");
    if (state != nullptr && !is_trade_state(*state)) {
        return call.refuse(Reason::malformed, "state: expected one of " + trade_states());
    }
    call.answer(collect_latest<core::TradeRecord>(
        *parts_.records, RecordKind::trade_order, RecordKind::trade, *query,
        [&](const core::TradeRecord& trade) -> std::optional<Json> {
            if (state != nullptr && core::to_string(trade.state) != *state) return std::nullopt;
            return render(trade, false);
        }));
}

// A plan id, or a venue's reference: this node's own, or that of a venue it knows. References are
// unique at their venue only; one that several used names nothing, or the wrong trade would be held
// or cancelled.
std::optional<core::TradeRecord> Service::find_trade(const Call& call,
                                                     const std::string& name) const {
    if (const auto id = core::PlanId::from_hex(name)) {
        auto found = get_record<core::TradeRecord>(*parts_.records, RecordKind::trade, id->view());
        if (found) return found;
    }
    std::vector<PublicKey> venues{parts_.config.self};
    for (const core::PeerConfig& peer : parts_.config.peers) {
        if (peer.venue) venues.push_back(peer.key);
    }
    std::vector<core::TradeRecord> trades;
    for (const PublicKey& key : venues) {
        const auto plan = get_record<core::PlanId>(*parts_.records, RecordKind::reference,
                                                   core::reference_key(key, name).view());
        if (!plan) continue;
        auto found =
            get_record<core::TradeRecord>(*parts_.records, RecordKind::trade, plan->view());
        if (found) trades.push_back(std::move(*found));
    }
    if (trades.size() == 1) return std::move(trades.front());
    if (trades.empty()) {
        call.refuse(Reason::not_found, "no settlement has this id or reference");
        return std::nullopt;
    }
    std::string detail = "several venues used this reference; give an id, one of";
    for (const core::TradeRecord& trade : trades)
        detail += " " + trade.plan.hex();
    call.refuse(Reason::malformed, detail);
    return std::nullopt;
}

void Service::get_trade(const Call& call) {
    if (const auto trade = find_trade(call, call.arguments[0])) call.answer(render(*trade, true));
}

void Service::list_payments(const Call& call) {
    const auto query = read_page(call.request);
    if (!query) return call.refuse(Reason::malformed, query.error());
    call.answer(collect_latest<core::PaymentRecord>(
        *parts_.records, RecordKind::payment_order, RecordKind::payment, *query,
        [](const core::PaymentRecord& payment) { return std::optional<Json>(render(payment)); }));
}

void Service::get_payment(const Call& call) {
    const auto id = core::PlanId::from_hex(call.arguments[0]);
    const auto payment =
        id ? get_record<core::PaymentRecord>(*parts_.records, RecordKind::payment, id->view())
           : std::nullopt;
    if (!payment) return call.refuse(Reason::not_found, "no payment has this id");
    call.answer(render(*payment));
}

void Service::list_invoices(const Call& call) {
    const auto query = read_page(call.request);
    if (!query) return call.refuse(Reason::malformed, query.error());
    call.answer(collect<core::InvoiceRecord>(
        *parts_.records, RecordKind::invoice, *query,
        [](const core::InvoiceRecord& invoice) { return std::optional<Json>(render(invoice)); }));
}

void Service::get_invoice(const Call& call) {
    const auto id = core::PlanId::from_hex(call.arguments[0]);
    const auto invoice =
        id ? get_record<core::InvoiceRecord>(*parts_.records, RecordKind::invoice, id->view())
           : std::nullopt;
    if (!invoice) return call.refuse(Reason::not_found, "no invoice has this id");
    call.answer(render(*invoice));
}

// Open ones are read from the node, as they stand at this moment, closed ones from the records. A
// cursor begins with the octet of its part; one that closes in between is in both.
void Service::list_escrows(const Call& call) {
    constexpr std::uint8_t open_part = 1;
    constexpr std::uint8_t closed_part = 2;
    auto query = read_page(call.request);
    if (!query) return call.refuse(Reason::malformed, query.error());
    const std::string* open = call.request.parameter("open");
    if (open != nullptr && *open != "true" && *open != "false")
        return call.refuse(Reason::malformed, "open: expected true or false");
    const bool want_open = open == nullptr || *open == "true";
    const bool want_closed = open == nullptr || *open == "false";
    std::uint8_t part = want_open ? open_part : closed_part;
    std::optional<Hash> after_deal;
    if (!query->from.empty()) {
        part = query->from.front();
        query->from.erase(query->from.begin());
        after_deal = Hash::from(query->from);
        const bool goes_on =
            (part == open_part && want_open && after_deal) || (part == closed_part && want_closed);
        if (!goes_on)
            return call.refuse(Reason::malformed,
                               "cursor: expected the \"next\" of an earlier answer");
    }
    query->mark = Bytes{part};
    if (part == closed_part) {
        return call.answer(collect<core::DealRecord>(
            *parts_.records, RecordKind::hop, *query,
            [](const core::DealRecord& deal) { return std::optional<Json>(render(deal)); }));
    }
    const auto asked = parts_.node->view(
        [call, query = *query, after_deal, want_closed](const assembly::Node& node) {
            const auto deals = node.machine().deals(after_deal, query.limit);
            std::string next = want_closed ? to_hex(Bytes{closed_part}) : std::string();
            if (deals.size() == query.limit) next = query.next(deals.back().id.view());
            call.answer(page(render_all(deals), next));
        });
    if (!asked) call.refuse(asked.error());
}

void Service::list_quotes(const Call& call) {
    const auto query = read_page(call.request);
    if (!query) return call.refuse(Reason::malformed, query.error());
    const auto after_quote = Hash::from(query->from);
    if (!query->from.empty() && !after_quote)
        return call.refuse(Reason::malformed, "cursor: expected the \"next\" of an earlier answer");
    const auto asked = parts_.node->view([call, query = *query,
                                          after_quote](const assembly::Node& node) {
        Json::Array items;
        const auto quotes = node.machine().quotes(after_quote, query.limit);
        const auto& peers = node.config().peers;
        for (const core::QuoteView& quote : quotes) {
            const auto peer =
                std::find_if(peers.begin(), peers.end(),
                             [&](const core::PeerConfig& one) { return one.key == quote.peer; });
            items.push_back(render(quote, peer == peers.end() ? nullptr : &*peer));
        }
        const bool more = quotes.size() == query.limit;
        call.answer(page(std::move(items), more ? to_hex(quotes.back().id.view()) : std::string()));
    });
    if (!asked) call.refuse(asked.error());
}

// The latest first.
void Service::list_alarms(const Call& call) {
    const auto query = read_page(call.request);
    if (!query) return call.refuse(Reason::malformed, query.error());
    Json::Array items;
    const auto rows =
        parts_.records->scan(number_of(RecordKind::alarm), {}, query->from, query->limit, true);
    for (const Record& row : rows) {
        if (const auto alarm = decode_fields<core::AlarmRecord>(row.value))
            items.push_back(render(*alarm));
    }
    const bool more = rows.size() == query->limit;
    call.answer(page(std::move(items), more ? to_hex(rows.back().key) : std::string()));
}

void Service::list_fees(const Call& call) {
    struct Sum {
        Amount fee;
        std::uint64_t deals = 0;
    };
    std::map<AssetId, Sum> sums;
    Bytes from;
    while (true) {
        const auto rows = parts_.records->scan(number_of(RecordKind::fee), from, {}, scan_step);
        for (const Record& row : rows) {
            const auto fee = decode_fields<core::FeeRecord>(row.value);
            if (!fee) continue;
            Sum& sum = sums[fee->asset];
            const auto total = checked_add(sum.fee, fee->fee);
            if (!total) return call.refuse(Reason::amount_overflow);
            sum.fee = *total;
            ++sum.deals;
        }
        if (rows.size() < scan_step) break;
        from = after(rows.back().key);
    }
    Json::Array items;
    for (const auto& [asset, sum] : sums) {
        items.push_back(Json::object({{"asset", asset.code()},
                                      {"scale", asset.scale()},
                                      {"fee", render_amount(sum.fee, asset)},
                                      {"deals", sum.deals}}));
    }
    call.answer(page(std::move(items)));
}

// --- views
// ----------------------------------------------------------------------------------------

void Service::list_balances(const Call& call) {
    const auto asked = parts_.node->view([call](const assembly::Node& node) {
        call.answer(page(render_all(node.machine().accounts())));
    });
    if (!asked) call.refuse(asked.error());
}

void Service::list_exposure(const Call& call) {
    const auto asked = parts_.node->view([call](const assembly::Node& node) {
        call.answer(page(render_all(node.machine().exposure())));
    });
    if (!asked) call.refuse(asked.error());
}

void Service::list_ledgers(const Call& call) {
    const auto asked = parts_.node->view([call](const assembly::Node& node) {
        call.answer(page(render_all(node.machine().ledgers())));
    });
    if (!asked) call.refuse(asked.error());
}

void Service::list_peers(const Call& call) {
    const auto asked = parts_.node->view([call](const assembly::Node& node) {
        Json::Array items;
        const auto standings = node.peers();
        for (const core::PeerConfig& peer : node.config().peers) {
            Json json = render(peer);
            for (const assembly::PeerStanding& standing : standings) {
                if (standing.key != peer.key) continue;
                json.set("waiting", standing.waiting);
                json.set("reachable", standing.reachable);
            }
            items.push_back(std::move(json));
        }
        call.answer(page(std::move(items)));
    });
    if (!asked) call.refuse(asked.error());
}

void Service::list_offers(const Call& call) {
    Json::Array items;
    for (const auto& offer : parts_.config.own_offers)
        items.push_back(render(offer, true));
    for (const auto& offer : parts_.config.known_offers)
        items.push_back(render(offer, false));
    call.answer(page(std::move(items)));
}

void Service::get_stats(const Call& call) {
    const auto asked = parts_.node->view([call, this](const assembly::Node& node) {
        const NodeFigures figures = parts_.node->figures();
        const assembly::NodeCounters& counters = node.counters();
        call.answer(Json::object({{"name", node.config().name},
                                  {"node", node.config().self.hex()},
                                  {"epoch", node.epoch()},
                                  {"restarts", node.epoch() - 1},
                                  {"signatures_verified", figures.signatures_verified},
                                  {"commits", figures.commits},
                                  {"rows", figures.rows},
                                  {"inputs", counters.inputs},
                                  {"commands", counters.commands},
                                  {"refusals", figures.refusals},
                                  {"snapshots", figures.snapshots},
                                  {"queue", figures.queue},
                                  {"messages_sent", counters.messages_sent},
                                  {"messages_taken", counters.messages_taken},
                                  {"messages_repeated", counters.messages_repeated},
                                  {"messages_refused", counters.messages_refused},
                                  {"messages_dropped", counters.messages_dropped},
                                  {"last_commit_us", figures.last_commit.us()},
                                  {"longest_commit_us", figures.longest_commit.us()},
                                  {"open_deals", node.machine().open_deals()},
                                  {"open_trades", node.machine().open_trades()},
                                  {"last_event", node.machine().last_event()},
                                  {"draining", node.machine().draining()},
                                  {"loud_stop", node.machine().loud_stop()}}));
    });
    if (!asked) call.refuse(asked.error());
}

void Service::get_digest(const Call& call) {
    parts_.node->digest([call](const Result<StateDigest>& digest) {
        if (!digest) return call.refuse(digest.error());
        call.answer(
            Json::object({{"seq", digest->seq}, {"digest", to_hex(digest->digest.view())}}));
    });
}

}  // namespace lockstep::api
