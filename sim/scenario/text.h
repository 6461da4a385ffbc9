// Times, assets, rates and expectations as a person writes them in a scenario: "250ms", "SEK/2",
// "settled >= 10".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// A whole number and one of us, ms, s, min, h, d, with a sign before it where negative; at most ten
// years. nullopt otherwise: "1.5s" is written "1500ms".
std::optional<Duration> parse_duration(std::string_view text);
// In the largest unit that is exact.
std::string format_duration(Duration duration);

// Code and scale: "SEK/2", "SE0000108656/0".
std::optional<AssetId> parse_asset(std::string_view text);
std::string format_asset(const AssetId& asset);

struct Rate {
    std::uint64_t num = 1;  // smallest units in
    std::uint64_t den = 1;  // for these smallest units out
};
// Either what one whole unit of the outgoing asset costs in the incoming one, "0.0893", or the
// ratio of smallest units, "893/10000". nullopt for zero, for what is no such text, and where a
// term exceeds what an offer can say.
std::optional<Rate> parse_rate(std::string_view text, std::uint8_t in_scale,
                               std::uint8_t out_scale);
// The ratio of smallest units.
std::string format_rate(const Rate& rate);

// "node[1]": an entry of a list, by its place.
std::string format_place(std::string_view list, std::size_t place);

// "settled >= 10": what, one of =, >=, <=, and a number. The words are not checked here.
std::optional<Expectation> parse_expectation(std::string_view text);
std::string format_expectation(const Expectation& expectation);

}  // namespace lockstep::sim
