#include "sim/scenario/check.h"

#include <algorithm>
#include <map>
#include <set>

#include "routing/path.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/routes.h"
#include "sim/scenario/section.h"
#include "sim/scenario/text.h"

namespace lockstep::sim {
namespace {

// "faults.crash" is "faults" and "crash".
struct Counted {
    std::string_view what;
    std::string_view entry;
};
Counted split(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return {text, {}};
    return {text.substr(0, dot), text.substr(dot + 1)};
}

// Nodes refuse a block whose stamp is further ahead.
constexpr Duration max_stamp_error = Duration::seconds(2 * 3600);
// What a chain begins with takes a block for each fifty bitcoin.
constexpr std::uint64_t max_coins = 5'000 * std::uint64_t{100'000'000};
const AssetId bitcoin_asset = *AssetId::make("BTC", 8);

class Checker {
public:
    explicit Checker(const Scenario& scenario) : scenario_(scenario) {}

    std::vector<Problem> check() {
        check_threats();
        if (scenario_.swarm) {
            check_swarm(*scenario_.swarm);
        } else {
            check_sizes();
            for (std::size_t i = 0; i < scenario_.ledgers.size(); ++i)
                check_ledger(scenario_.ledgers[i], format_place("ledger", i));
            for (std::size_t i = 0; i < scenario_.nodes.size(); ++i)
                check_node(scenario_.nodes[i], format_place("node", i));
            check_load();
            for (std::size_t i = 0; i < scenario_.faults.size(); ++i)
                check_fault(scenario_.faults[i], format_place("fault", i));
        }
        for (std::size_t i = 0; i < scenario_.expect.size(); ++i)
            check_expectation(scenario_.expect[i], format_place("expect", i) + ".that");
        return std::move(problems_);
    }

private:
    void problem(std::string path, std::string what) {
        problems_.push_back({std::move(path), std::move(what)});
    }

    // --- the whole --------------------------------------------------------------------------
    void check_threats() {
        for (const std::string& threat : scenario_.threats) {
            const auto all = threats();
            if (std::none_of(all.begin(), all.end(),
                             [&](const ThreatEntry& each) { return each.name == threat; }))
                problem("threats", "\"" + threat + "\" is no threat; expected T01 to T33");
        }
    }

    void check_swarm(const SwarmSpec& swarm) {
        if (swarm.least_ledgers > swarm.most_ledgers)
            problem("swarm.least_ledgers",
                    "expected at most most_ledgers, " + std::to_string(swarm.most_ledgers));
        if (swarm.least_connectors > swarm.most_connectors)
            problem("swarm.least_connectors",
                    "expected at most most_connectors, " + std::to_string(swarm.most_connectors));
    }

    void check_sizes() {
        if (scenario_.length <= Duration{} || scenario_.length > max_length)
            problem("length", "expected a time above 0 and at most " + format_duration(max_length));
        if (scenario_.ledgers.empty() || scenario_.ledgers.size() > max_ledgers)
            problem("ledger",
                    "expected 1 to " + std::to_string(max_ledgers) + " [[ledger]] tables");
        if (scenario_.nodes.empty() || scenario_.nodes.size() > max_nodes)
            problem("node", "expected 1 to " + std::to_string(max_nodes) + " [[node]] tables");
        if (scenario_.faults.size() > max_faults)
            problem("fault",
                    "expected at most " + std::to_string(max_faults) + " [[fault]] tables");
    }

    // --- ledgers ----------------------------------------------------------------------------
    void check_ledger(const LedgerSpec& ledger, const std::string& path) {
        const auto address = Address::parse(ledger.name);
        if (!address)
            problem(path + ".name", "expected an Interledger address such as \"test.sek\"");
        else if (!names_.insert(ledger.name).second)
            problem(path + ".name", "\"" + ledger.name + "\" is used twice; expected another name");
        for (const LedgerSpec& other : scenario_.ledgers) {
            const auto above = Address::parse(other.name);
            if (address && above && above->is_prefix_of(*address))
                problem(path + ".name",
                        "expected an address that is not below another ledger, " + other.name);
        }
        check_assets(ledger, path);
        const TimingProfile& profile = ledger.profile;
        if (profile.inclusion <= Duration{})
            problem(path + ".profile.inclusion", "expected a time above 0");
        if (ledger.kind == LedgerKind::securities && profile.block <= Duration{})
            problem(path + ".profile.block", "expected a time above 0 on a securities ledger");
        if (ledger.kind == LedgerKind::bitcoin) check_chain(ledger, path);
        if (ledger.beat <= Duration{} || ledger.beat > Duration::seconds(3600))
            problem(path + ".beat", "expected a time above 0 and at most 1h");
    }

