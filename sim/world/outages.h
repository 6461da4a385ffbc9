// How much of a node's endurance is used up: a fault that is within the profile takes an outage
// from the budget of its node, and there are at most o in any stretch as long as the longest
// margin.
#pragma once

#include <vector>

#include "connector/core/ladder.h"

namespace lockstep::sim {

class OutageBudget {
public:
    OutageBudget(const core::Endurance& endurance, Duration window)
        : endurance_(endurance), window_(window) {}

    // An outage that begins now and is over at `until`; false where it would be one too many.
    bool take(Timestamp now, Timestamp until) {
        const std::int64_t k = std::max<std::int64_t>(endurance_.outage.us(), 1);
        const auto count = static_cast<std::uint32_t>(((until - now).us() + k - 1) / k);
        std::uint32_t recent = count;
        for (const Taken& taken : taken_)
            if (taken.until + window_ > now) recent += taken.count;
        if (recent > endurance_.outages) return false;
        std::erase_if(taken_, [&](const Taken& taken) { return taken.until + window_ <= now; });
        taken_.push_back({until, count});
        return true;
    }

private:
    struct Taken {
        Timestamp until;
        std::uint32_t count = 0;
    };
    core::Endurance endurance_;
    Duration window_;
    std::vector<Taken> taken_;
};

}  // namespace lockstep::sim
