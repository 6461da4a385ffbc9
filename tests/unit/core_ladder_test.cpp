// The margins of time, computed by hand, and the plan that keeps them.
#include "connector/core/ladder.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/unit/core_world_settings.h"

using namespace lockstep;
using namespace lockstep::core;
using lockstep::test::world_endurance;
using lockstep::test::world_profile;

namespace {

constexpr Duration operator""_s(unsigned long long seconds) {
    return Duration::seconds(static_cast<std::int64_t>(seconds));
}

// D, F, R, late, early, block
constexpr TimingProfile fast{1_s, 0_s, 0_s, 1_s, 1_s, 0_s};
constexpr TimingProfile slow{5_s, 2_s, 0_s, 0_s, 3_s, 0_s};
constexpr TimingProfile coin{3600_s, 3600_s, 600_s, 3600_s, 7200_s, 900_s};

}  // namespace

TEST_CASE("a margin is 2 D + L + o (K + D) + rb (R + D) + late(out) + early(in)") {
    struct Row {
        const char* what;
        LedgerTiming in;
        LedgerTiming out;
        Endurance node;
        std::int64_t seconds;
        std::int64_t microseconds = 0;
    };
    const Row rows[] = {
        // 2*1 + 0 + 3*(2+1) + 0 + 1 + 1
        {"the demo", {fast}, {fast}, {2_s, 3, 0}, 13},
        // 2*1 + 0 + 0 + 0 + 1 + 1
        {"a node that never fails", {fast}, {fast}, {0_s, 0, 0}, 4},
        // D is the worse of the two: 2*5 + 0 + 3*(2+5) + late(slow) 0 + early(fast) 1
        {"out to a slower one", {fast}, {slow}, {2_s, 3, 0}, 32},
        // 2*5 + 3*(2+5) + late(fast) 1 + early(slow) 3
        {"in from a slower one", {slow}, {fast}, {2_s, 3, 0}, 35},
        // open: L = D(out) + one block + a microsecond = 1 + 0
        {"out to an open one", {fast}, {fast, ExpiryRule::open}, {2_s, 3, 0}, 14, 1},
        // an open incoming ledger costs nothing more
        {"in from an open one", {fast, ExpiryRule::open}, {fast}, {2_s, 3, 0}, 13},
        // 2*3600 + (3600 + 900) + 1*(60+3600) + 1*(600+3600) + late 3600 + early(fast) 1
        {"out to a coin", {fast}, {coin, ExpiryRule::open}, {60_s, 1, 1}, 23161, 1},
        // 2*3600 + 0 + 3660 + 4200 + late(fast) 1 + early(coin) 7200
        {"in from a coin", {coin, ExpiryRule::open}, {fast}, {60_s, 1, 1}, 22261},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CHECK(margin(row.in, row.out, row.node) ==
              Duration::seconds(row.seconds) + Duration{row.microseconds});
    }
    static_assert(margin({world_profile}, {world_profile}, world_endurance) == 13_s);
}