    void check_chain(const LedgerSpec& ledger, const std::string& path) {
        const ChainSpec& chain = ledger.chain;
        const auto wrong = [&](const std::string& key, const std::string& what) {
            problem(path + ".chain." + key, "expected " + what);
        };
        if (chain.interval < Duration::seconds(1)) wrong("interval", "at least 1s");
        if (chain.depth < 1) wrong("depth", "at least 1");
        if (chain.reorg < 0 || chain.reorg >= chain.depth)
            wrong("reorg", "less than depth, " + std::to_string(chain.depth) +
                               ": what is final is not taken back");
        if (chain.stamp_error < Duration{} || chain.stamp_error > max_stamp_error)
            wrong("stamp_error",
                  "at most " + format_duration(max_stamp_error) + ", which is what nodes let pass");
        if (ledger.profile.rollback > ledger.profile.finality)
            problem(path + ".profile.rollback",
                    "expected at most finality: what is final is not taken back");
        std::uint64_t all = 0;
        for (const NodeSpec& node : scenario_.nodes)
            for (const AccountSpec& account : node.accounts)
                if (account.ledger == ledger.name)
                    all = checked_add(all, account.balance.units()).value_or(UINT64_MAX);
        if (all > max_coins)
            problem(path + ".name", "expected balances of at most " +
                                        format_amount(Amount{max_coins}, 8) + " together");
    }

    void check_assets(const LedgerSpec& ledger, const std::string& path) {
        const bool cash = ledger.kind != LedgerKind::securities;
        if (cash && ledger.assets.size() != 1)
            problem(path + ".assets", "expected one asset on a ledger of money");
        if (ledger.kind == LedgerKind::bitcoin && ledger.assets != std::vector{bitcoin_asset})
            problem(path + ".assets", "expected \"BTC/8\" on a Bitcoin ledger");
        if (!cash && ledger.assets.empty())
            problem(path + ".assets", "expected at least one share on a securities ledger");
        std::set<std::string> codes;
        for (const AssetId& asset : ledger.assets) {
            if (!codes.insert(asset.code()).second)
                problem(path + ".assets", asset.code() + " is named twice");
            if (!cash && !is_isin(asset.code()))
                problem(path + ".assets",
                        asset.code() + " is no ISIN; expected one such as \"SE0000108656/0\"");
        }
    }

    // --- nodes ------------------------------------------------------------------------------
    void check_node(const NodeSpec& node, const std::string& path) {
        if (!Address::parse("test." + node.name) || node.name.find('.') != std::string::npos ||
            node.name.size() > 64)
            problem(path + ".name", "expected a name of letters, digits, '-' and '_'");
        else if (!names_.insert(node.name).second)
            problem(path + ".name", "\"" + node.name + "\" is used twice; expected another name");
        const Roles roles = roles_of(node);
        if (!overlap(roles, {true, true, true, true, true, true}))
            problem(path + ".roles",
                    "expected roles (venue, buyer, seller, payer, payee) or offers; this node does "
                    "nothing");
        if (node.venue && (node.buyer || node.seller))
            problem(path + ".roles", "a venue does not trade; expected another node to do so");
        check_accounts(node, path);
        for (std::size_t i = 0; i < node.offers.size(); ++i)
            check_offer(node, i, path + "." + format_place("offers", i));
        check_needs(node, path);
        check_behaviour(node, path);
    }

