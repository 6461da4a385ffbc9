#include "sim/report/html.h"

#include <map>
#include <optional>

#include "connector/core/ladder.h"
#include "sdk/base/assert.h"
#include "sdk/base/time_text.h"
#include "sdk/codec/json.h"
#include "sim/report/account.h"
#include "sim/report/page.h"
#include "sim/report/words.h"
#include "sim/scenario/catalogue.h"

namespace lockstep::sim {
namespace {

// Values by the order in which they were first seen.
template <class Value>
class Index {
public:
    std::size_t of(const Value& value) {
        const auto [found, added] = places_.try_emplace(value, values_.size());
        if (added) values_.push_back(&found->first);  // nodes of a map stay where they are
        return found->second;
    }
    const std::vector<const Value*>& values() const { return values_; }

private:
    std::map<Value, std::size_t> places_;
    std::vector<const Value*> values_;
};

// An escrow as a ledger knows it.
struct EscrowPlace {
    ActorId ledger;
    EscrowKey key;
    friend auto operator<=>(const EscrowPlace&, const EscrowPlace&) = default;
};

bool moves_escrow(MomentKind kind) {
    switch (kind) {
        case MomentKind::escrow_prepared:
        case MomentKind::escrow_fulfilled:
        case MomentKind::escrow_expired:
        case MomentKind::escrow_rejected:
            return true;
        case MomentKind::message_sent:
        case MomentKind::message_arrived:
        case MomentKind::message_lost:
        case MomentKind::released:
        case MomentKind::crashed:
        case MomentKind::started:
        case MomentKind::fault:
        case MomentKind::fault_over:
        case MomentKind::state:
        case MomentKind::alarm:
        case MomentKind::balance:
        case MomentKind::violation:
        case MomentKind::escrow_taken_back:
            return false;
    }
    return false;
}

// Columns of numbers, so that tens of thousands of moments stay small.
struct Columns {
    std::vector<const char*> names;
    std::vector<Json::Array> values;

    explicit Columns(std::vector<const char*> columns)
        : names(std::move(columns)), values(names.size()) {}
    void add(std::initializer_list<std::int64_t> row) {
        std::size_t column = 0;
        for (const std::int64_t value : row)
            values[column++].emplace_back(value);
    }
    Json json() {
        Json all = Json::object();
        for (std::size_t i = 0; i < names.size(); ++i)
            all.set(names[i], Json(std::move(values[i])));
        return all;
    }
};

Json counts_of(const std::map<std::string, std::uint64_t>& counts) {
    Json rows = Json::array();
    for (const auto& [name, count] : counts)
        rows.push(Json::Array{name, count});
    return rows;
}

Json texts_of(const std::vector<std::string>& texts) {
    Json all = Json::array();
    for (const std::string& text : texts)
        all.push(text);
    return all;
}

std::int64_t number(std::size_t value) {
    return static_cast<std::int64_t>(value);
}

class Data {
public:
    Data(const Scenario& scenario, const Outcome& outcome, const Trace& trace)
        : scenario_(scenario), outcome_(outcome), trace_(trace) {
        for (const LedgerSpec& ledger : scenario.ledgers)
            ledgers_.emplace(ledger.name, &ledger);
        for (const NodeSpec& node : scenario.nodes)
            nodes_.emplace(node.name, &node);
    }

    Json write() {
        for (const Moment& moment : trace_.moments())
            add(moment);
        Json all = Json::object();
        all.set("scenario", scenario_json());
        all.set("outcome", outcome_json());
        all.set("actors", actors_json());
        all.set("kinds", kinds_json());
        Json assets = Json::array();
        for (const AssetId* asset : assets_.values())
            assets.push(Json::Array{asset->code(), asset->scale()});
        all.set("assets", std::move(assets));
        Json texts = Json::array();
        for (const std::string* text : texts_.values())
            texts.push(*text);
        all.set("texts", std::move(texts));
        Json conditions = Json::array();
        for (const Condition* condition : conditions_.values())
            conditions.push(condition->hex());
        all.set("conditions", std::move(conditions));
        all.set("escrows", Json(std::move(escrows_)));
        all.set("moments", moments_.json());
        all.set("balances", balances_.json());
        all.set("kept", trace_.keeps());
        return all;
    }

private:
    std::int64_t since_start(Timestamp at) const { return (at - outcome_.start).us(); }

