// Shares against euro and krona: three ledgers, four nodes, and a connector that sells the krona
// which a seller is paid.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "deploy/demo/cast.h"

namespace lockstep::demo {

constexpr std::array<Role, 7> roles{{
    {"csd", Kind::securities_ledger, "test.csd", ""},
    {"sek", Kind::cash_ledger, "test.sek", "SEK"},
    {"eur", Kind::cash_ledger, "test.eur", "EUR"},
    {"venue", Kind::node, "", ""},
    {"buyer", Kind::node, "", ""},
    {"seller", Kind::node, "", ""},
    {"connector", Kind::node, "", ""},
}};

constexpr std::array<Share, 5> shares{{
    {"SE0000108656", "Ericsson B", 50, "85.40"},
    {"SE0000115446", "Volvo B", 10, "289.10"},
    {"SE0000148884", "SEB A", 25, "164.35"},
    {"FI0009000681", "Nokia", 100, "48.12"},
    {"SE0017486889", "Atlas Copco A", 10, "173.60"},
}};

// Parties of the trades. Buyers live at the buyer's node and have euro and a securities account,
// sellers at the seller's node with securities and a krona account.
struct Party {
    std::string_view name;
    bool buys;
    std::string_view cash;         // to begin with
    std::uint64_t shares_of_each;  // to begin with
};
constexpr std::string_view silent_seller = "gale-silent";
constexpr std::array<Party, 7> parties{{
    {"aspen-fund", true, "1000000000.00", 0},
    {"birch-pension", true, "1000000000.00", 0},
    {"cedar-broke", true, "12.50", 0},
    {"delta-bank", false, "", 500'000'000},
    {"elm-securities", false, "", 500'000'000},
    {"fir-empty", false, "", 0},
    {silent_seller, false, "", 10'000'000},
}};

// The connector sells krona for euro: one krona costs this many euro, and its spread on top.
constexpr std::string_view connector_account = "connector";
constexpr std::string_view connector_krona = "50000000000.00";
constexpr std::string_view connector_euro = "";
constexpr std::string_view euro_for_krona = "0.0893";
constexpr std::uint32_t spread_ppm = 1'500;
constexpr std::string_view most_krona_at_once = "50000000.00";

inline std::string cash_account(const Party& party) {
    return std::string(party.buys ? "test.eur." : "test.sek.") + std::string(party.name);
}
inline std::string securities_account(const Party& party) {
    return "test.csd." + std::string(party.name);
}

Cast euro_cast();
// TOML for one of the four nodes.
std::string euro_node_config(const std::string& role, const NodeFacts& facts);

}  // namespace lockstep::demo
