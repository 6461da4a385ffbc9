// What a running node refuses, of callers and of peers: raw requests with the status and the stable
// code of each refusal, and afterwards the state has the digest that it had before.
#include <doctest/doctest.h>

#include <chrono>

#include "connector/assembly/peer_batch.h"
#include "sdk/base/exit_code.h"
#include "sdk/net/system_time.h"
#include "tests/integration/node_world.h"
#include "tests/integration/raw_caller.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

// Without its ledgers, whose time is part of its state, a node that is left alone stands still.
client::DigestView still_digest(NodeWorld& world, const std::string& node) {
    client::DigestView last;
    REQUIRE(eventually(20'000, [&] {
        const auto digest = world.client(node).digest();
        REQUIRE(digest);
        const bool still = digest->digest == last.digest && digest->seq == last.seq;
        last = *digest;
        return still || !sleep_ms(300);
    }));
    return last;
}

void check_unchanged(NodeWorld& world, const std::string& node, const client::DigestView& before) {
    const auto after = world.client(node).digest();
    REQUIRE(after);
    CHECK(after->digest == before.digest);
    CHECK(after->seq == before.seq);
}

// A call that is right but for what a row changes.
class Calls {
public:
    Calls(NodeWorld& world, const std::string& node)
        : raw_(world.loop(), world.access(node).base), caller_(world.access(node).signer) {}

    net::HttpRequest unsigned_call(const std::string& method, const std::string& target,
                                   Bytes body) const {
        auto request = RawCaller::request(method, target, std::move(body));
        if (method == "POST")
            net::set_header(request.headers, "idempotency-key", client::fresh_key());
        return request;
    }
    net::HttpRequest call(const std::string& method, const std::string& target, Bytes body) {
        auto request = unsigned_call(method, target, std::move(body));
        raw_.sign(request, *caller_, net::system_time());
        return request;
    }
    RawCaller& raw() { return raw_; }
    const Signer& caller() const { return *caller_; }

private:
    RawCaller raw_;
    std::shared_ptr<const Signer> caller_;
};

struct Row {
    std::string method, target, body;
    int status;
    std::string code, says;
};

std::string invoice(const std::string& amount) {
    return R"({"account":"test.sek.bob","amount":)" + amount + "}";
}

