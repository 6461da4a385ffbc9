#include "sdk/base/amount.h"

#include <algorithm>

namespace lockstep {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

}  // namespace

std::optional<AssetId> AssetId::make(std::string_view code, std::uint8_t scale) {
    if (code.empty() || code.size() > max_asset_code || scale > max_asset_scale)
        return std::nullopt;
    for (const char c : code)
        if (!is_digit(c) && !is_upper(c) && !is_lower(c)) return std::nullopt;
    AssetId id;
    id.code_ = code;
    id.scale_ = scale;
    return id;
}

bool is_isin(std::string_view code) {
    if (code.size() != 12 || !is_upper(code[0]) || !is_upper(code[1]) || !is_digit(code[11]))
        return false;
    std::string expanded;
    for (const char c : code) {
        if (is_digit(c))
            expanded.push_back(c);
        else if (is_upper(c))
            expanded += std::to_string(c - 'A' + 10);
        else
            return false;
    }
    int sum = 0;
    bool twice = false;
    for (auto it = expanded.rbegin(); it != expanded.rend(); ++it, twice = !twice) {
        const int value = (*it - '0') * (twice ? 2 : 1);
        sum += value / 10 + value % 10;
    }
    return sum % 10 == 0;
}

std::optional<Amount> parse_amount(std::string_view text, std::uint8_t scale) {
    if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
    std::uint64_t units = 0;
    std::size_t decimals = 0;
    bool fraction = false;
    for (const char c : text) {
        if (c == '.') {
            if (fraction) return std::nullopt;
            fraction = true;
            continue;
        }
        if (!is_digit(c)) return std::nullopt;
        if (fraction && ++decimals > scale) return std::nullopt;
        const auto shifted = checked_mul(units, 10);
        const auto next =
            shifted ? checked_add(*shifted, static_cast<std::uint64_t>(c - '0')) : std::nullopt;
        if (!next) return std::nullopt;
        units = *next;
    }
    for (; decimals < scale; ++decimals) {
        const auto shifted = checked_mul(units, 10);
        if (!shifted) return std::nullopt;
        units = *shifted;
    }
    return Amount{units};
}

bool is_too_large_amount(std::string_view text, std::uint8_t scale) {
    // With every digit made a zero, nothing but the form is left to refuse.
    std::string zeros(text);
    std::replace_if(zeros.begin(), zeros.end(), is_digit, '0');
    return parse_amount(zeros, scale) && !parse_amount(text, scale);
}

std::string format_amount(Amount amount, std::uint8_t scale) {
    std::string digits = std::to_string(amount.units());
    if (scale == 0) return digits;
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, 1, '.');
    return digits;
}

}  // namespace lockstep
