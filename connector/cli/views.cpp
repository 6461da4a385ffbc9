#include <algorithm>
#include <cstdio>

#include "connector/cli/commands.h"
#include "connector/cli/print.h"
#include "sdk/base/time_text.h"
#include "sdk/base/utf8.h"
#include "sdk/net/http.h"

namespace lockstep::cli {

namespace {

struct List {
    std::string name;
    std::string target;
    std::vector<Column> columns;
};

const std::vector<List>& lists() {
    static const std::vector<List> all{
        {"balances",
         "/v1/balances",
         {{"account", "account"},
          {"asset", "asset"},
          {"free", "free", true},
          {"in escrow", "escrowed", true},
          {"available", "available", true}}},
        {"quotes",
         "/v1/quotes?limit=1000",
         {{"peer", "peer"},
          {"in", "in.amount", true},
          {"asset", "in.asset"},
          {"from", "in.payer"},
          {"out", "out.amount", true},
          {"asset", "out.asset"},
          {"to", "out.payee"},
          {"lapses", "lapse"},
          {"ask", "ask"}}},
        {"exposure",
         "/v1/exposure",
         {{"asset", "asset"},
          {"at risk", "at_risk", true},
          {"incoming", "incoming", true},
          {"reserved", "reserved", true},
          {"deals", "deals", true}}},
        {"fees",
         "/v1/fees",
         {{"asset", "asset"}, {"earned", "fee", true}, {"deals", "deals", true}}},
        {"alarms",
         "/v1/alarms?limit=1000",
         {{"number", "number", true}, {"at", "at"}, {"code", "code"}, {"detail", "detail"}}},
        {"ledgers",
         "/v1/ledgers",
         {{"ledger", "ledger"},
          {"mode", "mode"},
          {"ledger time", "ledger_time"},
          {"paused since", "paused_since"}}},
        {"offers",
         "/v1/offers",
         {{"from", "in_ledger"},
          {"asset", "in_asset"},
          {"to", "out_ledger"},
          {"asset", "out_asset"},
          {"pays", "rate_num", true},
          {"for", "rate_den", true},
          {"spread ppm", "spread_ppm", true},
          {"least", "min_out", true},
          {"most", "max_out", true},
          {"own", "own"}}},
        {"peers",
         "/v1/peers",
         {{"name", "name"},
          {"venue", "venue"},
          {"reachable", "reachable"},
          {"waiting", "waiting", true},
          {"key", "key"}}},
        {"payments",
         "/v1/payments?limit=1000",
         {{"id", "id"},
          {"state", "state"},
          {"paid", "amount", true},
          {"asset", "asset"},
          {"to", "invoice.account"},
          {"amount", "invoice.amount", true},
          {"asset", "invoice.asset"},
          {"reason", "reason"}}},
        {"invoices",
         "/v1/invoices?limit=1000",
         {{"id", "id"},
          {"state", "state"},
          {"account", "account"},
          {"amount", "amount", true},
          {"asset", "asset"},
          {"valid until", "valid_until"}}},
    };
    return all;
}

constexpr std::size_t most_of_a_text = 100;

}  // namespace

bool is_list(const std::string& name) {
    return std::any_of(lists().begin(), lists().end(),
                       [&](const List& list) { return list.name == name; });
}

int show_list(Session& session, const std::string& name) {
    for (const List& list : lists()) {
        if (list.name != name) continue;
        const auto items = session.api().get_all(list.target);
        if (!items) return complain(items.error(), session.global());
        if (session.prints_json())
            print_json(*items);
        else
            print_table(*items, list.columns, most_of_a_text);
    }
    return exit_done;
}

int show_one(Session& session, const std::string& target) {
    const auto answer = session.api().get(target);
    if (!answer) return complain(answer.error(), session.global());
    if (session.prints_json())
        print_json(*answer);
    else
        print_members(*answer);
    return exit_done;
}

int show_status(Session& session) {
    const auto stats = session.api().get("/v1/stats");
    if (!stats) return complain(stats.error(), session.global());
    const auto ledgers = session.api().get("/v1/ledgers");
    if (!ledgers) return complain(ledgers.error(), session.global());
    const auto ready = session.api().get("/health/ready");
    const std::string why_not = ready ? "" : ready.error().detail;
    if (session.prints_json()) {
        Json json = *stats;
        json.set("ready", ready.has_value());
        if (!ready) json.set("why_not", why_not);
        json.set("ledgers", (*ledgers)["items"]);
        print_json(json);
        return exit_done;
    }
    std::printf("%s at %s is %s\n", printable((*stats)["name"].text_or("")).c_str(),
                session.global().node.c_str(),
                ready ? "ready" : ("not ready: " + printable(why_not)).c_str());
    print_members(*stats);
    std::printf("\n");
    return show_list(session, "ledgers");
}

int show_trades(Session& session, const std::string& state, std::size_t limit) {
    Json all = Json::array();
    std::string cursor;
    while (all.size() < limit) {
        constexpr std::size_t page = 1000;
        std::string target =
            "/v1/settlements?limit=" + std::to_string(std::min(page, limit - all.size()));
        if (!state.empty()) target += "&state=" + net::percent_encode(state);
        if (!cursor.empty()) target += "&cursor=" + cursor;
        const auto answer = session.api().get(target);
        if (!answer) return complain(answer.error(), session.global());
        const Json& items = (*answer)["items"];
        for (std::size_t i = 0; i < items.size(); ++i)
            all.push(items[i]);
        cursor = (*answer)["next"].text_or("");
        if (cursor.empty()) break;
    }
    if (session.prints_json()) {
        print_json(all);
    } else {
        print_table(all, {{"reference", "reference"},
                          {"state", "state"},
                          {"instrument", "instrument"},
                          {"quantity", "quantity", true},
                          {"price", "price", true},
                          {"buyer", "buyer"},
                          {"seller", "seller"},
                          {"reason", "reason"}});
    }
    if (!cursor.empty() && !session.prints_json())
        std::fprintf(stderr, "more follow: --limit shows more than %zu\n", all.size());
    return exit_done;
}

int show_trade(Session& session, const std::string& id) {
    return show_one(session, "/v1/settlements/" + net::percent_encode(id));
}

int show_escrows(Session& session, bool all) {
    const auto items =
        session.api().get_all(std::string("/v1/escrows?limit=1000") + (all ? "" : "&open=true"));
    if (!items) return complain(items.error(), session.global());
    if (session.prints_json()) {
        print_json(*items);
        return exit_done;
    }
    print_table(*items, {{"role", "role"},
                         {"in", "in.amount", true},
                         {"asset", "in.asset"},
                         {"from", "in.payer"},
                         {"state", "in.state"},
                         {"expires", "in.expiry", false, "-"},
                         {"out", "out.amount", true},
                         {"asset", "out.asset"},
                         {"to", "out.payee"},
                         {"state", "out.state"},
                         {"reason", "reason"}});
    return exit_done;
}

}  // namespace lockstep::cli