    void add(const Moment& moment) {
        if (moment.kind == MomentKind::balance) {
            balances_.add({since_start(moment.at), moment.actor, moment.other,
                           number(assets_.of(moment.asset)),
                           number(texts_.of(std::to_string(moment.amount.units()))),
                           number(texts_.of(std::to_string(moment.escrowed.units())))});
            return;
        }
        const bool escrow = moves_escrow(moment.kind);
        const bool concerns = escrow || !moment.escrow.condition.is_zero();
        moments_.add({since_start(moment.at), static_cast<std::int64_t>(moment.kind), moment.actor,
                      moment.other, number(texts_.of(moment.text)),
                      escrow ? number(escrow_of(moment)) : -1,
                      concerns ? number(conditions_.of(moment.escrow.condition)) : -1});
    }

    std::size_t escrow_of(const Moment& moment) {
        const EscrowTerms& terms = moment.escrow;
        const std::size_t place = places_.of({moment.actor, EscrowKey{terms.payer, terms.id}});
        if (place < escrows_.size()) return place;
        Json escrow = Json::object({{"condition", conditions_.of(terms.condition)},
                                    {"ledger", moment.actor},
                                    {"payer", moment.payer},
                                    {"payee", moment.payee},
                                    {"payer_account", terms.payer.text()},
                                    {"payee_account", terms.payee.text()},
                                    {"id", terms.id.hex()},
                                    {"asset", assets_.of(terms.asset)},
                                    {"amount", std::to_string(terms.amount.units())},
                                    {"expiry", since_start(terms.expiry)}});
        if (const auto guard = guard_of(moment)) escrow.set("guard", guard->us());
        escrows_.push_back(std::move(escrow));
        return place;
    }

    // How long before the expiry the payee, were it the receiver, may still show its secret.
    std::optional<Duration> guard_of(const Moment& moment) const {
        const LedgerSpec* ledger = find(ledgers_, moment.actor);
        const NodeSpec* payee = find(nodes_, moment.payee);
        if (ledger == nullptr || payee == nullptr) return std::nullopt;
        return core::reveal_guard({ledger->profile, ExpiryRule::strict}, payee->endurance);
    }

    template <class Spec>
    const Spec* find(const std::map<std::string, const Spec*>& specs, ActorId actor) const {
        if (actor >= trace_.actors().size()) return nullptr;
        const auto found = specs.find(trace_.actors()[actor].name);
        return found == specs.end() ? nullptr : found->second;
    }

    Json scenario_json() const {
        return Json::object({{"name", scenario_.name},
                             {"title", scenario_.title},
                             {"threats", texts_of(scenario_.threats)},
                             {"unsafe", scenario_.unsafe}});
    }

    Json outcome_json() const {
        Json rules = Json::array();
        for (const RuleResult& rule : outcome_.rules) {
            rules.push(Json::object({{"rule", rule.rule},
                                     {"meaning", rule.meaning},
                                     {"checks", rule.checks},
                                     {"violations", texts_of(rule.violations)}}));
        }
        // a seed may have more digits than a page's numbers keep
        return Json::object({{"scenario", outcome_.scenario},
                             {"seed", std::to_string(outcome_.seed)},
                             {"command", command_of(outcome_, "")},
                             {"start", format_time(outcome_.start)},
                             {"healed", since_start(outcome_.healed_at)},
                             {"end", since_start(outcome_.end)},
                             {"settlements", outcome_.settlements},
                             {"settled", outcome_.settled},
                             {"unwound", outcome_.unwound},
                             {"declined", outcome_.declined},
                             {"broken", outcome_.broken},
                             {"dropped", outcome_.dropped},
                             {"reasons", counts_of(outcome_.reasons)},
                             {"faults", counts_of(outcome_.faults_hit)},
                             {"cheats", counts_of(outcome_.cheats_hit)},
                             {"branches", counts_of(outcome_.branches_hit)},
                             {"alarms", counts_of(outcome_.alarms)},
                             {"rules", std::move(rules)},
                             {"digest", outcome_.digest.hex()},
                             {"events", trace_.count()},
                             {"real_signatures", outcome_.real_signatures},
                             {"real_store", outcome_.real_store}});
    }

