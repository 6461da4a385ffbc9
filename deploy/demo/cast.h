// What a world of processes is made of, as data: which ledgers and nodes there are, what the
// ledgers begin with, and how a node is configured. A cast says it all; world.h brings it to life.
// The demonstration's are in euro_cast.h and bitcoin_cast.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sdk/base/amount.h"

namespace lockstep::demo {

constexpr std::uint8_t cash_scale = 2;  // of both currencies

// Every process has a name, which is also its folder's.
enum class Kind : std::uint8_t { cash_ledger, securities_ledger, bitcoin_node, miner, node };
struct Role {
    std::string_view name;
    Kind kind;
    std::string_view address;  // of a ledger
    std::string_view currency;
};
constexpr bool is_ledger(Kind kind) {
    return kind == Kind::cash_ledger || kind == Kind::securities_ledger ||
           kind == Kind::bitcoin_node;
}
// One with accounts that its operator opens, and statements.
constexpr bool has_books(Kind kind) {
    return kind == Kind::cash_ledger || kind == Kind::securities_ledger;
}
// One whose state can be replayed: all but a miner, which has none.
constexpr bool has_journal(Kind kind) {
    return kind != Kind::miner;
}

// The program of a process.
const char* program_of(Kind kind);

// Trades are whole lots; the reference price is what the buyer's node measures a price against.
struct Share {
    std::string_view isin;
    std::string_view name;
    std::uint64_t lot;
    std::string_view price;  // in what the venue's prices are in
};
constexpr std::uint32_t buyer_tolerance_ppm = 50'000;  // 5 % above the reference price

// What the operator of each part answers for, in milliseconds; see connector/core/ladder.h.
struct Profiles {
    std::uint32_t inclusion_ms = 1'000;  // D of every ledger, its restarts included
    std::uint32_t outage_ms = 2'000;     // K of every node
    std::uint32_t outages = 3;           // o, inside one margin
    std::uint32_t clock_ms = 1'000;      // how far a ledger's clock may lag or lead
    std::uint32_t slack_ms = 1'000;      // for nodes to act between two hops
    std::uint32_t decision_ms = 5'000;   // for both sides to accept terms
};
// Between the expiries of two hops: 2 D + o (K + D) + late + early.
constexpr std::uint32_t margin_ms(const Profiles& p) {
    return 2 * p.inclusion_ms + p.outages * (p.outage_ms + p.inclusion_ms) + 2 * p.clock_ms;
}

// An account on a ledger with books, and what is issued to it first.
struct Opening {
    std::string_view ledger;  // role
    std::string account;
    std::string_view owner;  // role of a node
    std::vector<std::pair<AssetId, Amount>> holdings;
};
// A node with an account on the Bitcoin chain, and how many blocks pay it first, a coin each.
struct CoinGrant {
    std::string_view node;  // role
    std::uint32_t blocks = 0;
};

struct NodeFacts;
struct Cast {
    std::vector<Role> roles;
    std::vector<Share> shares;  // on the securities ledger
    std::vector<Opening> openings;
    std::vector<CoinGrant> coins;
    std::uint32_t block_interval_ms = 0;  // of the miner
    // TOML for a node; paths in it are relative to the node's folder.
    std::string (*node_config)(const std::string& role, const NodeFacts& facts) = nullptr;
};

const Role& role_named(const Cast& cast, std::string_view name);

// Two accounts on every ledger with books between which the probe moves one lot, or 1.00, to and
// fro. Their owner, "probe", is no node.
constexpr std::string_view probe_payer = "probe";
constexpr std::string_view probe_payee = "probe-payee";
constexpr std::uint64_t probe_cash = 1'00;
std::pair<AssetId, Amount> probe_holding(const Cast& cast, std::string_view ledger);
void add_probe(Cast& cast);

}  // namespace lockstep::demo
