// Time as the machines know it: microseconds since 1970-01-01 UTC, given to them with each input.
// Nothing here reads a clock.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <limits>

namespace lockstep {

// A length of time in microseconds; may be negative.
class Duration {
public:
    constexpr Duration() = default;
    constexpr explicit Duration(std::int64_t us) : us_(us) {}
    static constexpr Duration seconds(std::int64_t s) { return Duration{s * 1'000'000}; }
    static constexpr Duration milliseconds(std::int64_t ms) { return Duration{ms * 1'000}; }

    constexpr std::int64_t us() const { return us_; }
    friend constexpr auto operator<=>(Duration, Duration) = default;

private:
    std::int64_t us_ = 0;
};

namespace detail {
constexpr std::int64_t saturated(bool down) {
    return down ? std::numeric_limits<std::int64_t>::min()
                : std::numeric_limits<std::int64_t>::max();
}
constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? saturated(b < 0) : sum;
}
constexpr std::int64_t saturating_sub(std::int64_t a, std::int64_t b) {
    std::int64_t difference = 0;
    return __builtin_sub_overflow(a, b, &difference) ? saturated(b > 0) : difference;
}
constexpr std::int64_t saturating_mul(std::int64_t a, std::int64_t b) {
    std::int64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? saturated((a < 0) != (b < 0)) : product;
}
}  // namespace detail

// Sums saturate: a time beyond the year 294,000 stays there, so that "never" plus a margin is
// never.
constexpr Duration operator+(Duration a, Duration b) {
    return Duration{detail::saturating_add(a.us(), b.us())};
}
constexpr Duration operator-(Duration a, Duration b) {
    return Duration{detail::saturating_sub(a.us(), b.us())};
}
constexpr Duration operator*(Duration a, std::int64_t n) {
    return Duration{detail::saturating_mul(a.us(), n)};
}
// `first` doubled so many times, sixteen at most, and never more than `longest`: how long to wait
// before what failed is tried again.
constexpr Duration doubled(Duration first, unsigned times, Duration longest) {
    return std::min(first * (std::int64_t{1} << std::min(times, 16U)), longest);
}

// How long to wait before asking again what has been away for so long: an eighth of that, within
// the bounds, so that no outage lasts much more than an eighth longer for who asks.
constexpr Duration longest_outage_pause = Duration::seconds(5);
constexpr Duration outage_pause(Duration away, Duration shortest, Duration longest) {
    return std::clamp(Duration{away.us() / 8}, shortest, longest);
}

// A point in time, microseconds since the Unix epoch.
class Timestamp {
public:
    constexpr Timestamp() = default;
    constexpr explicit Timestamp(std::int64_t us) : us_(us) {}
    static constexpr Timestamp never() {
        return Timestamp{std::numeric_limits<std::int64_t>::max()};
    }

    constexpr std::int64_t us() const { return us_; }
    friend constexpr auto operator<=>(Timestamp, Timestamp) = default;

private:
    std::int64_t us_ = 0;
};

constexpr Timestamp operator+(Timestamp t, Duration d) {
    return Timestamp{detail::saturating_add(t.us(), d.us())};
}
constexpr Timestamp operator-(Timestamp t, Duration d) {
    return Timestamp{detail::saturating_sub(t.us(), d.us())};
}
constexpr Duration operator-(Timestamp a, Timestamp b) {
    return Duration{detail::saturating_sub(a.us(), b.us())};
}

// The one predicate on expiries: a fulfil needs it false, a refund needs it true. Half open, so
// that at each instant exactly one of the two is allowed.
constexpr bool is_expired(Timestamp now, Timestamp expiry) {
    return now >= expiry;
}

}  // namespace lockstep