    Json actors_json() const {
        Json all = Json::array();
        for (ActorId id = 0; id < trace_.actors().size(); ++id) {
            const Actor& actor = trace_.actors()[id];
            Json one = Json::object(
                {{"name", actor.name}, {"kind", to_string(actor.kind)}, {"honest", actor.honest}});
            const LedgerSpec* ledger =
                actor.kind == ActorKind::ledger ? find(ledgers_, id) : nullptr;
            if (ledger != nullptr) {
                one.set("inclusion", ledger->profile.inclusion.us());
                one.set("finality", ledger->profile.finality.us());
            }
            const NodeSpec* node = actor.kind == ActorKind::node ? find(nodes_, id) : nullptr;
            if (node != nullptr) {
                one.set("behaviour", to_string(node->behaviour));
                one.set("roles", roles_json(roles_of(*node)));
            }
            all.push(std::move(one));
        }
        return all;
    }

    static Json roles_json(const Roles& has) {
        Json roles = Json::array();
        if (has.venue) roles.push("venue");
        if (has.buyer) roles.push("buyer");
        if (has.seller) roles.push("seller");
        if (has.payer) roles.push("payer");
        if (has.payee) roles.push("payee");
        if (has.connector) roles.push("connector");
        return roles;
    }

    static Json kinds_json() {
        Json kinds = Json::array();
        for (auto kind = 0U; kind <= static_cast<unsigned>(MomentKind::escrow_taken_back); ++kind)
            kinds.push(to_string(static_cast<MomentKind>(kind)));
        return kinds;
    }

    const Scenario& scenario_;
    const Outcome& outcome_;
    const Trace& trace_;
    std::map<std::string, const LedgerSpec*> ledgers_;
    std::map<std::string, const NodeSpec*> nodes_;
    Index<std::string> texts_;
    Index<AssetId> assets_;
    Index<Condition> conditions_;
    Index<EscrowPlace> places_;
    Json::Array escrows_;
    Columns moments_{{"at", "kind", "actor", "other", "text", "escrow", "condition"}};
    Columns balances_{{"at", "ledger", "holder", "asset", "amount", "escrowed"}};
};

// For text between tags.
std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

// JSON for a script element: nothing in it can end the element or begin a comment.
std::string script_json(const Json& value) {
    std::string safe;
    for (const char c : write_json(value)) {
        switch (c) {
            case '<':
                safe += "\\u003c";
                break;
            case '>':
                safe += "\\u003e";
                break;
            case '&':
                safe += "\\u0026";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

}  // namespace

std::string html_report(const Scenario& scenario, const Outcome& outcome, const Trace& trace) {
    // in one pass over the page, so that nothing is looked for in what was put in
    const std::string title =
        escaped(printable(outcome.scenario) + ", seed " + std::to_string(outcome.seed) +
                (outcome.violated() ? ": a rule broke" : ": every rule held"));
    std::string html;
    std::string_view rest = page::report_html;
    const auto put = [&](std::string_view place, std::string_view text) {
        const std::size_t at = rest.find(place);
        ASSERT(at != std::string_view::npos);
        html += rest.substr(0, at);
        html += text;
        rest.remove_prefix(at + place.size());
    };
    put("{{title}}", title);
    put("{{style}}", page::report_css);
    put("{{data}}", script_json(Data(scenario, outcome, trace).write()));
    put("{{script}}", page::report_js());
    html += rest;
    return html;
}

}  // namespace lockstep::sim
