#include "connector/core/ladder.h"

#include "sdk/base/assert.h"

namespace lockstep::core {

std::vector<LadderStep> plan_ladder(Timestamp start, std::span<const LadderHop> hops,
                                    Duration slack_per_hop, const Endurance& receiver) {
    ASSERT(!hops.empty());
    std::vector<LadderStep> steps(hops.size());
    Timestamp reached = start;
    for (std::size_t i = 0; i < hops.size(); ++i) {
        const TimingProfile& profile = hops[i].timing.profile;
        // An escrow that is submitted at place_by stands final D + F later, before the next one is
        // due.
        reached = reached + slack_per_hop;
        steps[i].place_by = reached;
        reached = reached + profile.inclusion + profile.finality;
    }
    // One microsecond more than the guard, because revealing needs now + guard strictly before T.
    Timestamp expiry = reached + reveal_guard(hops.back().timing, receiver) + Duration{1};
    for (std::size_t i = hops.size(); i-- > 0;) {
        steps[i].expiry = expiry;
        if (i > 0) expiry = expiry + hops[i - 1].margin_to_next;
    }
    return steps;
}

}  // namespace lockstep::core
