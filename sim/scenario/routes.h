// Who can trade with whom and who can pay whom in a scenario: what the world draws its load from,
// and what a scenario is checked by.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace lockstep::sim {

const LedgerSpec* find_ledger(const Scenario& scenario, std::string_view name);
const NodeSpec* find_node(const Scenario& scenario, std::string_view name);
// Bitcoin is money as cash is, and stands where that is asked for.
constexpr bool is_alike(LedgerKind a, LedgerKind b) {
    return (a == LedgerKind::securities) == (b == LedgerKind::securities);
}
// Whether a claim may still come after the expiry.
constexpr ExpiryRule rule_of(LedgerKind kind) {
    return kind == LedgerKind::bitcoin ? ExpiryRule::open : ExpiryRule::strict;
}
// Its accounts on ledgers of securities, or of money, in the order of the file.
std::vector<const AccountSpec*> accounts_on(const Scenario& scenario, const NodeSpec& node,
                                            LedgerKind kind);

// What a venue's prices are in: the asset of the first cash account of the first seller. Every
// seller is paid in it.
std::optional<AssetId> price_asset(const Scenario& scenario);

// Names of connectors, none twice, that lead from one ledger to another, the fewest; empty for the
// same ledger, nullopt where nothing leads there. `ends` do not forward: a route visits a node
// once.
std::optional<std::vector<std::string>> find_route(const Scenario& scenario,
                                                   const std::string& from, const std::string& to,
                                                   const std::vector<std::string>& ends);

// One buyer, one seller and the accounts that they use. Both have an account in the same share on
// the same securities ledger, and the buyer's cash leads to the seller's.
struct TradePair {
    std::size_t buyer = 0;  // places in Scenario::nodes
    std::size_t seller = 0;
    AccountSpec buyer_cash;  // the balance is what it begins with
    AccountSpec seller_cash;
    AccountSpec buyer_securities;
    AccountSpec seller_securities;
    std::size_t connectors = 0;  // on the shortest way of the payment
};
std::vector<TradePair> trade_pairs(const Scenario& scenario);

// From one ledger to another.
struct PaymentPair {
    std::size_t payer = 0;
    std::size_t payee = 0;
    AccountSpec from;
    AccountSpec to;
    std::size_t connectors = 0;  // on the shortest way
};
std::vector<PaymentPair> payment_pairs(const Scenario& scenario);

}  // namespace lockstep::sim