    void check_accounts(const NodeSpec& node, const std::string& path) {
        std::set<std::pair<std::string, AssetId>> seen;
        for (std::size_t i = 0; i < node.accounts.size(); ++i) {
            const AccountSpec& account = node.accounts[i];
            const std::string here = path + "." + format_place("accounts", i);
            const LedgerSpec* ledger = find_ledger(scenario_, account.ledger);
            if (ledger == nullptr) {
                problem(here + ".ledger", no_ledger(account.ledger));
                continue;
            }
            if (std::find(ledger->assets.begin(), ledger->assets.end(), account.asset) ==
                ledger->assets.end())
                problem(here + ".asset", ledger->name + " has no such asset; expected one of " +
                                             join(asset_names(*ledger)));
            if (!seen.emplace(account.ledger, account.asset).second)
                problem(here, "expected one account by ledger and asset");
            if (account.balance > max_balance)
                problem(here + ".balance",
                        "expected at most " + format_amount(max_balance, account.asset.scale()));
        }
    }

    bool has_account(const NodeSpec& node, const std::string& ledger) const {
        return std::any_of(node.accounts.begin(), node.accounts.end(),
                           [&](const AccountSpec& each) { return each.ledger == ledger; });
    }

    void check_offer(const NodeSpec& node, std::size_t place, const std::string& path) {
        const OfferSpec& offer = node.offers[place];
        for (const bool in : {true, false}) {
            const std::string& name = in ? offer.in_ledger : offer.out_ledger;
            const std::string key = path + (in ? ".from" : ".to");
            const LedgerSpec* ledger = find_ledger(scenario_, name);
            if (ledger == nullptr)
                problem(key, no_ledger(name));
            else if (ledger->kind == LedgerKind::securities)
                problem(key, "expected a ledger of money; shares are delivered without connectors");
            else if (!has_account(node, name))
                problem(key, node.name + " has no account there; expected one in its accounts");
        }
        if (offer.in_ledger == offer.out_ledger)
            problem(path + ".to", "expected another ledger than from");
        for (const std::uint64_t term : {offer.rate_num, offer.rate_den})
            if (term == 0 || term > routing::max_rate_term)
                problem(path + ".rate", "expected terms above 0 and at most 2^40");
        for (std::size_t i = 0; i < place; ++i)
            if (node.offers[i].in_ledger == offer.in_ledger &&
                node.offers[i].out_ledger == offer.out_ledger)
                problem(path + ".to", "expected one offer by pair of ledgers");
    }

    void check_needs(const NodeSpec& node, const std::string& path) {
        const auto cash = accounts_on(scenario_, node, LedgerKind::cash);
        const auto securities = accounts_on(scenario_, node, LedgerKind::securities);
        const std::string key = path + ".accounts";
        if ((node.buyer || node.seller) && securities.empty())
            problem(key,
                    "expected an account on a securities ledger, which a buyer or seller needs");
        if ((node.buyer || node.seller || node.payer || node.payee) && cash.empty())
            problem(key, "expected an account on a cash ledger, which a party needs");
    }

    void check_behaviour(const NodeSpec& node, const std::string& path) {
        const BehaviourEntry& behaviour = entry(node.behaviour);
        const std::string key = path + ".behaviour";
        if (!overlap(behaviour.roles, roles_of(node)))
            problem(key, std::string(behaviour.name) + " is for others; expected it of " +
                             describe(behaviour.roles));
        if (node.behaviour == Behaviour::wrong_asset) {
            std::map<std::string, int> held;
            bool two = false;
            for (const AccountSpec& account : node.accounts)
                two = ++held[account.ledger] > 1 || two;
            if (!two)
                problem(key,
                        "wrong_asset needs two assets of one ledger; expected another account");
        }
        check_partner(node, path);
    }

    void check_partner(const NodeSpec& node, const std::string& path) {
        const std::string key = path + ".partner";
        const NodeSpec* partner = find_node(scenario_, node.partner);
        if (node.behaviour == Behaviour::colluder) {
            if (partner == nullptr || partner == &node || partner->partner != node.name ||
                partner->behaviour != Behaviour::colluder)
                problem(key, "expected the name of another colluder, whose partner this node is");
        } else if (node.behaviour == Behaviour::leaking_venue) {
            if (partner == nullptr || (!partner->buyer && !partner->seller))
                problem(key, "expected the name of the buyer or seller that it tells");
        } else if (!node.partner.empty()) {
            problem(key, "expected only of a colluder or a leaking_venue");
        }
    }

