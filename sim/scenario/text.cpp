#include "sim/scenario/text.h"

#include <array>
#include <charconv>
#include <numeric>

#include "routing/path.h"

namespace lockstep::sim {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t us;
};
constexpr std::array<Unit, 6> units{{{"d", 86'400'000'000},
                                     {"h", 3'600'000'000},
                                     {"min", 60'000'000},
                                     {"s", 1'000'000},
                                     {"ms", 1'000},
                                     {"us", 1}}};
constexpr std::int64_t most_us = std::int64_t{3650} * 86'400'000'000;

// All of `text` as a number: digits only.
std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

std::uint64_t power_of_ten(unsigned exponent) {
    std::uint64_t value = 1;
    while (exponent-- > 0)
        value *= 10;
    return value;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == std::string_view::npos) return std::nullopt;
    const auto number = parse_number(text.substr(0, digits));
    for (const Unit& unit : units) {
        if (unit.name != text.substr(digits)) continue;
        if (!number || *number > static_cast<std::uint64_t>(most_us / unit.us)) return std::nullopt;
        const std::int64_t us = static_cast<std::int64_t>(*number) * unit.us;
        return Duration{negative ? -us : us};
    }
    return std::nullopt;
}

std::string format_duration(Duration duration) {
    if (duration == Duration{}) return "0s";
    for (const Unit& unit : units)
        if (duration.us() % unit.us == 0)
            return std::to_string(duration.us() / unit.us) + std::string(unit.name);
    return {};
}

std::optional<AssetId> parse_asset(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto scale = parse_number(text.substr(slash + 1));
    if (!scale || *scale > max_asset_scale) return std::nullopt;
    return AssetId::make(text.substr(0, slash), static_cast<std::uint8_t>(*scale));
}

std::string format_asset(const AssetId& asset) {
    return asset.code() + "/" + std::to_string(asset.scale());
}

std::optional<Rate> parse_rate(std::string_view text, std::uint8_t in_scale,
                               std::uint8_t out_scale) {
    std::optional<std::uint64_t> num;
    std::optional<std::uint64_t> den;
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
        num = parse_number(text.substr(0, slash));
        den = parse_number(text.substr(slash + 1));
    } else {
        // One whole unit out is 10^out_scale units and costs price * 10^in_scale units.
        constexpr std::uint8_t decimals = 9;
        const auto price = parse_amount(text, decimals);
        if (!price || price->is_zero()) return std::nullopt;
        std::uint64_t above = price->units();
        std::uint64_t below = power_of_ten(decimals);
        const unsigned common = std::min(in_scale, out_scale);
        std::uint64_t shared = std::gcd(above, below);
        above /= shared;
        below /= shared;
        std::uint64_t in_power = power_of_ten(in_scale - common);
        std::uint64_t out_power = power_of_ten(out_scale - common);
        shared = std::gcd(above, out_power);
        above /= shared;
        out_power /= shared;
        shared = std::gcd(in_power, below);
        in_power /= shared;
        below /= shared;
        num = checked_mul(above, in_power);
        den = checked_mul(below, out_power);
    }
    if (!num || !den || *num == 0 || *den == 0) return std::nullopt;
    if (*num > routing::max_rate_term || *den > routing::max_rate_term) return std::nullopt;
    return Rate{*num, *den};
}

std::string format_rate(const Rate& rate) {
    return std::to_string(rate.num) + "/" + std::to_string(rate.den);
}

std::string format_place(std::string_view list, std::size_t place) {
    return std::string(list) + "[" + std::to_string(place) + "]";
}

std::optional<Expectation> parse_expectation(std::string_view text) {
    const std::size_t first = text.find(' ');
    if (first == std::string_view::npos) return std::nullopt;
    const std::size_t second = text.find(' ', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    Expectation read;
    read.what = text.substr(0, first);
    read.relation = text.substr(first + 1, second - first - 1);
    const auto value = parse_number(text.substr(second + 1));
    const bool known = read.relation == "=" || read.relation == ">=" || read.relation == "<=";
    if (!value || !known || read.what.empty()) return std::nullopt;
    read.value = *value;
    return read;
}

std::string format_expectation(const Expectation& expectation) {
    return expectation.what + " " + expectation.relation + " " + std::to_string(expectation.value);
}

}  // namespace lockstep::sim
