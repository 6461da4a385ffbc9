// What the interface has, for whom, and what a repeated call gets.
#include <doctest/doctest.h>

#include "tests/integration/node_world.h"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("the interface has what its description lists, and knows who may do what") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    client::ApiClient& bob = world.client("bob");
    // What the interface's description lists is there.
    const auto described =
        parse_json(read_file(std::string(LOCKSTEP_SOURCE_DIR) + "/connector/api/openapi.json"));
    REQUIRE(described);
    std::size_t paths = 0;
    for (const auto& path : *(*described)["paths"].as_object()) {
        CAPTURE(path.key);
        ++paths;
        const bool plain = path.key.find('{') == std::string::npos && path.key != "/v1/events";
        if (path.value.find("get") != nullptr && plain) {
            const auto answer = bob.get(path.key);
            CHECK_MESSAGE(answer, answer.error().code);
        } else if (path.value.find("post") != nullptr) {
            // An acknowledgement is taken at any time; the others need something to act on.
            const auto answer = bob.post(path.key, Json::object());
            REQUIRE(answer.has_value() == (path.key == "/v1/acknowledgements"));
            if (!answer) CHECK(answer.error().detail.find("no such path") == std::string::npos);
        }
    }
    CHECK(paths == 25);

    SUBCASE("a repeat under the same key is the same; another request under it is refused") {
        const auto first = bob.create_invoice({"test.sek.bob", "SEK", "3.00", {}}, "key-1");
        const auto again = bob.create_invoice({"test.sek.bob", "SEK", "3.00", {}}, "key-1");
        REQUIRE(first);
        REQUIRE(again);
        CHECK(first->id == again->id);
        const auto other = bob.create_invoice({"test.sek.bob", "SEK", "4.00", {}}, "key-1");
        REQUIRE_FALSE(other);
        CHECK(other.error().code == "idempotency_mismatch");
    }
    SUBCASE("an auditor reads everything and changes nothing") {
        client::ApiClient auditor(world.loop(), world.access("bob", "auditor"));
        CHECK(auditor.fees());
        CHECK(auditor.balances());
        CHECK(auditor.digest());
        const auto invoice = auditor.create_invoice({"test.sek.bob", "SEK", "1.00", {}});
        REQUIRE_FALSE(invoice);
        CHECK(invoice.error().code == "not_permitted");
        const auto resumed = auditor.resume_ledger("test.sek");
        REQUIRE_FALSE(resumed);
        CHECK(resumed.error().code == "not_permitted");
        const auto acknowledged = auditor.acknowledge();
        REQUIRE_FALSE(acknowledged);
        CHECK(acknowledged.error().code == "not_permitted");
    }
}
