// What a ledger tracks and how much of it. An amount is a count of the asset's smallest unit;
// operations on it can fail and say so, none rounds.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sdk/base/checked.h"

namespace lockstep {

// Unsigned count of smallest units.
class Amount {
public:
    constexpr Amount() = default;
    constexpr explicit Amount(std::uint64_t units) : units_(units) {}

    constexpr std::uint64_t units() const { return units_; }
    constexpr bool is_zero() const { return units_ == 0; }
    friend constexpr auto operator<=>(Amount, Amount) = default;

private:
    std::uint64_t units_ = 0;
};

constexpr std::optional<Amount> checked_add(Amount a, Amount b) {
    const auto sum = checked_add(a.units(), b.units());
    return sum ? std::optional<Amount>{Amount{*sum}} : std::nullopt;
}
constexpr std::optional<Amount> checked_sub(Amount a, Amount b) {
    const auto difference = checked_sub(a.units(), b.units());
    return difference ? std::optional<Amount>{Amount{*difference}} : std::nullopt;
}

constexpr std::uint8_t max_asset_scale = 9;
constexpr std::size_t max_asset_code = 32;

// A code (ISIN, ISO 4217, BTC: letters and digits) and the number of decimals of the smallest unit.
class AssetId {
public:
    AssetId() = default;
    // nullopt for an empty, long or non-alphanumeric code or a scale above max_asset_scale.
    static std::optional<AssetId> make(std::string_view code, std::uint8_t scale);

    const std::string& code() const { return code_; }
    std::uint8_t scale() const { return scale_; }
    friend auto operator<=>(const AssetId&, const AssetId&) = default;

private:
    std::string code_;
    std::uint8_t scale_ = 0;
};

// ISO 6166: two letters, nine letters or digits, and a check digit by the Luhn rule.
bool is_isin(std::string_view code);

// Decimal text to units: digits, at most one point, at most `scale` decimals, at most 64 bits.
// No sign, exponent, space or leading point; nullopt otherwise. "1.50" with scale 2 is 150.
std::optional<Amount> parse_amount(std::string_view text, std::uint8_t scale);
// Whether a text that parse_amount refuses has the form and is only more than 64 bits hold.
bool is_too_large_amount(std::string_view text, std::uint8_t scale);
// Units to decimal text with exactly `scale` decimals.
std::string format_amount(Amount amount, std::uint8_t scale);

}  // namespace lockstep
