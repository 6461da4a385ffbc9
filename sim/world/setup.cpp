#include "sim/world/setup.h"

#include <algorithm>
#include <functional>

#include "sdk/base/assert.h"

namespace lockstep::sim {

std::optional<AccountSpec> first_account(const Scenario& scenario, const NodeSpec& node,
                                         LedgerKind kind) {
    for (const AccountSpec& account : node.accounts) {
        const LedgerSpec* ledger = find_ledger(scenario, account.ledger);
        if (ledger != nullptr && is_alike(ledger->kind, kind)) return account;
    }
    return std::nullopt;
}

core::LedgerTiming timing_of(const LedgerSpec& ledger) {
    return {ledger.profile, rule_of(ledger.kind)};
}

namespace {

// Of an escrow that pays for its own claim, whatever that costs.
constexpr Amount least_in_bitcoin{20'000};

routing::Offer offer_of(const Scenario& scenario, const NodeSpec& connector, const OfferSpec& sells,
                        const KeyOf& key_of, const Accounts& accounts) {
    const LedgerSpec* in = find_ledger(scenario, sells.in_ledger);
    const LedgerSpec* out = find_ledger(scenario, sells.out_ledger);
    ASSERT(in != nullptr && out != nullptr);
    routing::Offer offer;
    offer.connector = key_of(connector.name);
    offer.in_ledger = *Address::parse(in->name);
    offer.in_asset = in->assets.front();
    offer.in_account = accounts.of(in->name, connector.name);
    offer.out_ledger = *Address::parse(out->name);
    offer.out_asset = out->assets.front();
    offer.out_account = accounts.of(out->name, connector.name);
    offer.rate_num = sells.rate_num;
    offer.rate_den = sells.rate_den;
    offer.spread_ppm = sells.spread_ppm;
    offer.fixed_fee = sells.fixed_fee;
    offer.min_out = out->kind == LedgerKind::bitcoin ? least_in_bitcoin : Amount{1};
    offer.max_out = Amount{1'000'000'000'000'000};
    offer.margin = core::margin(timing_of(*in), timing_of(*out), connector.endurance);
    offer.in_profile = in->profile;
    offer.in_rule = rule_of(in->kind);
    offer.out_profile = out->profile;
    offer.out_rule = rule_of(out->kind);
    return offer;
}

core::PartyConfig party_of(const Scenario& scenario, const NodeSpec& node, const KeyOf& key_of,
                           const Accounts& accounts) {
    const auto cash = first_account(scenario, node, LedgerKind::cash);
    const auto securities = first_account(scenario, node, LedgerKind::securities);
    ASSERT(cash && securities);
    const LedgerSpec* paid = find_ledger(scenario, cash->ledger);
    const LedgerSpec* delivers = find_ledger(scenario, securities->ledger);
    ASSERT(paid != nullptr && delivers != nullptr);
    return {node.name,
            key_of(node.name),
            accounts.of(cash->ledger, node.name),
            cash->asset,
            accounts.of(securities->ledger, node.name),
            core::margin(timing_of(*paid), timing_of(*delivers), node.endurance)};
}

}  // namespace

core::NodeConfig configure(const Scenario& scenario, const NodeSpec& node, const KeyOf& key_of,
                           const Accounts& accounts) {
    core::NodeConfig config;
    config.self = key_of(node.name);
    config.name = node.name;
    config.endurance = node.endurance;
    Duration slowest = Duration::seconds(1);
    for (const LedgerSpec& ledger : scenario.ledgers) {
        slowest = std::max(slowest, ledger.profile.inclusion);
        const bool has = std::any_of(node.accounts.begin(), node.accounts.end(),
                                     [&](const AccountSpec& a) { return a.ledger == ledger.name; });
        if (!has) continue;
        config.ledgers.push_back({*Address::parse(ledger.name),
                                  {accounts.of(ledger.name, node.name)},
                                  timing_of(ledger)});
        if (ledger.kind == LedgerKind::securities)
            for (const AssetId& asset : ledger.assets)
                config.instruments.push_back(
                    {asset, *Address::parse(ledger.name), Amount{1}, Amount{}, 0});
    }
    for (const NodeSpec& other : scenario.nodes) {
        if (other.name != node.name) {
            core::PeerConfig peer;
            peer.key = key_of(other.name);
            peer.name = other.name;
            peer.venue = other.venue;
            peer.max_slots = node.peer_slots;
            peer.max_share_ppm = node.peer_share_ppm;
            config.peers.push_back(peer);
        }
        for (const OfferSpec& sells : other.offers)
            (other.name == node.name ? config.own_offers : config.known_offers)
                .push_back(offer_of(scenario, other, sells, key_of, accounts));
        const bool trades = other.buyer || other.seller;
        if (trades && (node.venue || other.name == node.name))
            config.parties.push_back(party_of(scenario, other, key_of, accounts));
    }
    if (node.venue && config.instruments.empty())
        for (const LedgerSpec& ledger : scenario.ledgers)
            if (ledger.kind == LedgerKind::securities)
                for (const AssetId& asset : ledger.assets)
                    config.instruments.push_back(
                        {asset, *Address::parse(ledger.name), Amount{1}, Amount{}, 0});
    if (const auto price = price_asset(scenario)) config.price_asset = *price;
    config.decision_time = Duration::seconds(5) + slowest * 2;
    config.quote_life = Duration::seconds(60) + slowest * 4;
    config.notice_wait = Duration::seconds(5) + slowest;
    return config;
}

Duration longest_margin(const Scenario& scenario, const NodeSpec& node) {
    Duration longest = Duration::seconds(1);
    for (const AccountSpec& in : node.accounts)
        for (const AccountSpec& out : node.accounts) {
            const LedgerSpec* a = find_ledger(scenario, in.ledger);
            const LedgerSpec* b = find_ledger(scenario, out.ledger);
            if (a == nullptr || b == nullptr || a == b) continue;
            longest = std::max(longest, core::margin(timing_of(*a), timing_of(*b), node.endurance));
        }
    return longest;
}

Duration longest_life(const Scenario& scenario) {
    Duration life = Duration::seconds(60);
    Duration guard;  // of whoever receives
    for (const NodeSpec& node : scenario.nodes) {
        life = life + longest_margin(scenario, node);
        for (const AccountSpec& account : node.accounts)
            if (const LedgerSpec* ledger = find_ledger(scenario, account.ledger))
                guard = std::max(guard, core::reveal_guard(timing_of(*ledger), node.endurance));
    }
    life = life + guard;
    for (const LedgerSpec& ledger : scenario.ledgers)
        life =
            life + (ledger.profile.inclusion + ledger.profile.finality) * 2 + Duration::seconds(10);
    return life;
}

}  // namespace lockstep::sim
