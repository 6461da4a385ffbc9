// Which rate a transaction is sent at, and how much more it offers when it was not included.
// Never less than before: a conflict, a restart or a better estimate changes nothing about that.
#pragma once

#include <algorithm>

#include "bitcoin/adapter/fees.h"

namespace lockstep::bitcoin {

struct FeeBounds {
    FeePerKvb least;
    FeePerKvb most;
};
constexpr FeePerKvb first_rate(const FeeBounds& bounds, std::optional<FeePerKvb> estimate) {
    return std::clamp(estimate.value_or(bounds.least), bounds.least, bounds.most);
}
// After a block without it. With a deadline, so many blocks ahead: a part of what is left to the
// most that grows as the square of the nearness, all of it when two blocks are left, so that the
// block before the deadline has it at the highest rate. Without one: a quarter more.
constexpr FeePerKvb next_rate(const FeeBounds& bounds, FeePerKvb current,
                              std::optional<FeePerKvb> estimate,
                              std::optional<std::int64_t> blocks_left) {
    if (current >= bounds.most) return current;
    const std::int64_t gap = bounds.most.satoshi - current.satoshi;
    std::int64_t more = current.satoshi / 4;
    if (blocks_left) {
        const std::int64_t n = std::clamp<std::int64_t>(*blocks_left - 2, 1, 30'000);
        more = gap / (n * n);
    }
    const FeePerKvb raised{current.satoshi + std::min(gap, std::max<std::int64_t>(more, 1))};
    return std::min(std::max(raised, estimate.value_or(raised)), bounds.most);
}

}  // namespace lockstep::bitcoin