    // --- load -------------------------------------------------------------------------------
    void check_load() {
        const LoadSpec& load = scenario_.load;
        if (load.trades == 0 && load.payments == 0) problem("load", "expected trades or payments");
        if (load.until > scenario_.length)
            problem("load.until", "expected at most the length of the scenario, " +
                                      format_duration(scenario_.length));
        if (load.from > load.until)
            problem("load.from", "expected at most until, which is " + format_duration(load.until));
        // Routes are looked for only in a world whose parts are sound.
        if (!problems_.empty()) return;
        if (load.trades > 0) check_trades();
        if (load.payments > 0) check_payments();
    }

    void check_trades() {
        const auto& nodes = scenario_.nodes;
        if (std::none_of(nodes.begin(), nodes.end(), [](const NodeSpec& n) { return n.venue; }))
            problem("load.trades", "trades need a venue; expected a node with that role");
        std::set<std::size_t> trading;
        for (const TradePair& pair : trade_pairs(scenario_)) {
            trading.insert(pair.buyer);
            trading.insert(pair.seller);
        }
        if (trading.empty())
            problem("load.trades",
                    "nobody can trade; expected a buyer and a seller with accounts in the same "
                    "share and offers that lead from the buyer's cash to the seller's");
        const auto priced_in = price_asset(scenario_);
        for (std::size_t i = 0; i < nodes.size() && !trading.empty(); ++i) {
            const NodeSpec& node = nodes[i];
            if (trading.contains(i)) continue;
            if (node.buyer)
                problem(
                    format_place("node", i) + ".roles",
                    "no seller can be reached by this buyer; expected offers that lead from its "
                    "cash to a seller's, and an account in a seller's share");
            else if (node.seller)
                problem(format_place("node", i) + ".roles",
                        "no buyer can reach this seller; expected a cash account in " +
                            format_asset(*priced_in) +
                            ", offers that lead there, and an account in a buyer's share");
        }
    }

    void check_payments() {
        const auto& nodes = scenario_.nodes;
        std::set<std::size_t> paying;
        std::set<std::size_t> paid;
        for (const PaymentPair& pair : payment_pairs(scenario_)) {
            paying.insert(pair.payer);
            paid.insert(pair.payee);
        }
        if (paying.empty())
            problem(
                "load.payments",
                "nobody can pay; expected a payer and a payee on another ledger and offers that "
                "lead there");
        for (std::size_t i = 0; i < nodes.size() && !paying.empty(); ++i) {
            if (nodes[i].payer && !paying.contains(i))
                problem(format_place("node", i) + ".roles",
                        "this payer reaches no payee on another ledger; expected offers that do");
            if (nodes[i].payee && !paid.contains(i))
                problem(format_place("node", i) + ".roles",
                        "this payee is reached by no payer on another ledger; expected offers that "
                        "do");
        }
    }

    // --- faults -----------------------------------------------------------------------------
    void check_fault(const FaultSpec& fault, const std::string& path) {
        const FaultEntry& kind = entry(fault.kind);
        const std::string name(kind.name);
        const int said =
            (fault.per_hour > 0 ? 1 : 0) + (fault.at ? 1 : 0) + (fault.ppm > 0 ? 1 : 0);
        if (kind.timing == FaultTiming::message) {
            if (fault.ppm == 0 || said != 1)
                problem(path, "expected ppm alone, of the messages that " + name + " strikes");
        } else if (fault.ppm > 0 || said != 1) {
            problem(path, "expected one of at and per_hour, which say when " + name + " strikes");
        }
        if (fault.lasts && kind.timing != FaultTiming::lasting)
            problem(path + ".lasts", "expected none: " + name + " strikes at a moment");
        if (fault.lasts && (*fault.lasts <= Duration{} || *fault.lasts > scenario_.length))
            problem(path + ".lasts", "expected a time above 0 and at most the length");
        if (fault.at && *fault.at >= scenario_.length)
            problem(path + ".at", "expected a time before the end of the scenario, " +
                                      format_duration(scenario_.length));
        check_size(fault, kind, path);
        check_target(fault, kind, path);
    }