TEST_CASE("a secret is shown only before T - (early + D + o (K + D) + rb (R + D))") {
    struct Row {
        const char* what;
        LedgerTiming hop;
        Endurance node;
        std::int64_t seconds;
    };
    const Row rows[] = {
        {"the demo", {fast}, {2_s, 3, 0}, 11},                      // 1 + 1 + 3*(2+1)
        {"a slower one", {slow}, {2_s, 3, 0}, 29},                  // 3 + 5 + 3*(2+5)
        {"a coin", {coin, ExpiryRule::open}, {60_s, 1, 1}, 18660},  // 7200+3600+3660+4200
        {"a node that never fails", {fast}, {0_s, 0, 0}, 2},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        const Duration guard = Duration::seconds(row.seconds);
        CHECK(reveal_guard(row.hop, row.node) == guard);
        const Timestamp expiry{1'800'000'000'000'000};
        CHECK(may_reveal(expiry - guard - Duration{1}, expiry, row.hop, row.node));
        CHECK(!may_reveal(expiry - guard, expiry, row.hop, row.node));
        CHECK(!may_reveal(expiry - guard + Duration{1}, expiry, row.hop, row.node));
    }
}

TEST_CASE("times at the end of what can be said make no margin smaller") {
    const Endurance forever{Duration{INT64_MAX}, UINT32_MAX, 0};
    CHECK(margin({fast}, {fast}, forever) == Duration{INT64_MAX});
    CHECK(!may_reveal(Timestamp{}, Timestamp::never(), {fast}, forever));
    CHECK(!may_reveal(Timestamp::never(), Timestamp::never(), {fast}, {2_s, 3, 0}));
}

TEST_CASE("a roll-back that a ledger declares must be reckoned with") {
    CHECK(endurance_covers({fast}, {2_s, 3, 0}));
    CHECK(!endurance_covers({coin}, {2_s, 3, 0}));
    CHECK(endurance_covers({coin}, {2_s, 3, 1}));
}

TEST_CASE("the demo's ladder, by hand") {
    // Three hops; a second of slack and a second of D for each; guard 11 s; margins 13 s.
    const std::vector<LadderHop> hops{{{fast}, 13_s}, {{fast}, 13_s}, {{fast}, {}}};
    const Timestamp start{1'800'000'000'000'000};
    const auto steps = plan_ladder(start, hops, 1_s, {2_s, 3, 0});
    REQUIRE(steps.size() == 3);
    CHECK(steps[0].place_by == start + 1_s);
    CHECK(steps[1].place_by == start + 3_s);
    CHECK(steps[2].place_by == start + 5_s);
    CHECK(steps[2].expiry == start + 17_s + Duration{1});
    CHECK(steps[1].expiry == start + 30_s + Duration{1});
    CHECK(steps[0].expiry == start + 43_s + Duration{1});
}

TEST_CASE("every margin of a plan holds exactly, and a microsecond less breaks it") {
    CHECK(rc::check([] {
        const auto seconds = [](int most) {
            return Duration::milliseconds(*rc::gen::inRange(0, most * 1000));
        };
        const Endurance node{seconds(60), *rc::gen::inRange(0u, 5u), *rc::gen::inRange(0u, 3u)};
        std::vector<LedgerTiming> timings;
        const auto count = *rc::gen::inRange<std::size_t>(1, 6);
        for (std::size_t i = 0; i < count; ++i)
            timings.push_back(
                {{seconds(60) + Duration{1}, seconds(60), seconds(60), seconds(60), seconds(60),
                  seconds(60)},
                 *rc::gen::arbitrary<bool>() ? ExpiryRule::open : ExpiryRule::strict});
        std::vector<LadderHop> hops;
        for (std::size_t i = 0; i < count; ++i)
            hops.push_back({timings[i],
                            i + 1 < count ? margin(timings[i], timings[i + 1], node) : Duration{}});
        const Duration slack = seconds(5);
        const Timestamp start{1'800'000'000'000'000};
        const auto steps = plan_ladder(start, hops, slack, node);
        RC_ASSERT(steps.size() == count);
        Timestamp reached = start;
        for (std::size_t i = 0; i < count; ++i) {
            // Who acts at once within its slack is in time, even when each ledger takes its
            // longest.
            RC_ASSERT(steps[i].place_by == reached + slack);
            reached = reached + slack + timings[i].profile.inclusion + timings[i].profile.finality;
            if (i + 1 < count)
                RC_ASSERT(steps[i].expiry - steps[i + 1].expiry == hops[i].margin_to_next);
        }
        // At the latest moment the secret may still be shown, and it is the smallest such expiry.
        RC_ASSERT(may_reveal(reached, steps.back().expiry, timings.back(), node));
        RC_ASSERT(!may_reveal(reached, steps.back().expiry - Duration{1}, timings.back(), node));
    }));
}
