// The model and the core mean the same bounds. tests/model/run prints, for every case of the table,
// its parameters in ticks and the margins and the reveal guard that the model checker worked with;
// here they are compared with what connector/core enforces, a tick being a microsecond.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "connector/core/ladder.h"

using namespace lockstep;
using namespace lockstep::core;

namespace {

struct Case {
    std::string name;
    std::size_t legs = 0;
    std::int64_t d = 0, k = 0, r = 0, block = 0;
    std::uint32_t o = 0, rb = 0;
    std::string late, early, open;  // a digit a ledger, from the sender's on
    std::int64_t margins_short = 0, guard_short = 0;
    std::string mutant, expected;
    std::vector<std::int64_t> margins;  // of connector 1, 2, ...
    std::int64_t guard = 0;

    std::int64_t late_of(std::size_t ledger) const { return late[ledger] - '0'; }
    std::int64_t early_of(std::size_t ledger) const { return early[ledger] - '0'; }
    bool is_open(std::size_t ledger) const { return open[ledger] == '1'; }
    LedgerTiming timing(std::size_t ledger) const {
        return {{Duration{d}, Duration{r}, Duration{r}, Duration{late_of(ledger)},
                 Duration{early_of(ledger)}, Duration{block}},
                is_open(ledger) ? ExpiryRule::open : ExpiryRule::strict};
    }
    Endurance endurance() const { return {Duration{k}, o, rb}; }
    // What was checked, but for how much of the bounds was left out.
    std::string parameters() const {
        std::ostringstream all;
        for (const auto number :
             {std::int64_t(legs), d, k, r, block, std::int64_t(o), std::int64_t(rb)})
            all << number << ' ';
        all << late << ' ' << early << ' ' << open << ' ' << mutant;
        return all.str();
    }
};

std::string output_of_runner() {
    std::string text;
    FILE* pipe = popen("'" LOCKSTEP_SOURCE_DIR "/tests/model/run' --bounds", "r");
    REQUIRE(pipe != nullptr);
    char buffer[4096];
    std::size_t got = 0;
    while ((got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0)
        text.append(buffer, got);
    REQUIRE(pclose(pipe) == 0);
    return text;
}

// Empty where the model checker is not installed.
const std::vector<Case>& cases() {
    static const std::vector<Case> all = [] {
        std::vector<Case> read;
        const std::string text = output_of_runner();
        if (text.starts_with("SKIPPED")) {
            std::fputs(text.c_str(), stdout);
            return read;
        }
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            Case c;
            words >> c.name >> c.legs >> c.d >> c.k >> c.o >> c.r >> c.rb >> c.late >> c.early >>
                c.open >> c.block >> c.margins_short >> c.guard_short >> c.mutant >> c.expected;
            CAPTURE(line);
            REQUIRE(words);
            REQUIRE(c.legs >= 2);
            REQUIRE(c.late.size() == c.legs);
            REQUIRE(c.early.size() == c.legs);
            REQUIRE(c.open.size() == c.legs);
            c.margins.resize(c.legs - 1);
            for (std::int64_t& margin : c.margins)
                words >> margin;
            words >> c.guard;
            REQUIRE(words);
            read.push_back(c);
        }
        REQUIRE(read.size() > 100);
        return read;
    }();
    return all;
}

}  // namespace

TEST_CASE("the model's margins are the core's") {
    for (const Case& c : cases()) {
        for (std::size_t i = 1; i < c.legs; ++i) {
            CAPTURE(c.name);
            CAPTURE(i);
            const Duration core = margin(c.timing(i - 1), c.timing(i), c.endurance());
            CHECK(Duration{c.margins[i - 1] + c.margins_short} == core);
        }
    }
}

TEST_CASE("the model's receiver reveals exactly as long as the core's") {
    for (const Case& c : cases()) {
        CAPTURE(c.name);
        const LedgerTiming last = c.timing(c.legs - 1);
        const Duration guard{c.guard + c.guard_short};
        CHECK(guard == reveal_guard(last, c.endurance()));
        const Timestamp expiry{1'800'000'000'000'000};
        CHECK(may_reveal(expiry - guard - Duration{1}, expiry, last, c.endurance()));
        CHECK(!may_reveal(expiry - guard, expiry, last, c.endurance()));
    }
}

TEST_CASE(
    "a quicker ledger on one side makes no margin smaller than the model's, which has one D") {
    for (const Case& c : cases()) {
        if (c.d < 2) continue;
        for (std::size_t i = 1; i < c.legs; ++i) {
            CAPTURE(c.name);
            const LedgerTiming in = c.timing(i - 1);
            const LedgerTiming out = c.timing(i);
            const Duration bound = margin(in, out, c.endurance());
            LedgerTiming quick = in;
            quick.profile.inclusion = Duration{1};
            quick.profile.rollback = Duration{};
            CHECK(margin(quick, out, c.endurance()) == bound);
            if (c.is_open(i)) continue;  // its refund is quicker too
            quick = out;
            quick.profile.inclusion = Duration{1};
            quick.profile.rollback = Duration{};
            CHECK(margin(in, quick, c.endurance()) == bound);
        }
    }
}

TEST_CASE("the table shows of each term that the bound holds with it and not with a tick less") {
    if (cases().empty()) return;
    struct Term {
        const char* name;
        std::function<bool(const Case&)> is_there;
    };
    const Term of_margin[] = {
        {"2 D", [](const Case& c) { return c.d > 1; }},
        {"K", [](const Case& c) { return c.o > 0 && c.k > 1; }},
        {"o", [](const Case& c) { return c.o > 1; }},
        {"R", [](const Case& c) { return c.rb > 0 && c.r > 1; }},
        {"rb", [](const Case& c) { return c.rb > 1; }},
        {"late(out)", [](const Case& c) { return c.late_of(1) > 0 && c.early_of(0) == 0; }},
        {"early(in)", [](const Case& c) { return c.late_of(1) == 0 && c.early_of(0) > 0; }},
        {"L, D", [](const Case& c) { return c.is_open(1) && c.d > 1; }},
        {"L, block", [](const Case& c) { return c.is_open(1) && c.block > 0; }},
    };
    const Term of_guard[] = {
        {"D", [](const Case& c) { return c.d > 1; }},
        {"K", [](const Case& c) { return c.o > 0 && c.k > 1; }},
        {"o", [](const Case& c) { return c.o > 1; }},
        {"R", [](const Case& c) { return c.rb > 0 && c.r > 1; }},
        {"rb", [](const Case& c) { return c.rb > 1; }},
        {"early", [](const Case& c) { return c.early_of(1) > 0 && c.rb == 0 && c.o == 0; }},
    };
    const auto shown = [](const Term& term, const char* who, std::int64_t Case::*is_short) {
        const auto& all = cases();
        return std::any_of(all.begin(), all.end(), [&](const Case& loses) {
            if (loses.*is_short != 1 || loses.expected != who || loses.legs != 2 ||
                !term.is_there(loses))
                return false;
            return std::any_of(all.begin(), all.end(), [&](const Case& holds) {
                return holds.expected == "holds" && holds.margins_short == 0 &&
                       holds.guard_short == 0 && holds.parameters() == loses.parameters();
            });
        });
    };
    for (const Term& term : of_margin) {
        CAPTURE(term.name);
        CHECK(shown(term, "connector", &Case::margins_short));
    }
    for (const Term& term : of_guard) {
        CAPTURE(term.name);
        CHECK(shown(term, "receiver", &Case::guard_short));
    }
}
