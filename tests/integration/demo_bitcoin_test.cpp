// The demonstration of shares against bitcoin as a person runs it, with fewer trades, and what its
// JSON says.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "sdk/base/exit_code.h"
#include "sdk/codec/json.h"
#include "tests/integration/process.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

std::uint64_t number(const Json& json, std::string_view key) {
    return json[key].as_uint64().value_or(UINT64_MAX);
}

}  // namespace

TEST_CASE("shares are settled against bitcoin, and every escrow on the chain comes to its end") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "result.json";
    Process demo("lockstep-demo",
                 {"--bitcoin", "--trades", "6", "--payments", "3", "--json", file.string(), "--dir",
                  (directory.path() / "world").string()},
                 directory.path() / "demo.txt");
    demo.start();
    // Longer than it waits for anything of its own.
    const auto status = demo.wait(560'000);
    const std::string said = read_file(demo.log());
    const auto json = parse_json(read_file(file));
    REQUIRE_MESSAGE(json, said);
    const Json& result = *json;
    CHECK(result["replays"].size() == 9);
    for (std::size_t i = 0; i < result["replays"].size(); ++i)
        CHECK(result["replays"][i]["same_as_live"].as_bool() == true);
    // On a machine that was outside the profiles what is agreed may not come about; what the blocks
    // and the books say must be sound even so.
    if (result["outside_profiles"].size() > 0 && status == exit_failed) {
        for (std::size_t i = 0; i < result["problems"].size(); ++i)
            CHECK(result["problems"][i].text_or("").starts_with("outside the profiles: "));
        MESSAGE(
            "this machine was outside the profiles: " << result["outside_profiles"][0].text_or(""));
        return;
    }
    REQUIRE_MESSAGE(status == exit_done, said);
    CHECK(said.find("All as it should be") != std::string::npos);
    CHECK(result["problems"].size() == 0);

    // Where the buyer could not be killed at its moment the trades of that attempt end as they may.
    const bool is_lost = result["not_shown"].size() == 0;
    const std::uint64_t trades = number(result, "trades");
    const std::uint64_t free = trades - (6 + 2 + 4 + (is_lost ? 2 : 0));
    CHECK(free <= 10);
    CHECK(free % 2 == 0);
    const std::uint64_t settled = number(result, "settled");
    const std::uint64_t unwound = number(result, "unwound");
    CHECK(settled >= 6);
    CHECK(unwound >= (is_lost ? 6 : 4));
    CHECK(number(result, "declined") >= 2);
    CHECK(settled + unwound + number(result, "declined") == trades);
    CHECK(number(result, "broken") == 0);
    CHECK(number(result, "payments") == 5);
    CHECK(number(result, "paid") == 3);
    CHECK(number(result, "refunded") == 2);
    CHECK(number(result, "restarts") == (is_lost ? 2 : 1));
    CHECK(result["conserved"].as_bool() == true);
    CHECK(number(result["reasons"]["stalled"], "withheld") == 4);
    CHECK(number(result["reasons"]["trades"], "odd_lot") == 1);
    CHECK(number(result["reasons"]["trades"], "price_out_of_tolerance") == 1);

    // An escrow for each trade and payment that began: what settled or was paid is claimed, of what
    // unwound the silent seller's and the absent receiver's are refunded, while the escrow of the
    // buyer that was away may be given back or refunded when it is there again.
    const Json& chain = result["chain"];
    CHECK(number(chain, "funded") == settled + unwound + 3 + 2);
    CHECK(number(chain, "claimed") == settled + 3);
    CHECK(number(chain, "refunded") + number(chain, "given_back") == unwound + 2);
    CHECK(number(chain, "refunded") >= 4 + 2);
    CHECK(number(chain, "open") == 0);
    std::set<std::string> names;
    std::set<std::string> spends;
    for (std::size_t i = 0; i < chain["escrows"].size(); ++i) {
        const Json& escrow = chain["escrows"][i];
        const std::string name = escrow["name"].text_or("");
        CAPTURE(name);
        names.insert(name);
        spends.insert(escrow["spend"].text_or(""));
        CHECK(number(escrow, "spent_in_block") > number(escrow, "funded_in_block"));
        const bool takes = name.starts_with("TRADE-") || name.starts_with("PAID-");
        const bool gives = name.starts_with("SILENT-") || name.starts_with("UNPAID-");
        const bool is_of_lost = name.starts_with("LOST-");
        const std::string end = escrow["end"].text_or("");
        if (takes) CHECK(end == "claimed");
        if (gives) CHECK(end == "refunded");
        if (is_of_lost && free == 0) CHECK((end == "refunded" || end == "given_back"));
        CHECK((takes || gives || is_of_lost));
    }
    CHECK(names.size() == number(chain, "funded"));
    CHECK(spends.size() == number(chain, "funded"));
    CHECK(chain["accounts"].size() == 5);
}
