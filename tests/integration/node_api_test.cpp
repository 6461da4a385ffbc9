// What the interface refuses, with which status and code, and that nothing changes by it.
#include <doctest/doctest.h>

#include <future>

#include "sdk/net/http_client.h"
#include "sdk/net/message_signature.h"
#include "tests/integration/node_world.h"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("bad calls are refused with a stable code, and change nothing") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    client::ApiClient& bob = world.client("bob");
    const auto before = bob.digest();
    REQUIRE(before);

    struct Row {
        const char* path;
        const char* body;
        const char* code;
        const char* says;
    };
    const Row rows[] = {
        {"/v1/invoices", R"([])", "wrong_type", ""},
        {"/v1/invoices", R"({"account":"test.sek.bob","amount":"1"})", "", ""},
        {"/v1/invoices", R"({"account":"test.sek.bob","amount":1})", "wrong_type", "amount"},
        {"/v1/invoices", R"({"account":"test.sek.bob","amount":"-1"})", "malformed", "amount"},
        {"/v1/invoices", R"({"account":"test.sek.bob","amount":"1.001"})", "malformed", "amount"},
        {"/v1/invoices", R"({"account":"test.sek.bob","amount":"99999999999999999999"})",
         "malformed", "amount"},
        {"/v1/invoices", R"({"account":"test.sek.bob","amount":"1","zort":2})", "unknown_field",
         "zort"},
        {"/v1/invoices", R"({"account":"test.sek.bob"})", "missing_field", "amount"},
        {"/v1/invoices", R"({"account":"test.sek.bob","asset":"USD","amount":"1"})",
         "unknown_asset", "asset"},
        {"/v1/invoices", R"({"account":"test.sek.carol","amount":"1"})", "no_account", ""},
        {"/v1/invoices", R"({"account":"nowhere","amount":"1"})", "malformed", "account"},
        {"/v1/payments", R"({"invoice":"lockstep1ff","from":"test.sek.bob"})", "malformed",
         "invoice"},
        {"/v1/settlements", R"({"reference":"T1"})", "missing_field", "instrument"},
        {"/v1/settlements", R"([{"reference":""}])", "malformed", "trades[0].reference"},
        {"/v1/settlements", R"([])", "malformed", "trades"},
        {"/v1/settlements/T1/cancel", R"({})", "not_found", ""},
        {"/v1/settlements/T1/explode", R"({})", "not_found", ""},
        {"/v1/ledgers/test.usd/resume", R"({})", "not_found", ""},
        {"/v1/ledgers/test..sek/resume", R"({})", "not_found", "no ledger"},
        {"/v1/ledgers/test.sek/resume", R"({"now":true})", "unknown_field", "now"},
        {"/v1/nothing", R"({})", "not_found", ""},
        {"/v1/balances", R"({})", "method_not_allowed", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.path));
        CAPTURE(std::string(row.body));
        const auto json = parse_json(row.body);
        REQUIRE(json);
        const auto answer = bob.post(row.path, *json);
        if (std::string_view(row.code).empty()) {
            CHECK(answer);
            continue;
        }
        REQUIRE_FALSE(answer);
        CHECK(answer.error().code == row.code);
        CHECK_MESSAGE(answer.error().detail.find(row.says) != std::string::npos,
                      answer.error().detail);
    }
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
    CHECK(paths == 24);
    CHECK(bob.get("/v1/settlements?limit=0").error().code == "malformed");
    CHECK(bob.get("/v1/payments/00").error().code == "not_found");

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
    SUBCASE("strangers, old signatures and replays are refused") {
        net::HttpClient http(world.loop());
        const auto access = world.access("bob");
        const auto send = [&](const net::HttpRequest& request) {
            std::promise<std::string> code;
            http.request(access.base, request, Duration::seconds(5), [&](auto answer) {
                if (!answer) return code.set_value("no answer");
                const auto json = parse_json(as_text(answer->body));
                code.set_value(json ? (*json)["code"].text_or("ok") : "ok");
            });
            return code.get_future().get();
        };
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        const Timestamp now{std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
        const net::Origin origin{access.base.scheme, access.base.authority()};
        std::array<std::uint8_t, net::nonce_size> nonce{1};
        net::HttpRequest request;
        request.target = "/v1/balances";
        CHECK(send(request) == "unauthenticated");
        net::HttpRequest signed_request = request;
        net::sign_request(signed_request, origin, *access.signer, now, nonce);
        CHECK(send(signed_request) == "ok");
        CHECK(send(signed_request) == "replayed");
        net::HttpRequest old = request;
        nonce[0] = 2;
        net::sign_request(old, origin, *access.signer, now - Duration::seconds(300), nonce);
        CHECK(send(old) == "signature_expired");
        net::HttpRequest stranger = request;
        const auto key = Ed25519().signer(KeySeed{});
        net::sign_request(stranger, origin, *key, now, nonce);
        CHECK(send(stranger) == "unknown_key");
        net::HttpRequest keyless;
        keyless.method = "POST";
        keyless.target = "/v1/invoices";
        const std::string body = R"({"account":"test.sek.bob","amount":"1"})";
        keyless.body.assign(body.begin(), body.end());
        nonce[0] = 3;
        net::sign_request(keyless, origin, *access.signer, now, nonce);
        CHECK(send(keyless) == "idempotency_missing");
    }
}
