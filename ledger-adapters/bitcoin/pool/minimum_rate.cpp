#include "bitcoin/pool/minimum_rate.h"

#include <algorithm>
#include <array>

#include "sdk/base/checked.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::int64_t half_life_s = std::int64_t{12} * 60 * 60;
constexpr int fraction_bits = 16;
// More than all the money for a transaction of the smallest size; leaves room for the fraction.
constexpr FeeRate highest_rate = FeeRate{1} << 46;
constexpr std::uint64_t unity = std::uint64_t{1} << 32;

constexpr std::uint64_t square_root(std::uint64_t value) {
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= value) root |= bit;
    return root;
}

// 2^-(1/2), 2^-(1/4), … by 2^32. As many as make a second matter.
constexpr std::array<std::uint64_t, 24> make_roots() {
    std::array<std::uint64_t, 24> roots{};
    std::uint64_t last = unity / 2;
    for (std::uint64_t& root : roots) {
        root = square_root(last << 32);
        last = root;
    }
    return roots;
}
constexpr auto roots = make_roots();

std::uint64_t scale(FeeRate rate) {
    return static_cast<std::uint64_t>(std::clamp<FeeRate>(rate, 0, highest_rate)) << fraction_bits;
}

// value · 2^-(elapsed / half)
std::uint64_t halved(std::uint64_t value, std::int64_t elapsed_s, std::int64_t half_s) {
    const std::int64_t halvings = elapsed_s / half_s;
    if (halvings >= 64) return 0;
    value >>= halvings;
    std::int64_t rest = elapsed_s % half_s;
    for (const std::uint64_t root : roots) {
        rest *= 2;
        if (rest < half_s) continue;
        rest -= half_s;
        value = mul_div_floor(value, root, unity).value_or(0);
    }
    return value;
}

}  // namespace

void MinimumRate::raise(FeeRate rate) {
    if (scale(rate) <= scaled_) return;
    scaled_ = scale(rate);
    is_falling_ = false;
}

void MinimumRate::start_falling(std::int64_t now_s) {
    since_s_ = now_s;
    is_falling_ = true;
}

std::uint64_t MinimumRate::fallen(const Moment& moment) const {
    if (!is_falling_ || scaled_ == 0 || moment.now_s <= since_s_ + least_step_s) return scaled_;
    std::int64_t half_s = half_life_s;
    if (moment.octets < moment.room / 4)
        half_s /= 4;
    else if (moment.octets < moment.room / 2)
        half_s /= 2;
    const std::uint64_t value = halved(scaled_, moment.now_s - since_s_, half_s);
    return value < scale(incremental_) / 2 ? 0 : value;
}

void MinimumRate::settle(const Moment& moment) {
    if (!is_falling_ || moment.now_s <= since_s_ + least_step_s) return;
    scaled_ = fallen(moment);
    since_s_ = moment.now_s;
}

FeeRate MinimumRate::at(const Moment& moment) const {
    const std::uint64_t value = fallen(moment);
    if (value == 0) return 0;
    constexpr std::uint64_t half = std::uint64_t{1} << (fraction_bits - 1);
    const auto rounded = static_cast<FeeRate>((value + half) >> fraction_bits);
    return is_falling_ ? std::max(rounded, incremental_) : rounded;
}

}  // namespace lockstep::bitcoin