const std::vector<Row>& call_rows() {
    static const std::string at = "/v1/invoices";
    static const std::vector<Row> rows{
        // no JSON, or not the one that is wanted
        {"POST", at, "", 400, "malformed", ""},
        {"POST", at, "{", 400, "malformed", ""},
        {"POST", at, R"({"account":})", 400, "malformed", ""},
        {"POST", at, R"({"account":"test.sek.bob","amount":"1"} x)", 400, "malformed", ""},
        {"POST", at, R"({'account':'test.sek.bob'})", 400, "malformed", ""},
        {"POST", at, "\xff\xfe", 400, "malformed", ""},
        {"POST", at, "{\"account\":\"\xc3\x28\",\"amount\":\"1\"}", 400, "malformed", ""},
        {"POST", at, std::string(10'000, '['), 413, "too_large", ""},
        {"POST", at, invoice("\"1\",\"amount\":\"2\""), 400, "malformed", ""},
        {"POST", at, invoice("NaN"), 400, "malformed", ""},
        {"POST", at, "null", 400, "wrong_type", ""},
        {"POST", at, "[]", 400, "wrong_type", ""},
        {"POST", at, R"({"account":"test.sek.bob"})", 400, "missing_field", "amount"},
        {"POST", at, invoice("\"1\",\"zort\":2"), 400, "unknown_field", "zort"},
        // amounts
        {"POST", at, invoice("1"), 400, "wrong_type", "amount"},
        {"POST", at, invoice("true"), 400, "wrong_type", "amount"},
        {"POST", at, invoice("\"\""), 400, "malformed", "amount"},
        {"POST", at, invoice("\"-1\""), 400, "malformed", "amount"},
        {"POST", at, invoice("\"+1\""), 400, "malformed", "amount"},
        {"POST", at, invoice("\"1.001\""), 400, "malformed", "amount"},
        {"POST", at, invoice("\"1e3\""), 400, "malformed", "amount"},
        {"POST", at, invoice("\" 1\""), 400, "malformed", "amount"},
        {"POST", at, invoice("\"0x10\""), 400, "malformed", "amount"},
        {"POST", at, invoice("\"184467440737095516.16\""), 422, "amount_overflow", "64 bits"},
        {"POST", at, invoice("\"99999999999999999999\""), 422, "amount_overflow", "amount"},
        // accounts and assets
        {"POST", at, R"({"account":"nowhere","amount":"1"})", 400, "malformed", "account"},
        {"POST", at, R"({"account":"test.sek.carol","amount":"1"})", 422, "no_account", ""},
        {"POST", at, R"({"account":"test.eur.alice","asset":"EUR/2","amount":"1"})", 422,
         "no_account", ""},
        {"POST", at, R"({"account":"test.sek.bob","asset":"USD","amount":"1"})", 422,
         "unknown_asset", "asset"},
        {"POST", "/v1/payments", R"({"invoice":"lockstep1ff","from":"test.sek.bob"})", 400,
         "malformed", "invoice"},
        // trades
        {"POST", "/v1/settlements", R"({"reference":"T1"})", 400, "missing_field", "instrument"},
        {"POST", "/v1/settlements", R"([{"reference":""}])", 400, "malformed",
         "trades[0].reference"},
        {"POST", "/v1/settlements", "[]", 400, "malformed", "trades"},
        {"POST", "/v1/settlements/T1/cancel", "{}", 404, "not_found", ""},
        {"POST", "/v1/settlements/T1/explode", "{}", 404, "not_found", ""},
        // ledgers
        {"POST", "/v1/ledgers/test.usd/resume", "{}", 404, "not_found", ""},
        {"POST", "/v1/ledgers/test..sek/resume", "{}", 404, "not_found", "no ledger"},
        {"POST", "/v1/ledgers/test.sek/resume", R"({"now":true})", 400, "unknown_field", "now"},
        // paths, methods, queries, sizes
        {"POST", "/v1/nothing", "{}", 404, "not_found", ""},
        {"POST", "/v1/balances", "{}", 405, "method_not_allowed", ""},
        {"DELETE", at, "", 405, "method_not_allowed", ""},
        {"GET", "/v1/settlements?limit=0", "", 400, "malformed", ""},
        {"GET", "/v1/settlements?limit=x", "", 400, "malformed", ""},
        {"GET", "/v1/settlements?colour=red", "", 400, "unknown_field", "colour"},
        {"GET", "/v1/events?from=3", "", 404, "not_found", ""},
        {"GET", "/v1/payments/00", "", 404, "not_found", ""},
        {"POST", at, std::string(assembly::max_batch_octets + 1, ' '), 413, "too_large", ""},
    };
    return rows;
}

void check_call_rows(Calls& calls) {
    for (const Row& row : call_rows()) {
        CAPTURE(row.target);
        CAPTURE(row.body.substr(0, 80));
        const auto answer =
            calls.raw().send(calls.call(row.method, row.target, RawCaller::octets(row.body)));
        CHECK(answer.code == row.code);
        CHECK(answer.status == row.status);
        CHECK_MESSAGE(answer.detail.find(row.says) != std::string::npos, answer.detail);
    }
}

void check_signatures(Calls& calls) {
    const Bytes body = RawCaller::octets(invoice("\"1\""));
    const auto signed_by = [&](const Signer& signer, Timestamp at) {
        auto request = calls.unsigned_call("POST", "/v1/invoices", body);
        calls.raw().sign(request, signer, at);
        return request;
    };
    const auto refused = [&](const std::string& what, const net::HttpRequest& request, int status,
                             const std::string& code) {
        CAPTURE(what);
        const auto answer = calls.raw().send(request);
        CHECK(answer.code == code);
        CHECK(answer.status == status);
    };
    const auto& caller = calls.caller();
    refused("unsigned", calls.unsigned_call("POST", "/v1/invoices", body), 401, "unauthenticated");
    refused("old", signed_by(caller, net::system_time() - Duration::seconds(300)), 401,
            "signature_expired");
    refused("from ahead", signed_by(caller, net::system_time() + Duration::seconds(300)), 401,
            "signature_expired");
    refused("a stranger's", signed_by(*Ed25519().signer(KeySeed{}), net::system_time()), 401,
            "unknown_key");
    auto altered = signed_by(caller, net::system_time());
    altered.body.back() = ' ';
    refused("another body", altered, 401, "bad_signature");
    auto moved = signed_by(caller, net::system_time());
    moved.target = "/v1/payments";
    refused("another path", moved, 401, "bad_signature");
    auto renamed = signed_by(caller, net::system_time());
    net::set_header(renamed.headers, "idempotency-key", "another");
    refused("another key", renamed, 401, "bad_signature");
    auto undigested = signed_by(caller, net::system_time());
    std::erase_if(undigested.headers,
                  [](const auto& one) { return one.first == "content-digest"; });
    refused("without its digest", undigested, 400, "malformed");
    for (const std::string& key : {std::string(), std::string(129, 'k')}) {
        auto request = RawCaller::request("POST", "/v1/invoices", body);
        if (!key.empty()) net::set_header(request.headers, "idempotency-key", key);
        calls.raw().sign(request, caller, net::system_time());
        refused("a key of " + std::to_string(key.size()), request, 400, "idempotency_missing");
    }
    const auto once = calls.call("GET", "/v1/stats", {});
    CHECK(calls.raw().send(once).status == 200);
    refused("again", once, 401, "replayed");
}

assembly::PeerBatch batch_from(const Signer& sender) {
    assembly::PeerBatch batch;
    batch.sender = sender.public_key();
    batch.epoch = 1'000'000;  // that of no process that came before
    return batch;
}

struct PeerRow {
    std::string what;
    net::HttpRequest request;
    int status;
    std::string code;
};

// Of batches that reach a node from the connector, or pretend to.
std::vector<PeerRow> peer_rows(NodeWorld& world, Calls& calls) {
    const auto connector = world.signer("connector");
    const auto alice = world.signer("alice");
    const auto stranger = Ed25519().signer(KeySeed{});
    const auto post = [&](const Signer& signer, Bytes body, Timestamp at = net::system_time()) {
        auto request = RawCaller::request("POST", "/v1/peer", std::move(body));
        calls.raw().sign(request, signer, at);
        return request;
    };
    const Bytes good = assembly::encode_batch(batch_from(*connector));
    Bytes longer = good;
    longer.push_back(0);
    // its last octet is the number of messages, a quantity with its length before it
    Bytes padded(good.begin(), good.end() - 2);
    for (const char octet : {'\2', '\0', '\0'})
        padded.push_back(static_cast<std::uint8_t>(octet));
    Bytes version = good;
    version.front() = 9;
    assembly::PeerBatch backwards = batch_from(*connector);
    backwards.oldest = 7;
    assembly::PeerBatch nowhere = batch_from(*connector);
    nowhere.first = nowhere.oldest = 0;
    assembly::PeerBatch large = batch_from(*connector);
    large.messages.assign(assembly::max_batch_messages, Bytes(4'200, 1));
    assembly::PeerBatch long_message = batch_from(*connector);
    long_message.messages.emplace_back(assembly::max_message_octets + 1, std::uint8_t{1});
    auto altered = post(*connector, good);
    altered.body.back() ^= 1;
    return {
        {"unsigned", RawCaller::request("POST", "/v1/peer", good), 401, "unauthenticated"},
        {"a stranger's", post(*stranger, assembly::encode_batch(batch_from(*stranger))), 401,
         "unknown_key"},
        {"a stranger in a peer's name", post(*stranger, good), 401, "unknown_key"},
        {"a caller, who is no peer", post(calls.caller(), good), 401, "unknown_key"},
        {"one peer in another's name", post(*alice, good), 403, "not_permitted"},
        {"old", post(*connector, good, net::system_time() - Duration::seconds(300)), 401,
         "signature_expired"},
        {"altered", altered, 401, "bad_signature"},
        {"nothing", post(*connector, {}), 400, "malformed"},
        {"JSON", post(*connector, RawCaller::octets("{}")), 400, "unknown_version"},
        {"another version", post(*connector, version), 400, "unknown_version"},
        {"truncated", post(*connector, Bytes(good.begin(), good.end() - 1)), 400, "malformed"},
        {"half", post(*connector, Bytes(good.begin(), good.begin() + 20)), 400, "malformed"},
        {"an octet too many", post(*connector, longer), 400, "not_canonical"},
        {"a number in its long form", post(*connector, padded), 400, "not_canonical"},
        {"sequences backwards", post(*connector, assembly::encode_batch(backwards)), 400,
         "malformed"},
        {"sequences from nothing", post(*connector, assembly::encode_batch(nowhere)), 400,
         "malformed"},
        {"a message over the limit", post(*connector, assembly::encode_batch(long_message)), 413,
         "too_large"},
        {"over the limit", post(*connector, assembly::encode_batch(large)), 413, "too_large"},
        {"another method", RawCaller::request("GET", "/v1/peer"), 405, "method_not_allowed"},
    };
}

void check_peer_rows(NodeWorld& world, Calls& calls) {
    for (const PeerRow& row : peer_rows(world, calls)) {
        CAPTURE(row.what);
        const auto answer = calls.raw().send(row.request);
        CHECK(answer.code == row.code);
        CHECK(answer.status == row.status);
    }
    // A signature counts once, also where what it signed was refused.
    auto once = RawCaller::request("POST", "/v1/peer",
                                   assembly::encode_batch(batch_from(*world.signer("alice"))));
    calls.raw().sign(once, *world.signer("connector"), net::system_time());
    CHECK(calls.raw().send(once).code == "not_permitted");
    const auto again = calls.raw().send(once);
    CHECK(again.code == "replayed");
    CHECK(again.status == 401);
}

// Alice's node, with these lines in front of that text of its configuration.
void restart_with(NodeWorld& world, const std::string& lines, const std::string& before) {
    const auto config = world.directory() / "alice" / "node.toml";
    std::string text = read_file(config);
    const auto place = text.find(before);
    REQUIRE(place != std::string::npos);
    write_file(config, text.insert(place, lines));
    world.process("alice").terminate();
    REQUIRE(world.process("alice").wait(20'000) == exit_done);
    world.process("alice").start();
}

}  // namespace

TEST_CASE("bad calls and bad batches are refused with a stable code, and change nothing") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    for (const char* ledger : {"eur", "sek"})
        world.process(ledger).kill();
    Calls calls(world, "bob");
    const auto before = still_digest(world, "bob");
    check_call_rows(calls);
    check_unchanged(world, "bob", before);
    check_signatures(calls);
    check_unchanged(world, "bob", before);
    check_peer_rows(world, calls);
    check_unchanged(world, "bob", before);
    // And it goes on.
    for (const char* ledger : {"eur", "sek"})
        world.process(ledger).start();
    REQUIRE(world.wait_ready(20'000));
    CHECK(end_of(world, pay(world, "10.00"), 20'000) == "paid");
}

TEST_CASE("/metrics is served without a signature, and not at all where it is turned off") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    const auto ask = [&](const std::string& node) {
        return Calls(world, node).raw().send(RawCaller::request("GET", "/metrics"));
    };
    const auto shown = ask("alice");
    CHECK(shown.status == 200);
    CHECK(as_text(shown.body).find("lockstep_available{account=\"test.eur.alice\"") !=
          std::string_view::npos);

    restart_with(world, "metrics = false\n", "port = ");
    REQUIRE(world.wait_ready(20'000));
    const auto hidden = ask("alice");
    CHECK(hidden.status == 401);
    CHECK(as_text(hidden.body).find("lockstep_") == std::string_view::npos);
}

TEST_CASE("a node short of disk is not ready, and says why") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    restart_with(world, "[limits]\nlow_disk_mib = 1000000\n", "[endurance]\n");
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string said;
    while (said.find("disk_low") == std::string::npos && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        const auto answer =
            Calls(world, "alice").raw().send(RawCaller::request("GET", "/health/ready"));
        said = std::to_string(answer.status) + " " + std::string(as_text(answer.body));
    }
    CHECK_MESSAGE(said.starts_with("503"), said);
    CHECK(said.find("limits.low_disk_mib") != std::string::npos);
    const auto shown = Calls(world, "alice").raw().send(RawCaller::request("GET", "/metrics"));
    CHECK(as_text(shown.body).find("lockstep_disk_low 1") != std::string_view::npos);
}
