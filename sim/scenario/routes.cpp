#include "sim/scenario/routes.h"

#include <algorithm>

#include "routing/path.h"

namespace lockstep::sim {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Depth first, at most `left` connectors more. Worlds are small.
bool search(const Scenario& scenario, const std::string& at, const std::string& to,
            std::size_t left, const std::vector<std::string>& ends,
            std::vector<std::string>& route) {
    if (at == to) return true;
    if (left == 0) return false;
    for (const NodeSpec& node : scenario.nodes) {
        if (contains(ends, node.name) || contains(route, node.name)) continue;
        for (const OfferSpec& offer : node.offers) {
            if (offer.in_ledger != at) continue;
            route.push_back(node.name);
            if (search(scenario, offer.out_ledger, to, left - 1, ends, route)) return true;
            route.pop_back();
        }
    }
    return false;
}

}  // namespace

const LedgerSpec* find_ledger(const Scenario& scenario, std::string_view name) {
    for (const LedgerSpec& ledger : scenario.ledgers)
        if (ledger.name == name) return &ledger;
    return nullptr;
}

const NodeSpec* find_node(const Scenario& scenario, std::string_view name) {
    for (const NodeSpec& node : scenario.nodes)
        if (node.name == name) return &node;
    return nullptr;
}

std::vector<const AccountSpec*> accounts_on(const Scenario& scenario, const NodeSpec& node,
                                            LedgerKind kind) {
    std::vector<const AccountSpec*> found;
    for (const AccountSpec& account : node.accounts) {
        const LedgerSpec* ledger = find_ledger(scenario, account.ledger);
        if (ledger != nullptr && is_alike(ledger->kind, kind)) found.push_back(&account);
    }
    return found;
}

std::optional<AssetId> price_asset(const Scenario& scenario) {
    for (const NodeSpec& node : scenario.nodes) {
        if (!node.seller) continue;
        const auto cash = accounts_on(scenario, node, LedgerKind::cash);
        if (!cash.empty()) return cash.front()->asset;
    }
    return std::nullopt;
}

std::optional<std::vector<std::string>> find_route(const Scenario& scenario,
                                                   const std::string& from, const std::string& to,
                                                   const std::vector<std::string>& ends) {
    for (std::size_t most = 0; most <= routing::max_connectors; ++most) {
        std::vector<std::string> route;
        if (search(scenario, from, to, most, ends, route)) return route;
    }
    return std::nullopt;
}

std::vector<TradePair> trade_pairs(const Scenario& scenario) {
    std::vector<TradePair> pairs;
    const auto priced_in = price_asset(scenario);
    for (std::size_t b = 0; b < scenario.nodes.size(); ++b) {
        for (std::size_t s = 0; s < scenario.nodes.size(); ++s) {
            const NodeSpec& buyer = scenario.nodes[b];
            const NodeSpec& seller = scenario.nodes[s];
            if (b == s || !buyer.buyer || !seller.seller) continue;
            for (const AccountSpec* paid : accounts_on(scenario, seller, LedgerKind::cash)) {
                if (paid->asset != priced_in) continue;
                for (const AccountSpec* paying : accounts_on(scenario, buyer, LedgerKind::cash)) {
                    const auto route = find_route(scenario, paying->ledger, paid->ledger,
                                                  {buyer.name, seller.name});
                    if (!route) continue;
                    for (const AccountSpec* from :
                         accounts_on(scenario, seller, LedgerKind::securities))
                        for (const AccountSpec* to :
                             accounts_on(scenario, buyer, LedgerKind::securities))
                            if (from->ledger == to->ledger && from->asset == to->asset)
                                pairs.push_back({b, s, *paying, *paid, *to, *from, route->size()});
                }
            }
        }
    }
    return pairs;
}

std::vector<PaymentPair> payment_pairs(const Scenario& scenario) {
    std::vector<PaymentPair> pairs;
    for (std::size_t a = 0; a < scenario.nodes.size(); ++a) {
        for (std::size_t b = 0; b < scenario.nodes.size(); ++b) {
            const NodeSpec& payer = scenario.nodes[a];
            const NodeSpec& payee = scenario.nodes[b];
            if (a == b || !payer.payer || !payee.payee) continue;
            for (const AccountSpec* from : accounts_on(scenario, payer, LedgerKind::cash)) {
                for (const AccountSpec* to : accounts_on(scenario, payee, LedgerKind::cash)) {
                    if (from->ledger == to->ledger) continue;
                    const auto route =
                        find_route(scenario, from->ledger, to->ledger, {payer.name, payee.name});
                    if (route) pairs.push_back({a, b, *from, *to, route->size()});
                }
            }
        }
    }
    return pairs;
}

}  // namespace lockstep::sim
