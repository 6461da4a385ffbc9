// The rules that every simulated run is held to.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lockstep::sim {

enum class Rule : std::uint8_t {
    conservation,
    forward_only,
    expiry,
    preimage,
    no_honest_loss,
    bounded_loss,
    revealed_is_paid,
    exact_amounts,
    ladder,
    reveal_guard,
    placed_once,
    after_incoming,
    liquidity,
    isolation,
    atomicity,
    timeliness,
    secrecy,
    alarms,
    truthful,
    answered,
    converges,
    replay,
    fees,
};
constexpr std::size_t rule_count = 23;
struct RuleEntry {
    Rule rule;
    std::string_view name;
    std::string_view meaning;
};
std::span<const RuleEntry> rules();

}  // namespace lockstep::sim
