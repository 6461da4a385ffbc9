#include "sdk/base/time_text.h"

#include <algorithm>
#include <cstdio>

namespace lockstep {
namespace {

constexpr std::int64_t us_per_second = 1'000'000;
constexpr std::int64_t us_per_day = 86'400 * us_per_second;

constexpr bool is_leap(std::int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
constexpr std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
    if (month == 2) return is_leap(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}
// Days from 1970-01-01 to the first of January of `year` (Gregorian).
constexpr std::int64_t days_to_year(std::int64_t year) {
    const std::int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - 719'162;
}
static_assert(days_to_year(1970) == 0 && days_to_year(2000) == 10'957);

constexpr std::int64_t last_us = days_to_year(10'000) * us_per_day - 1;

// `size` digits at `at`; -1 when there is anything else.
std::int64_t digits(std::string_view text, std::size_t at, std::size_t size) {
    std::int64_t value = 0;
    for (const char c : text.substr(at, size)) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

}  // namespace

std::optional<Timestamp> parse_time(std::string_view text) {
    // 2026-11-22T17:05:00Z, or with .1 to .123456 before the Z
    constexpr std::size_t shortest = 20;
    constexpr std::size_t longest = 27;
    if (text.size() < shortest || text.size() > longest || text.size() == shortest + 1 ||
        text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text.back() != 'Z')
        return std::nullopt;
    const std::int64_t year = digits(text, 0, 4);
    const std::int64_t month = digits(text, 5, 2);
    const std::int64_t day = digits(text, 8, 2);
    const std::int64_t hour = digits(text, 11, 2);
    const std::int64_t minute = digits(text, 14, 2);
    const std::int64_t second = digits(text, 17, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return std::nullopt;
    std::int64_t fraction = 0;
    if (text.size() > shortest) {
        const std::size_t decimals = text.size() - shortest - 1;
        fraction = text[19] == '.' ? digits(text, 20, decimals) : -1;
        if (fraction < 0) return std::nullopt;
        for (std::size_t i = decimals; i < 6; ++i)
            fraction *= 10;
    }
    std::int64_t days = days_to_year(year) + day - 1;
    for (std::int64_t m = 1; m < month; ++m)
        days += days_in_month(year, m);
    return Timestamp{days * us_per_day + ((hour * 60 + minute) * 60 + second) * us_per_second +
                     fraction};
}

std::string format_time(Timestamp time) {
    const std::int64_t us = std::clamp<std::int64_t>(time.us(), 0, last_us);
    std::int64_t days = us / us_per_day;
    std::int64_t year = 1970 + days / 366;
    while (days_to_year(year + 1) <= days)
        ++year;
    days -= days_to_year(year);
    std::int64_t month = 1;
    for (; days >= days_in_month(year, month); ++month)
        days -= days_in_month(year, month);
    const std::int64_t in_day = us % us_per_day;
    const std::int64_t seconds = in_day / us_per_second;
    const auto number = [](std::int64_t value) { return static_cast<int>(value); };
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                                   number(year), number(month), number(days + 1),
                                   number(seconds / 3600), number(seconds / 60 % 60),
                                   number(seconds % 60), number(in_day % us_per_second));
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace lockstep
