// Whether a run stayed inside its profiles, and what its processes counted, with made-up figures.
#include <doctest/doctest.h>

#include "deploy/demo/alarms.h"
#include "deploy/demo/bitcoin_checks.h"
#include "deploy/demo/lives.h"
#include "deploy/demo/profile_check.h"

using namespace lockstep::demo;

namespace {

// K 2 s, D 1 s, o 3, and a margin of 2 + 3 x 3 + 2 = 13 s.
constexpr Profiles profiles{};
static_assert(margin_ms(profiles) == 13'000);

struct Row {
    std::string what;
    std::vector<Outage> outages;
    std::vector<Inclusion> inclusions;
    std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("a run inside its profiles has nothing to report, one outside says where") {
    const std::vector<Row> rows{
        {"nothing happened", {}, {}, {}},
        {"a node just within", {{"buyer", 0, 1.99}}, {}, {}},
        {"a node too long", {{"buyer", 0, 2}}, {}, {"buyer was away for 2.00 s"}},
        {"a ledger just within", {{"csd", 0, 0.99}}, {}, {}},
        {"a ledger too long", {{"csd", 0, 1}}, {}, {"csd was away for 1.00 s"}},
        {"three in a margin", {{"venue", 0, 1}, {"venue", 3, 1}, {"venue", 6, 1}}, {}, {}},
        {"the fourth a margin after the first",
         {{"venue", 0, 1}, {"venue", 5, 1}, {"venue", 9, 1}, {"venue", 14, 1}},
         {},
         {}},
        {"the fourth a little earlier",
         {{"venue", 0, 1}, {"venue", 5, 1}, {"venue", 9, 1}, {"venue", 13.9, 1}},
         {},
         {"venue was away 4 times inside one margin of 13.0 s, from second 0.0 on"}},
        {"four of different ones",
         {{"venue", 0, 1}, {"buyer", 1, 1}, {"seller", 2, 1}, {"connector", 3, 1}},
         {},
         {}},
        {"the margin begins later",
         {{"eur", 0, 0.5}, {"eur", 50, 0.5}, {"eur", 52, 0.5}, {"eur", 54, 0.5}, {"eur", 56, 0.5}},
         {},
         {"eur was away 4 times inside one margin of 13.0 s, from second 50.0 on"}},
        {"operations just within", {}, {{"sek", 0, 0.99}, {"sek", 5, 0.2}}, {}},
        {"an operation that took too long",
         {{"csd", 4, 0.5}},
         {{"sek", 4, 1.0}},
         {"sek took 1.00 s for an operation at second 4.0"}},
        {"an operation that met an outage and was short enough",
         {{"sek", 4.5, 0.6}},
         {{"sek", 4, 0.99}},
         {}},
        {"an operation that met an outage and was not",
         {{"sek", 4.5, 0.6}},
         {{"sek", 4.2, 1.0}},
         {"sek took 1.00 s for an operation at second 4.2"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(exceeded_profiles(row.outages, row.inclusions, profiles) == row.lines);
    }
}

// K 2 s, D 3 s, o 1; the chain's F is 3 s.
TEST_CASE("a run beside a chain is outside its profiles where a node or the chain stood still") {
    using Lines = std::vector<std::string>;
    const std::vector<Inclusion> sound{{"csd", 1, 2.99}, {"sek", 2, 0.1}};
    CHECK(exceeded_with_chain({{"payer", 1, 1.9}, {"receiver", 2, 1.9}}, sound, {{7, 2.9}}) ==
          Lines{});
    CHECK(exceeded_with_chain({{"receiver", 1, 2.0}}, sound, {}) ==
          Lines{"receiver was away for 2.00 s"});
    CHECK(exceeded_with_chain({}, {{"csd", 4, 3.0}}, {}) ==
          Lines{"csd took 3.00 s for an operation at second 4.0"});
    CHECK(exceeded_with_chain({}, sound, {{7, 3.0}}) ==
          Lines{"btc had no block for 3.00 s from second 7.0 on"});
    // Twice inside one margin between krona and bitcoin.
    const auto twice = exceeded_with_chain({{"payer", 1, 1.5}, {"payer", 20, 1.5}}, sound, {});
    REQUIRE(twice.size() == 1);
    CHECK(twice[0].starts_with("payer was away 2 times inside one margin"));
    CHECK(exceeded_with_chain({{"payer", 1, 1.5}, {"payer", 60, 1.5}}, sound, {}).empty());
}

TEST_CASE("a loss and a refused claim are problems of any run, other alarms are told") {
    const auto alarm = [](const char* code) {
        return NodeAlarm{"seller", {1, lockstep::Timestamp{}, code, "what happened"}};
    };
    CHECK(serious({alarm("adapter_stalled"), alarm("profile_worse")}).empty());
    CHECK(serious({alarm("loss"), alarm("adapter_stalled"), alarm("claim_refused")}) ==
          std::vector<std::string>{"seller alarmed loss: what happened",
                                   "seller alarmed claim_refused: what happened"});
}

TEST_CASE("counters are summed over the lives of a process, also where a later life counts more") {
    Lives lives;
    lives.read(0, {9, 9});  // nothing lives yet
    CHECK(lives.sum().commits == 0);
    lives.begin();
    lives.read(1, {10, 5});
    lives.read(1, {30, 20});
    lives.read(1, {20, 10});  // overtaken by the one before
    CHECK(lives.sum().signatures_verified == 30);
    CHECK(lives.sum().commits == 20);
    lives.begin();
    lives.read(1, {500, 400});  // asked before the death, answered after it
    lives.read(2, {100, 50});
    CHECK(lives.sum().signatures_verified == 130);
    CHECK(lives.sum().commits == 70);
    lives.begin();
    lives.begin();
    lives.read(4, {1, 1});
    CHECK(lives.sum().commits == 71);
}