    void check_size(const FaultSpec& fault, const FaultEntry& kind, const std::string& path) {
        if (!fault.by) return;
        const bool of_clock =
            kind.limit == FaultLimit::clock || fault.kind == FaultKind::clock_beyond;
        const bool of_rollback =
            kind.limit == FaultLimit::rollback || fault.kind == FaultKind::rollback_beyond;
        if (!of_clock && !of_rollback)
            problem(path + ".by", "expected only where a clock or a roll-back has a size");
        else if (of_rollback && *fault.by <= Duration{})
            problem(path + ".by", "expected a time above 0");
        else if (*fault.by == Duration{})
            problem(path + ".by", "expected another time than 0");
    }

    void check_target(const FaultSpec& fault, const FaultEntry& kind, const std::string& path) {
        const std::string key = path + ".target";
        const LedgerSpec* ledger = find_ledger(scenario_, fault.target);
        const NodeSpec* node = find_node(scenario_, fault.target);
        const bool securities = ledger != nullptr && ledger->kind == LedgerKind::securities;
        const auto& ledgers = scenario_.ledgers;
        switch (kind.target) {
            case FaultTarget::node:
                if (!fault.target.empty() && node == nullptr)
                    problem(key, "expected one of the nodes " + join(node_names()));
                break;
            case FaultTarget::ledger:
                if (!fault.target.empty() && ledger == nullptr)
                    problem(key, "expected one of the ledgers " + join(ledger_names()));
                break;
            case FaultTarget::securities_ledger:
                if (fault.target.empty() &&
                    std::none_of(ledgers.begin(), ledgers.end(), [](const LedgerSpec& each) {
                        return each.kind == LedgerKind::securities;
                    }))
                    problem(path + ".kind",
                            std::string(kind.name) + " needs a securities ledger; there is none");
                if (!fault.target.empty() && !securities)
                    problem(key, "expected a securities ledger");
                for (const LedgerSpec& each : ledgers)
                    if (each.kind == LedgerKind::securities && each.validators < 4 &&
                        (fault.target.empty() || &each == ledger))
                        problem(path + ".kind", std::string(kind.name) + " leaves no quorum of " +
                                                    std::to_string(each.validators) +
                                                    " validators; expected at least 4 on " +
                                                    each.name);
                break;
            case FaultTarget::bitcoin_ledger: {
                const auto is_bitcoin = [](const LedgerSpec& each) {
                    return each.kind == LedgerKind::bitcoin;
                };
                if (std::none_of(ledgers.begin(), ledgers.end(), is_bitcoin))
                    problem(path + ".kind",
                            std::string(kind.name) + " needs a Bitcoin ledger; there is none");
                else if (!fault.target.empty() && (ledger == nullptr || !is_bitcoin(*ledger)))
                    problem(key, "expected a Bitcoin ledger");
                break;
            }
            case FaultTarget::any:
                if (!fault.target.empty() && ledger == nullptr && node == nullptr)
                    problem(key,
                            "expected one of " + join(node_names()) + ", " + join(ledger_names()));
                break;
        }
        if (fault.kind != FaultKind::rate_jump) return;
        const auto& nodes = scenario_.nodes;
        const bool some = node != nullptr
                              ? !node->offers.empty()
                              : std::any_of(nodes.begin(), nodes.end(),
                                            [](const NodeSpec& n) { return !n.offers.empty(); });
        if (!some) problem(key, "expected a node with offers");
    }

