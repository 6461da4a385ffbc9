#include "connector/core/config.h"

#include <set>

#include "connector/core/messages.h"
#include "routing/path.h"

namespace lockstep::core {
namespace {

// A bound is rounded up to what can be configured.
constexpr Duration nearly_a_millisecond{999};

std::string seconds(Duration duration) {
    return std::to_string(duration.us() / 1'000'000) + "." +
           std::to_string(duration.us() % 1'000'000 / 1000 + 1000).substr(1) + " s";
}

const LedgerConfig* find(const NodeConfig& config, const Address& ledger) {
    for (const LedgerConfig& candidate : config.ledgers)
        if (candidate.ledger == ledger) return &candidate;
    return nullptr;
}

bool owns(const LedgerConfig& ledger, const Address& account) {
    for (const Address& own : ledger.accounts)
        if (own == account) return true;
    return false;
}

bool is_negative(const TimingProfile& profile) {
    const Duration zero;
    return profile.inclusion < zero || profile.finality < zero || profile.rollback < zero ||
           profile.late < zero || profile.early < zero || profile.block < zero;
}

void check_ledgers(const NodeConfig& config, std::vector<std::string>& mistakes) {
    std::set<Address> seen;
    for (const LedgerConfig& ledger : config.ledgers) {
        const std::string name = "ledgers." + ledger.ledger.text() + ": ";
        if (!seen.insert(ledger.ledger).second) mistakes.push_back(name + "named twice");
        for (const Address& account : ledger.accounts)
            if (!ledger.ledger.is_prefix_of(account))
                mistakes.push_back(name + account.text() + " is not an account of this ledger");
        const TimingProfile& profile = ledger.timing.profile;
        if (profile.inclusion <= Duration{})
            mistakes.push_back(name + "the time to inclusion (D) must be positive");
        if (is_negative(profile)) mistakes.push_back(name + "a time of the profile is negative");
        if (reveal_guard(ledger.timing, config.endurance) > max_instruction_life)
            mistakes.push_back(name + "with the endurance, no escrow lasts long enough for it");
        if (!is_final_after_rollbacks(profile))
            mistakes.push_back(name +
                               "the window of roll-backs (R) is longer than the time to "
                               "final (F): what is final could be taken back");
        if (!endurance_covers(ledger.timing, config.endurance))
            mistakes.push_back(name + "can roll back, so endurance.rollbacks must be at least 1");
    }
}

void check_offer(const NodeConfig& config, const routing::Offer& offer, std::size_t number,
                 std::vector<std::string>& mistakes) {
    const std::string name = "offers[" + std::to_string(number) + "]: ";
    const LedgerConfig* in = find(config, offer.in_ledger);
    const LedgerConfig* out = find(config, offer.out_ledger);
    if (in == nullptr || out == nullptr) {
        mistakes.push_back(name + "names a ledger that is not configured");
        return;
    }
    if (offer.connector != config.self) mistakes.push_back(name + "is not of this node");
    if (!owns(*in, offer.in_account) || !owns(*out, offer.out_account))
        mistakes.push_back(name + "names an account that is not configured");
    if (offer.rate_num == 0 || offer.rate_den == 0 || offer.rate_num > routing::max_rate_term ||
        offer.rate_den > routing::max_rate_term)
        mistakes.push_back(name + "the rate must be positive, each term at most 2^40");
    if (offer.min_out > offer.max_out) mistakes.push_back(name + "min is above max");
    if (offer.spread_ppm > 1'000'000) mistakes.push_back(name + "the spread is above 100 %");
    if (offer.in_ledger == offer.out_ledger && offer.in_asset == offer.out_asset)
        mistakes.push_back(name + "leads where it comes from");
    const Duration bound = margin(in->timing, out->timing, config.endurance);
    if (offer.margin < bound)
        mistakes.push_back(name + "a margin of " + seconds(offer.margin) +
                           " is below the bound of " + seconds(bound + nearly_a_millisecond) +
                           " that the profiles and the endurance need");
}

// What a party of ours has the venue say that it needs.
void check_party_margin(const NodeConfig& config, const PartyConfig& party,
                        std::vector<std::string>& mistakes) {
    const LedgerConfig* cash = nullptr;
    const LedgerConfig* securities = nullptr;
    for (const LedgerConfig& ledger : config.ledgers) {
        if (owns(ledger, party.cash_account)) cash = &ledger;
        if (owns(ledger, party.securities_account)) securities = &ledger;
    }
    if (!party.margin || cash == nullptr || securities == nullptr) return;
    const Duration bound = margin(cash->timing, securities->timing, config.endurance);
    if (*party.margin < bound)
        mistakes.push_back("parties." + party.name + ": a margin of " + seconds(*party.margin) +
                           " is below the bound of " + seconds(bound + nearly_a_millisecond) +
                           " that the profiles and the endurance need");
}

}  // namespace

std::vector<std::string> check_config(const NodeConfig& config) {
    std::vector<std::string> mistakes;
    check_ledgers(config, mistakes);
    std::set<PublicKey> keys{config.self};
    std::set<std::string> names;
    for (const PeerConfig& peer : config.peers) {
        if (!keys.insert(peer.key).second)
            mistakes.push_back("peers." + peer.name + ": key is used twice or is our own");
        if (!names.insert(peer.name).second)
            mistakes.push_back("peers." + peer.name + ": named twice");
        if (peer.max_hold <= Duration{})
            mistakes.push_back("peers." + peer.name + ": max_hold must be positive");
    }
    if (config.endurance.outage < Duration{})
        mistakes.push_back("endurance: the longest outage (K) is negative");
    for (std::size_t i = 0; i < config.own_offers.size(); ++i)
        check_offer(config, config.own_offers[i], i, mistakes);
    for (const routing::Offer& offer : config.known_offers)
        if (offer.connector == config.self || !keys.contains(offer.connector))
            mistakes.push_back("known_offers: " + offer.connector.hex() + " is not a peer");
        else if (!offer.in_ledger.is_prefix_of(offer.in_account) ||
                 !offer.out_ledger.is_prefix_of(offer.out_account))
            mistakes.push_back("known_offers: " + offer.in_account.text() + ", " +
                               offer.out_account.text() + ": not accounts of its ledgers");
        else if (offer.margin < Duration{} || is_negative(offer.in_profile) ||
                 is_negative(offer.out_profile))
            mistakes.push_back("known_offers: a time of " + offer.in_account.text() +
                               " is negative");
    std::set<std::string> parties;
    for (const PartyConfig& party : config.parties) {
        const std::string name = "parties." + party.name + ": ";
        if (!parties.insert(party.name).second) mistakes.push_back(name + "named twice");
        if (party.name.empty() || party.name.size() > max_party_name)
            mistakes.push_back(name + "a name has 1 to 64 octets");
        if (!keys.contains(party.node)) mistakes.push_back(name + "its node is not a peer");
        if (party.margin && (*party.margin < Duration{} || *party.margin > max_instruction_life))
            mistakes.push_back(name + "a margin is 0 to 24 hours");
        if (party.node != config.self) continue;
        for (const Address& account : {party.cash_account, party.securities_account}) {
            bool ours = false;
            for (const LedgerConfig& ledger : config.ledgers)
                ours = ours || owns(ledger, account);
            if (!ours) mistakes.push_back(name + account.text() + " is not a configured account");
        }
        check_party_margin(config, party, mistakes);
        if (party.cash_account == party.securities_account)
            mistakes.push_back(name + "cash and securities are one account");
    }
    std::set<std::string> instruments;
    for (const InstrumentConfig& instrument : config.instruments)
        if (!instruments.insert(instrument.asset.code()).second)
            mistakes.push_back("instruments." + instrument.asset.code() + ": named twice");
        else if (!instrument.reference_price.is_zero() && config.price_asset == AssetId{})
            mistakes.push_back("instruments." + instrument.asset.code() +
                               ": a reference price needs price_asset");
    if (config.quote_life <= Duration{} || config.decision_time <= Duration{} ||
        config.notice_wait <= Duration{} || config.slack_per_hop < Duration{})
        mistakes.push_back("times: quote_life, decision_time and notice_wait must be positive");
    return mistakes;
}

}  // namespace lockstep::core
