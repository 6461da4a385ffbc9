// The names of everything that a scenario can say, each with a line that tells what it is: what
// `lockstep-sim list` prints, what the reader accepts and what its messages offer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// What a node must be to behave so; one of those named is enough.
struct Roles {
    bool venue = false;
    bool buyer = false;
    bool seller = false;
    bool payer = false;
    bool payee = false;
    bool connector = false;
};
Roles roles_of(const NodeSpec& node);
// True where they have a role in common.
bool overlap(const Roles& a, const Roles& b);
// "a buyer, payee or connector"
std::string describe(const Roles& roles);

struct BehaviourEntry {
    Behaviour behaviour;
    std::string_view name;
    Roles roles;
    std::string_view meaning;
};
std::span<const BehaviourEntry> behaviours();
const BehaviourEntry& entry(Behaviour behaviour);
std::string_view to_string(Behaviour behaviour);
std::optional<Behaviour> behaviour_from_string(std::string_view name);

enum class FaultTarget : std::uint8_t { node, ledger, securities_ledger, bitcoin_ledger, any };
enum class FaultTiming : std::uint8_t {
    moment,   // strikes at a moment
    lasting,  // begins at a moment, ends after `lasts`
    message,  // strikes `ppm` of the messages
};
// What keeps it within the profiles.
enum class FaultLimit : std::uint8_t {
    none,        // nothing that a profile speaks of
    outage,      // an outage of a node: `lasts` at most K, at most o inside one margin
    inclusion,   // a ledger does not answer: `lasts` at most D
    clock,       // `by` at most late or early
    frozen,      // `lasts` at most late
    rollback,    // `by` at most R
    congestion,  // `lasts` at most D less what a block takes
    beyond,      // made to go beyond the profile
};
struct FaultEntry {
    FaultKind kind;
    std::string_view name;
    FaultTarget target;
    FaultTiming timing;
    FaultLimit limit;
    std::string_view meaning;
};
std::span<const FaultEntry> faults();
const FaultEntry& entry(FaultKind kind);
std::string_view to_string(FaultKind kind);
std::optional<FaultKind> fault_from_string(std::string_view name);

struct LedgerKindEntry {
    LedgerKind kind;
    std::string_view name;
    std::string_view meaning;
};
std::span<const LedgerKindEntry> ledger_kinds();
std::string_view to_string(LedgerKind kind);

// An incident or attack that was seen elsewhere and must be survived here.
struct ThreatEntry {
    std::string_view name;  // "T07"
    std::string_view what;
    std::string_view must;
};
std::span<const ThreatEntry> threats();

// What an expectation may be about, without the entries of counts.
struct ExpectationEntry {
    std::string_view name;
    std::string_view meaning;
};
std::span<const ExpectationEntry> expectations();

// Names only, for messages.
template <class Entry>
std::vector<std::string> names(std::span<const Entry> entries) {
    std::vector<std::string> all;
    for (const Entry& each : entries)
        all.emplace_back(each.name);
    return all;
}

}  // namespace lockstep::sim