    // --- expectations -----------------------------------------------------------------------
    void check_expectation(const Expectation& expectation, const std::string& path) {
        const auto [what, of] = split(expectation.what);
        const bool counted = what == "faults" || what == "cheats" || what == "alarms" ||
                             what == "reasons" || what == "branches";
        const auto all = expectations();
        const bool known =
            std::any_of(all.begin(), all.end(),
                        [&, name = what](const ExpectationEntry& e) { return e.name == name; }) ||
            ((what == "reasons" || what == "branches") && !of.empty());
        if (!known || (!of.empty() && !counted))
            return problem(path, "\"" + expectation.what + "\" is not counted; expected one of " +
                                     join(names(all)) +
                                     ", faults.KIND, cheats.BEHAVIOUR, alarms.CODE, "
                                     "reasons.REASON, branches.NAME");
        if (expectation.relation != "=" && expectation.relation != ">=" &&
            expectation.relation != "<=")
            return problem(path, "expected one of =, >=, <=");
        if (what == "reasons" && !reason_from_string(of))
            return problem(path, "\"" + std::string(of) + "\" is no reason of the product");
        const bool some = expectation.relation != "<=" && expectation.value > 0;
        if (what == "faults") check_expected_fault(of, some, path);
        if (what == "cheats") check_expected_cheat(of, some, path);
        if (!some || scenario_.swarm) return;
        std::uint64_t most = UINT64_MAX;
        const LoadSpec& load = scenario_.load;
        if (what == "settled" || what == "unwound" || what == "declined" || what == "broken")
            most = std::uint64_t{load.trades} + load.payments;
        if (what == "paid" || what == "refunded") most = load.payments;
        if (what == "honest_success_ppm") most = 1'000'000;
        if (expectation.value > most)
            problem(path, "can never be; expected at most " + std::to_string(most));
    }

    void check_expected_fault(std::string_view name, bool some, const std::string& path) {
        const auto kind = fault_from_string(name);
        if (!name.empty() && !kind)
            return problem(path, "\"" + std::string(name) + "\" is no fault; expected one of " +
                                     join(names(faults())));
        const auto& specs = scenario_.faults;
        if (some && !scenario_.swarm &&
            std::none_of(specs.begin(), specs.end(),
                         [&](const FaultSpec& each) { return !kind || each.kind == *kind; }))
            problem(path, "can never be; expected a [[fault]] of that kind");
    }

    void check_expected_cheat(std::string_view name, bool some, const std::string& path) {
        const auto behaviour = behaviour_from_string(name);
        if (!name.empty() && (!behaviour || *behaviour == Behaviour::honest))
            return problem(path, "\"" + std::string(name) + "\" is no cheat; expected one of " +
                                     join(names(behaviours())));
        const auto& nodes = scenario_.nodes;
        if (some && !scenario_.swarm &&
            std::none_of(nodes.begin(), nodes.end(), [&](const NodeSpec& each) {
                return behaviour ? each.behaviour == *behaviour
                                 : each.behaviour != Behaviour::honest;
            }))
            problem(path, "can never be; expected a node that behaves so");
    }

    // --- names ------------------------------------------------------------------------------
    std::vector<std::string> ledger_names() const {
        std::vector<std::string> all;
        for (const LedgerSpec& ledger : scenario_.ledgers)
            all.push_back(ledger.name);
        return all;
    }
    std::vector<std::string> node_names() const {
        std::vector<std::string> all;
        for (const NodeSpec& node : scenario_.nodes)
            all.push_back(node.name);
        return all;
    }
    static std::vector<std::string> asset_names(const LedgerSpec& ledger) {
        std::vector<std::string> all;
        for (const AssetId& asset : ledger.assets)
            all.push_back(format_asset(asset));
        return all;
    }
    std::string no_ledger(const std::string& name) const {
        return "\"" + name + "\" is no ledger; expected one of " + join(ledger_names());
    }

    const Scenario& scenario_;
    std::set<std::string> names_;  // of ledgers and nodes
    std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check_structure(const Scenario& scenario) {
    return Checker(scenario).check();
}

std::vector<Problem> check_scenario(const Scenario& scenario) {
    std::vector<Problem> problems = check_structure(scenario);
    if (!problems.empty() || scenario.unsafe || scenario.swarm) return problems;
    return check_safety(scenario);
}

}  // namespace lockstep::sim
