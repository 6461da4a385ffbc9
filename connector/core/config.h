// What a node is told about itself and its world. It enters the machine as a journalled input, so
// that a replay runs under the configuration of its time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connector/core/ladder.h"
#include "routing/offer.h"
#include "sdk/machine/adapter.h"

namespace lockstep::core {

// A ledger this node reaches through an adapter, and its accounts there.
struct LedgerConfig {
    Address ledger;
    std::vector<Address> accounts;
    LedgerTiming timing;

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.accounts, s.timing);
    }
};

// Another node, and what it may have open with us at a time.
struct PeerConfig {
    PublicKey key;
    std::string name;
    bool venue = false;              // may propose trades
    std::uint32_t max_slots = 1024;  // incoming escrows of this peer that are open
    Duration max_hold = Duration::seconds(24 * 3600);  // farthest expiry ahead
    std::uint32_t max_share_ppm = 1'000'000;  // of an account of ours that its quotes may take

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.key, s.name, s.venue, s.max_slots, s.max_hold, s.max_share_ppm);
    }
};

// A security that trades may name, with what this node accepts for it.
struct InstrumentConfig {
    AssetId asset;
    Address ledger;                   // where it lives
    Amount lot;                       // trades are a whole number of lots
    Amount reference_price;           // per unit, in the price currency's smallest unit; 0 is none
    std::uint32_t tolerance_ppm = 0;  // how far a price may be from it, for a buyer above, for a
                                      // seller below

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.asset, s.ledger, s.lot, s.reference_price, s.tolerance_ppm);
    }
};

// Someone who trades: the standing settlement instructions. A venue knows all of them, a buyer's or
// seller's node its own.
struct PartyConfig {
    std::string name;
    PublicKey node;
    Address cash_account;  // pays from (as buyer), is paid to (as seller)
    AssetId cash_asset;
    Address securities_account;  // delivers from, is delivered to
    // What its node needs, as seller, between being paid on the one ledger and delivering on the
    // other. Absent, a buyer's node takes what its own endurance would need there.
    std::optional<Duration> margin;

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.name, s.node, s.cash_account, s.cash_asset, s.securities_account, s.margin);
    }
};

struct NodeConfig {
    PublicKey self;
    std::string name;
    Endurance endurance;
    std::vector<LedgerConfig> ledgers;
    std::vector<PeerConfig> peers;
    std::vector<routing::Offer> own_offers;    // what this node sells
    std::vector<routing::Offer> known_offers;  // what others sell
    std::vector<InstrumentConfig> instruments;
    std::vector<PartyConfig> parties;
    AssetId price_asset;                            // a venue's prices are in this
    Duration quote_life = Duration::seconds(60);    // a quote lapses after this
    Duration decision_time = Duration::seconds(5);  // for both sides to accept terms
    Duration slack_per_hop = Duration::seconds(1);  // for nodes to act between two hops
    Duration notice_wait = Duration::seconds(5);    // an escrow without a notice is rejected then
    std::uint32_t max_open = 100'000;               // deals and trades open at a time
    std::uint32_t quote_tolerance_ppm = 10'000;     // what a quote for a trade may cost above the
                                                    // offer that it answers

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.self, s.name, s.endurance, s.ledgers, s.peers, s.own_offers, s.known_offers,
          s.instruments, s.parties, s.price_asset, s.quote_life, s.decision_time, s.slack_per_hop,
          s.notice_wait, s.max_open, s.quote_tolerance_ppm);
    }
};

// Every mistake in a line, "key: what is wrong; what is expected", with the key as the
// configuration file writes it (offers[2].min_out): duplicate names, accounts of other ledgers,
// margins below the bound, endurance that ignores a ledger's roll-backs, offers without accounts.
// Empty means sound.
std::vector<std::string> check_config(const NodeConfig& config);

}  // namespace lockstep::core
