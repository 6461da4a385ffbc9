// The account of a world for a terminal.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/report/account.h"
#include "sim/report/words.h"
#include "tests/browser/report_worlds.h"
#include "tests/unit/text_search.h"

using namespace lockstep;
using namespace lockstep::sim;
using lockstep::test::count;
using lockstep::test::has;

namespace {

std::string account(const made::World& world, const AccountOptions& options = {}) {
    return account_of(world.outcome, world.trace, options);
}

}  // namespace

TEST_CASE("the account of a world in which every rule held says what was run and how it ended") {
    const std::string text = account(made::small());
    CHECK(text.starts_with("dvp-three-ledgers, seed 42: every rule held\n"));
    CHECK(has(text, "  settlements  3: 1 settled, 1 unwound, 1 declined, 0 broken\n"));
    CHECK(has(text, "  simulated    0:06:30.000, faults and cheats for 0:05:00.000 of it\n"));
    CHECK(has(text, "  signatures   keyed hash\n"));
    CHECK(has(text, "  stores       simulated\n"));
    CHECK(has(text, "    insufficient_cash  1\n"));
    CHECK(has(text, "    crash_at_point  1\n"));
    CHECK(has(text, "    no_honest_loss   1 904 checks  held         each honest party ends"));
    CHECK(has(text, "    secrecy              0 checks  not checked  no preimage"));
    CHECK_FALSE(has(text, "  again "));
    CHECK_FALSE(has(text, "last events"));
}

TEST_CASE("the account of a violation says the rule, the seed, the command and the last events") {
    const std::string text = account(made::broken());
    CHECK(text.starts_with("withheld-reveal, seed 8812: BROKEN: no_honest_loss\n"));
    CHECK(has(text, "no_honest_loss: each honest party ends no worse than what it signed\n"));
    CHECK(has(text, "  0:01:08.452 connector paid 11 415.00 SEK on test.sek"));
    CHECK(has(text, "  seed         8812\n"));
    CHECK(has(text,
              "  again        lockstep-sim run sim/scenarios/withheld-reveal.toml --seed 8812\n"));
    const std::size_t events = text.find("  last events before it\n");
    REQUIRE(events != std::string::npos);
    const std::string last = text.substr(events);
    // twenty and the violation itself, which is the last of them
    CHECK(count(last, "\n    ") == 21);
    CHECK(has(last, "connector raised an alarm: exposure above its limit\n"));
    CHECK(
        last.ends_with("VIOLATION: no_honest_loss: connector paid 11 415.00 SEK and was not paid "
                       "on test.eur\n"));
    CHECK(has(last, "test.sek: prepared 11415.00 SEK, connector to seller, condition "));
    CHECK(has(last, "seller sent to buyer: hop_notice 3\n"));
}

TEST_CASE("what was dropped and what cheats did is told where there is any") {
    made::World world = made::small();
    CHECK_FALSE(has(account(world), "dropped"));
    CHECK_FALSE(has(account(world), "acts that left the protocol"));
    world.outcome.dropped = 2;
    world.outcome.cheats_hit = {{"withheld", 17}};
    CHECK(has(account(world), " 0 broken, 2 dropped with their node\n"));
    CHECK(has(account(world), "  acts that left the protocol\n    withheld  17\n"));
}

TEST_CASE("the number of last events is the caller's, and balances are no events") {
    const made::World world = made::broken();
    AccountOptions options;
    options.last_events = 3;
    const std::string text = account(world, options);
    const std::string last = text.substr(text.find("  last events before it\n"));
    CHECK(count(last, "\n    ") == 4);
    CHECK_FALSE(has(last, " holds "));
}

TEST_CASE("a trace without moments gives an account that says where to see them") {
    made::World world = made::broken();
    world.trace = Trace(false);
    CHECK(has(account(world), "The events were not kept; the command above shows them.\n"));
}

TEST_CASE("a violation that has no moment shows the last events of all") {
    made::World world = made::small();
    world.outcome.rules[1].violations = {"TRD-1 has hops of both kinds"};
    const std::string text = account(world);
    CHECK(has(text, "  last events\n"));
    CHECK(text.ends_with("venue: TRD-3 declined insufficient_cash\n"));
}

TEST_CASE("colours are for terminals only") {
    AccountOptions options;
    CHECK_FALSE(has(account(made::broken(), options), "\x1b"));
    options.colour = true;
    const std::string text = account(made::broken(), options);
    CHECK(has(text, "\x1b[1;31mBROKEN: no_honest_loss\x1b[0m"));
    CHECK(count(text, "\x1b[0m") == count(text, "\x1b[1"));
}

TEST_CASE("a name from a file cannot drive a terminal or a shell") {
    made::World world = made::broken();
    world.outcome.scenario = "a\x1b[2Jb\nc";
    world.outcome.reasons = {{"x\r\xC2\x9By", 1}};
    world.outcome.rules[2].violations = {"\x07"};
    AccountOptions options;
    options.file = "it's; rm $HOME";
    const std::string text = account(world, options);
    CHECK_FALSE(has(text, "\x1b"));
    CHECK_FALSE(has(text, "\x07"));
    CHECK_FALSE(has(text, "\r"));
    CHECK_FALSE(has(text, "\xC2\x9B"));
    CHECK(text.starts_with("a?[2Jb?c, seed 8812"));
    CHECK(has(text, "lockstep-sim run 'it'\\''s; rm $HOME' --seed 8812\n"));
}

TEST_CASE("lengths of time are written to the microsecond where they have one") {
    struct Row {
        std::int64_t us;
        const char* text;
    };
    const Row rows[] = {
        {0, "0:00:00.000"},
        {1, "0:00:00.000001"},
        {999'999, "0:00:00.999999"},
        {1'500'000, "0:00:01.500"},
        {3'723'004'000, "1:02:03.004"},
        {86'400'000'000, "1 d 0:00:00.000"},
        {176'461'000'000, "2 d 1:01:01.000"},
        {-1'500'000, "-0:00:01.500"},
        {INT64_MIN, "-106751991 d 4:00:54.775808"},
    };
    for (const Row& row : rows)
        CHECK(elapsed(Duration{row.us}) == row.text);
    CHECK(spaced(0) == "0");
    CHECK(spaced(999) == "999");
    CHECK(spaced(1'000) == "1 000");
    CHECK(spaced(18'446'744'073'709'551'615ULL) == "18 446 744 073 709 551 615");
}

TEST_CASE("every kind of moment has a word of its own") {
    std::vector<std::string_view> words;
    for (auto kind = 1U; kind <= static_cast<unsigned>(MomentKind::violation); ++kind)
        words.push_back(to_string(static_cast<MomentKind>(kind)));
    std::sort(words.begin(), words.end());
    CHECK(std::adjacent_find(words.begin(), words.end()) == words.end());
    CHECK(std::find(words.begin(), words.end(), "unknown") == words.end());
}
