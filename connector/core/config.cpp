#include "connector/core/config.h"

#include <algorithm>
#include <map>

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

// The place of a table in the file: "offers[2].".
std::string place(const char* table, std::size_t index) {
    return std::string(table) + "[" + std::to_string(index) + "].";
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

// The first key of a profile whose time is negative.
std::optional<std::string> negative_time(const TimingProfile& profile) {
    const std::pair<const char*, Duration> times[] = {
        {"inclusion_ms", profile.inclusion}, {"finality_ms", profile.finality},
        {"rollback_ms", profile.rollback},   {"late_ms", profile.late},
        {"early_ms", profile.early},         {"block_ms", profile.block}};
    for (const auto& [key, time] : times)
        if (time < Duration{}) return key;
    return std::nullopt;
}

std::string below_bound(Duration margin, Duration bound) {
    return "a margin of " + seconds(margin) + " is below the bound of " +
           seconds(bound + nearly_a_millisecond) +
           " that the profiles and the endurance need; expected at least that";
}

class Checker {
public:
    explicit Checker(const NodeConfig& config) : config_(config) {}

    std::vector<std::string> check() {
        if (config_.endurance.outage < Duration{}) tell("endurance.outage_ms", "is negative");
        check_limits();
        check_ledgers();
        check_peers();
        for (std::size_t i = 0; i < config_.own_offers.size(); ++i)
            check_offer(config_.own_offers[i], place("offers", i));
        for (std::size_t i = 0; i < config_.known_offers.size(); ++i)
            check_known_offer(config_.known_offers[i], place("known_offers", i));
        check_instruments();
        check_parties();
        return std::move(mistakes_);
    }

private:
    void tell(const std::string& key, const std::string& what) {
        mistakes_.push_back(key + ": " + what);
    }

    void check_limits() {
        const std::pair<const char*, Duration> times[] = {
            {"limits.quote_life_ms", config_.quote_life},
            {"limits.decision_time_ms", config_.decision_time},
            {"limits.notice_wait_ms", config_.notice_wait}};
        for (const auto& [key, time] : times)
            if (time <= Duration{}) tell(key, "must be positive; expected at least 1");
        if (config_.slack_per_hop < Duration{})
            tell("limits.slack_per_hop_ms", "is negative; expected at least 0");
    }

    void check_ledgers() {
        std::map<Address, std::size_t> seen;
        for (std::size_t i = 0; i < config_.ledgers.size(); ++i) {
            const LedgerConfig& ledger = config_.ledgers[i];
            const std::string at = place("ledgers", i);
            const auto [first, fresh] = seen.try_emplace(ledger.ledger, i);
            if (!fresh) {
                tell(at + "address", ledger.ledger.text() + " is named twice; it is ledgers[" +
                                         std::to_string(first->second) + "] already");
            }
            check_accounts(ledger, at);
            check_timing(ledger.timing, at);
        }
    }

    void check_accounts(const LedgerConfig& ledger, const std::string& at) {
        const auto& accounts = ledger.accounts;
        // Of several accounts not one is of it: rather the address is misspelt than all of them.
        if (accounts.size() > 1 &&
            std::none_of(accounts.begin(), accounts.end(), [&](const Address& account) {
                return ledger.ledger.is_prefix_of(account);
            })) {
            tell(at + "address", "none of its accounts is of " + ledger.ledger.text() +
                                     "; expected the ledger's address, which they begin with");
            return;
        }
        for (std::size_t j = 0; j < accounts.size(); ++j) {
            if (ledger.ledger.is_prefix_of(accounts[j])) continue;
            tell(at + "accounts[" + std::to_string(j) + "]",
                 accounts[j].text() + " is not an account of this ledger; expected " +
                     ledger.ledger.text() + ".NAME");
        }
    }

    // Whether it is among the accounts of a ledger that has another address: told there.
    bool is_told_of_ledger(const Address& account) const {
        for (const LedgerConfig& ledger : config_.ledgers)
            if (owns(ledger, account) && !ledger.ledger.is_prefix_of(account)) return true;
        return false;
    }

    void check_timing(const LedgerTiming& timing, const std::string& at) {
        const TimingProfile& profile = timing.profile;
        if (profile.inclusion == Duration{})
            tell(at + "profile.inclusion_ms", "must be positive; expected at least 1");
        if (const auto key = negative_time(profile)) tell(at + "profile." + *key, "is negative");
        if (reveal_guard(timing, config_.endurance) > max_instruction_life) {
            tell(at + "profile",
                 "with the endurance, no escrow lasts long enough for it; expected shorter times "
                 "here or in [endurance]");
        }
        if (!is_final_after_rollbacks(profile)) {
            tell(at + "profile.rollback_ms",
                 "is longer than finality_ms: what is final could be taken back; expected at most "
                 "finality_ms");
        }
        if (!endurance_covers(timing, config_.endurance)) {
            tell("endurance.rollbacks", "must be at least 1, because " + at +
                                            "profile.rollback_ms says that the ledger can roll "
                                            "back");
        }
    }

    void check_peers() {
        std::map<PublicKey, std::string> keys;
        std::map<std::string, std::size_t> names;
        for (std::size_t i = 0; i < config_.peers.size(); ++i) {
            const PeerConfig& peer = config_.peers[i];
            const std::string at = place("peers", i);
            const auto [owner, fresh] = keys.try_emplace(peer.key, peer.name);
            if (peer.key == config_.self) {
                tell(at + "key", "is this node's own key; expected the public key of " + peer.name);
            } else if (!fresh) {
                tell(at + "key", "is used twice: it is the key of \"" + owner->second +
                                     "\" already; expected the public key of \"" + peer.name +
                                     "\"");
            }
            const auto [first, fresh_name] = names.try_emplace(peer.name, i);
            if (!fresh_name) {
                tell(at + "name", "\"" + peer.name + "\" is named twice; it is peers[" +
                                      std::to_string(first->second) + "] already");
            }
            if (peer.max_hold <= Duration{})
                tell(at + "max_hold_ms", "must be positive; expected at least 1");
        }
    }

    bool is_known(const PublicKey& key) const {
        for (const PeerConfig& peer : config_.peers)
            if (peer.key == key) return true;
        return key == config_.self;
    }

    // What an offer says that only its own connector can get wrong.
    void check_numbers(const routing::Offer& offer, const std::string& at) {
        if (offer.rate_num == 0 || offer.rate_den == 0 || offer.rate_num > routing::max_rate_term ||
            offer.rate_den > routing::max_rate_term) {
            tell(at + "rate",
                 "must be positive, and each term of it as a fraction of smallest units at most "
                 "2^40; round it");
        }
        if (offer.min_out > offer.max_out) {
            const std::uint8_t scale = offer.out_asset.scale();
            tell(at + "min_out", format_amount(offer.min_out, scale) + " is above max_out, " +
                                     format_amount(offer.max_out, scale) +
                                     "; expected at most that");
        }
        if (offer.spread_ppm > 1'000'000)
            tell(at + "spread_ppm", "is above 100 %; expected at most 1000000");
        if (offer.in_ledger == offer.out_ledger && offer.in_asset == offer.out_asset) {
            tell(at + "out_ledger",
                 "leads where it comes from; expected another ledger or asset than the incoming");
        }
    }

    void check_account(const LedgerConfig& ledger, const Address& account, const std::string& key) {
        if (owns(ledger, account)) return;
        tell(key, account.text() + " is not configured; expected one of the accounts of " +
                      ledger.ledger.text() + " in [[ledgers]]");
    }

    void check_offer(const routing::Offer& offer, const std::string& at) {
        const LedgerConfig* in = find(config_, offer.in_ledger);
        const LedgerConfig* out = find(config_, offer.out_ledger);
        const auto unknown = [&](const char* key, const Address& ledger, const Address& account) {
            if (is_told_of_ledger(account)) return;
            tell(at + key, ledger.text() +
                               " is a ledger that is not configured; expected the "
                               "address of one of [[ledgers]]");
        };
        if (in == nullptr) unknown("in_ledger", offer.in_ledger, offer.in_account);
        if (out == nullptr) unknown("out_ledger", offer.out_ledger, offer.out_account);
        if (in == nullptr || out == nullptr) return;
        if (offer.connector != config_.self)
            tell(at + "connector", "is not this node; an offer of others is one of known_offers");
        check_account(*in, offer.in_account, at + "in_account");
        check_account(*out, offer.out_account, at + "out_account");
        check_numbers(offer, at);
        const Duration bound = margin(in->timing, out->timing, config_.endurance);
        if (offer.margin < bound) tell(at + "margin_ms", below_bound(offer.margin, bound));
    }

    void check_known_offer(const routing::Offer& offer, const std::string& at) {
        if (offer.connector == config_.self || !is_known(offer.connector)) {
            tell(at + "connector",
                 offer.connector.hex() + " is not a peer; expected the key of one of [[peers]]");
            return;
        }
        const auto check_account_of = [&](const char* key, const Address& ledger,
                                          const Address& account) {
            if (ledger.is_prefix_of(account)) return;
            tell(at + key, account.text() + " is not an account of " + ledger.text());
        };
        check_account_of("in_account", offer.in_ledger, offer.in_account);
        check_account_of("out_account", offer.out_ledger, offer.out_account);
        if (offer.margin < Duration{}) tell(at + "margin_ms", "is negative");
        if (const auto key = negative_time(offer.in_profile))
            tell(at + "in_profile." + *key, "is negative");
        if (const auto key = negative_time(offer.out_profile))
            tell(at + "out_profile." + *key, "is negative");
    }

    void check_instruments() {
        std::map<std::string, std::size_t> seen;
        for (std::size_t i = 0; i < config_.instruments.size(); ++i) {
            const InstrumentConfig& instrument = config_.instruments[i];
            const std::string at = place("instruments", i);
            const auto [first, fresh] = seen.try_emplace(instrument.asset.code(), i);
            if (!fresh) {
                tell(at + "isin", instrument.asset.code() + " is named twice; it is instruments[" +
                                      std::to_string(first->second) + "] already");
            } else if (!instrument.reference_price.is_zero() && config_.price_asset == AssetId{}) {
                tell(at + "reference_price",
                     "needs price_asset at the head of the file: the asset that prices are in");
            }
        }
    }

    void check_parties() {
        std::map<std::string, std::size_t> seen;
        for (std::size_t i = 0; i < config_.parties.size(); ++i) {
            const PartyConfig& party = config_.parties[i];
            const std::string at = place("parties", i);
            const auto [first, fresh] = seen.try_emplace(party.name, i);
            if (!fresh) {
                tell(at + "name", "\"" + party.name + "\" is named twice; it is parties[" +
                                      std::to_string(first->second) + "] already");
            }
            if (party.name.empty() || party.name.size() > max_party_name)
                tell(at + "name", "expected 1 to 64 octets");
            // Without this node's own key, a party of its own cannot be told from a stranger's.
            if (!config_.self.is_zero() && !is_known(party.node)) {
                tell(at + "node",
                     party.node.hex() +
                         " is not a peer; expected the key of one of [[peers]] or this node's own");
            }
            if (party.margin &&
                (*party.margin < Duration{} || *party.margin > max_instruction_life))
                tell(at + "margin_ms", "expected 0 to 24 hours");
            if (party.node == config_.self) check_own_party(party, at);
        }
    }

    // One of a party of ours: the margin is what it has the venue say that it needs.
    void check_own_party(const PartyConfig& party, const std::string& at) {
        const LedgerConfig* cash = nullptr;
        const LedgerConfig* securities = nullptr;
        for (const LedgerConfig& ledger : config_.ledgers) {
            if (owns(ledger, party.cash_account)) cash = &ledger;
            if (owns(ledger, party.securities_account)) securities = &ledger;
        }
        const auto unknown = [&](const char* key, const Address& account) {
            tell(at + key, account.text() +
                               " is not a configured account; expected one of the accounts in "
                               "[[ledgers]]");
        };
        if (cash == nullptr) unknown("cash_account", party.cash_account);
        if (securities == nullptr) unknown("securities_account", party.securities_account);
        if (party.cash_account == party.securities_account) {
            tell(at + "securities_account",
                 "is the cash account too: cash and securities are one account; expected two");
        }
        if (!party.margin || cash == nullptr || securities == nullptr) return;
        const Duration bound = margin(cash->timing, securities->timing, config_.endurance);
        if (*party.margin < bound) tell(at + "margin_ms", below_bound(*party.margin, bound));
    }

    const NodeConfig& config_;
    std::vector<std::string> mistakes_;
};

}  // namespace

std::vector<std::string> check_config(const NodeConfig& config) {
    return Checker(config).check();
}

}  // namespace lockstep::core
