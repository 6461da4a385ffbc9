// Shares against bitcoin, and krona that become bitcoin: a securities ledger, a cash ledger, a
// Bitcoin node with a miner, and six nodes. A buyer pays a seller in bitcoin directly; a payer has
// krona, a receiver takes bitcoin, and the connector between them has both.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "bitcoin/adapter/profile.h"
#include "connector/core/ladder.h"
#include "deploy/demo/cast.h"

namespace lockstep::demo {

constexpr std::array<Role, 10> bitcoin_roles{{
    {"csd", Kind::securities_ledger, "test.csd", ""},
    {"sek", Kind::cash_ledger, "test.sek", "SEK"},
    {"btc", Kind::bitcoin_node, "test.btc", "BTC"},
    {"miner", Kind::miner, "", ""},
    {"venue", Kind::node, "", ""},
    {"buyer", Kind::node, "", ""},
    {"seller", Kind::node, "", ""},
    {"payer", Kind::node, "", ""},
    {"connector", Kind::node, "", ""},
    {"receiver", Kind::node, "", ""},
}};

// Prices in bitcoin, at a million krona a bitcoin.
constexpr std::uint8_t coin_scale = 8;
constexpr std::array<Share, 5> bitcoin_shares{{
    {"SE0000108656", "Ericsson B", 50, "0.00008540"},
    {"SE0000115446", "Volvo B", 10, "0.00028910"},
    {"SE0000148884", "SEB A", 25, "0.00016435"},
    {"FI0009000681", "Nokia", 100, "0.00004812"},
    {"SE0017486889", "Atlas Copco A", 10, "0.00017360"},
}};

// Parties of the trades. On the Bitcoin chain a node has one account, a key, which its parties
// share; on the securities ledger each has its own.
struct CoinParty {
    std::string_view name;
    bool buys;
    std::uint64_t shares_of_each;  // to begin with
};
constexpr std::string_view silent_coin_seller = "gale-silent";
constexpr std::array<CoinParty, 5> coin_parties{{
    {"aspen-fund", true, 0},
    {"birch-pension", true, 0},
    {"delta-bank", false, 1'000'000},
    {"elm-securities", false, 1'000'000},
    {silent_coin_seller, false, 1'000'000},
}};
inline const std::vector<std::string_view> sound_coin_sellers{"delta-bank", "elm-securities"};
inline std::string securities_account(const CoinParty& party) {
    return "test.csd." + std::string(party.name);
}

// Each escrow that is placed between two blocks takes a coin of its own; what is left of it comes
// back with the block.
constexpr std::uint32_t buyer_coins = 48;
constexpr std::uint32_t connector_coins = 24;
constexpr std::size_t most_trades_open = 32;
constexpr std::size_t most_payments_open = 16;

// The connector sells bitcoin for krona: one costs so many krona, and its spread on top.
constexpr std::string_view payer_account = "test.sek.payer";
constexpr std::string_view connector_krona_account = "test.sek.connector";
constexpr std::string_view payer_krona = "1000000000.00";
constexpr std::string_view krona_for_bitcoin = "1000000";
constexpr std::uint32_t bitcoin_spread_ppm = 2'000;

// All processes are on one machine, which may be busy, and have one clock.
constexpr Profiles bitcoin_profiles{3'000, 2'000, 1, 1'000, 3'000, 15'000};

// Of the chain: the miner makes a block each half second and nobody else does, so nothing is ever
// taken back. Late: the median of the last eleven stamps, which are whole seconds, is that of six
// blocks ago when the next one comes. Early: a stamp is never ahead, but for that whole second.
constexpr std::uint32_t block_interval_ms = 500;
constexpr bitcoin::ChainPace chain_pace = [] {
    bitcoin::ChainPace pace;
    pace.block = Duration::milliseconds(block_interval_ms);
    pace.target = 1;
    pace.congestion = 2;
    pace.depth = 2;
    pace.reorg = 0;
    pace.late = bitcoin::slow_blocks(pace, 6) + Duration::seconds(1);
    pace.early = Duration::seconds(1);
    return pace;
}();
// What the nodes' adapters compute from it.
constexpr TimingProfile chain_profile = bitcoin::profile_of(chain_pace);

constexpr core::LedgerTiming timing_of(const Profiles& profiles) {
    TimingProfile profile;
    profile.inclusion = Duration::milliseconds(profiles.inclusion_ms);
    profile.late = Duration::milliseconds(profiles.clock_ms);
    profile.early = Duration::milliseconds(profiles.clock_ms);
    return {profile, ExpiryRule::strict};
}
constexpr core::LedgerTiming chain_timing{chain_profile, ExpiryRule::open};
constexpr core::Endurance endurance_of(const Profiles& profiles) {
    return {Duration::milliseconds(profiles.outage_ms), profiles.outages, 0};
}
// What the connector needs between krona and bitcoin, and a seller between bitcoin and shares.
constexpr Duration connector_margin(const Profiles& profiles) {
    return core::margin(timing_of(profiles), chain_timing, endurance_of(profiles));
}
constexpr Duration seller_margin(const Profiles& profiles) {
    return core::margin(chain_timing, timing_of(profiles), endurance_of(profiles));
}

Cast bitcoin_cast();
// TOML for one of the six nodes.
std::string bitcoin_node_config(const std::string& role, const NodeFacts& facts);

}  // namespace lockstep::demo
