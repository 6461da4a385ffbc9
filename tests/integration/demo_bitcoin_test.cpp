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
    const auto status = demo.wait(150'000);
    const std::string said = read_file(demo.log());
    REQUIRE_MESSAGE(status == exit_done, said);
    CHECK(said.find("All as it should be") != std::string::npos);
    const auto json = parse_json(read_file(file));
    REQUIRE(json);
    const Json& result = *json;
    CHECK(result["problems"].size() == 0);
    CHECK(number(result, "trades") == 14);
    CHECK(number(result, "settled") == 6);
    CHECK(number(result, "unwound") == 6);
    CHECK(number(result, "declined") == 2);
    CHECK(number(result, "broken") == 0);
    CHECK(number(result, "payments") == 5);
    CHECK(number(result, "paid") == 3);
    CHECK(number(result, "refunded") == 2);
    CHECK(number(result, "alarms") == 0);
    CHECK(number(result, "restarts") == 2);
    CHECK(result["conserved"].as_bool() == true);
    CHECK(number(result["reasons"]["stalled"], "withheld") == 4);
    CHECK(number(result["reasons"]["stalled"], "delivery_not_placed") == 2);
    CHECK(number(result["reasons"]["trades"], "odd_lot") == 1);
    CHECK(number(result["reasons"]["trades"], "price_out_of_tolerance") == 1);

    // An escrow for each trade and payment that began: what settled or was paid is claimed, of what
    // unwound the silent seller's and the absent receiver's are refunded, while the escrow of the
    // buyer that was away may be given back or refunded when it is there again.
    const Json& chain = result["chain"];
    CHECK(number(chain, "funded") == 6 + 6 + 3 + 2);
    CHECK(number(chain, "claimed") == 6 + 3);
    CHECK(number(chain, "refunded") + number(chain, "given_back") == 6 + 2);
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
        const std::string end = escrow["end"].text_or("");
        if (takes) CHECK(end == "claimed");
        if (gives) CHECK(end == "refunded");
        if (name.starts_with("LOST-")) CHECK((end == "refunded" || end == "given_back"));
        CHECK((takes || gives || name.starts_with("LOST-")));
    }
    CHECK(names.size() == 17);
    CHECK(spends.size() == 17);
    CHECK(chain["accounts"].size() == 5);
    CHECK(result["replays"].size() == 9);
    for (std::size_t i = 0; i < result["replays"].size(); ++i)
        CHECK(result["replays"][i]["same_as_live"].as_bool() == true);
}
