// Who and what the demonstration's world is made of: ledgers, nodes, shares, parties and what each
// of them begins with. Data only; world.h brings it to life.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::demo {

constexpr std::uint8_t cash_scale = 2;  // of both currencies

// Every process has a name, which is also its folder's.
enum class Kind : std::uint8_t { cash_ledger, securities_ledger, node };
struct Role {
    std::string_view name;
    Kind kind;
    std::string_view address;  // of a ledger
    std::string_view currency;
};
constexpr std::array<Role, 7> roles{{
    {"csd", Kind::securities_ledger, "test.csd", ""},
    {"sek", Kind::cash_ledger, "test.sek", "SEK"},
    {"eur", Kind::cash_ledger, "test.eur", "EUR"},
    {"venue", Kind::node, "", ""},
    {"buyer", Kind::node, "", ""},
    {"seller", Kind::node, "", ""},
    {"connector", Kind::node, "", ""},
}};

// Trades are whole lots; the reference price is what the buyer's node measures a price against.
struct Share {
    std::string_view isin;
    std::string_view name;
    std::uint64_t lot;
    std::string_view price_sek;
};
constexpr std::array<Share, 5> shares{{
    {"SE0000108656", "Ericsson B", 50, "85.40"},
    {"SE0000115446", "Volvo B", 10, "289.10"},
    {"SE0000148884", "SEB A", 25, "164.35"},
    {"FI0009000681", "Nokia", 100, "48.12"},
    {"SE0017486889", "Atlas Copco A", 10, "173.60"},
}};
constexpr std::uint32_t buyer_tolerance_ppm = 50'000;  // 5 % above the reference price

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

// Two accounts on every ledger between which the probe moves one lot, or 1.00, to and fro.
constexpr std::string_view probe_payer = "probe";
constexpr std::string_view probe_payee = "probe-payee";
constexpr std::uint64_t probe_cash = 1'00;

inline std::string cash_account(const Party& party) {
    return std::string(party.buys ? "test.eur." : "test.sek.") + std::string(party.name);
}
inline std::string securities_account(const Party& party) {
    return "test.csd." + std::string(party.name);
}

// What the operator of each part answers for, in milliseconds; see connector/core/ladder.h.
struct Profiles {
    std::uint32_t inclusion_ms = 1'000;  // D of every ledger, its restarts included
    std::uint32_t outage_ms = 2'000;     // K of every node
    std::uint32_t outages = 3;           // o, inside one margin
    std::uint32_t clock_ms = 1'000;      // how far a ledger's clock may lag or lead
};
// Between the expiries of two hops: 2 D + o (K + D) + late + early.
constexpr std::uint32_t margin_ms(const Profiles& p) {
    return 2 * p.inclusion_ms + p.outages * (p.outage_ms + p.inclusion_ms) + 2 * p.clock_ms;
}

}  // namespace lockstep::demo
