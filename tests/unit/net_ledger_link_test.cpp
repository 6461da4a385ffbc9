// The link between an adapter and its ledger, against a server in this process.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "sdk/net/http_server.h"
#include "sdk/net/ledger_link.h"
#include "sdk/net/message_signature.h"
#include "sdk/net/system_time.h"
#include "sim/files/temporary_directory.h"

using namespace lockstep;
using namespace lockstep::net;

namespace {

class SystemClock final : public Clock {
public:
    Timestamp now() const override { return net::system_time(); }
};
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override { fill_random(bytes); }
};

Bytes to_bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

// Collects what the link delivers.
class Inbox {
public:
    bool take(AdapterInput input) {
        const std::lock_guard lock(mutex_);
        if (full_) return false;
        inputs_.push_back(std::move(input));
        arrived_.notify_all();
        return true;
    }
    void set_full(bool full) {
        const std::lock_guard lock(mutex_);
        full_ = full;
    }
    // The next one, or a failure of the test.
    AdapterInput next() {
        std::unique_lock lock(mutex_);
        REQUIRE(arrived_.wait_for(lock, std::chrono::seconds(5), [&] { return !inputs_.empty(); }));
        AdapterInput input = std::move(inputs_.front());
        inputs_.erase(inputs_.begin());
        return input;
    }
    Reply reply() { return std::get<Reply>(next()); }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<AdapterInput> inputs_;
    bool full_ = false;
};

struct Bench {
    Bench()
        : server(loop),
          http(loop),
          websockets(loop),
          signer(scheme.signer(KeySeed(std::array<std::uint8_t, 32>{1}))) {
        server.on_request([this](const HttpRequest& request, const Respond& respond) {
            if (request.path == "/echo") return respond(binary_response(200, request.body));
            if (request.path == "/login") {
                const std::string* const login = request.header("authorization");
                return respond(
                    binary_response(200, login == nullptr ? Bytes{'-'} : to_bytes(*login)));
            }
            if (request.path == "/refused") return respond(problem(Reason::unknown_key));
            if (request.path == "/busy") return respond(HttpResponse{503, "", {}, {}});
            if (request.path == "/dropped") return;
            if (request.path == "/gateway")
                return respond(
                    {503, "application/json", {}, to_bytes(R"({"code":"unavailable"})")});
            if (request.path == "/slow") {
                loop.after(slowness, [respond] { respond(binary_response(200, Bytes{9})); });
                return;
            }
            if (request.path == "/silent") return waiting.push_back(respond);
            respond(HttpResponse{502, "text/html", {}, {}});
        });
        server.on_websocket([this](const HttpRequest& request, const WebSocketAccept& accept) {
            VerifierRules rules;
            rules.origins = {{"http", "127.0.0.1:" + std::to_string(server.port())}};
            RequestVerifier verifier(scheme, rules);
            const auto key = verifier.verify(request, clock.now(), [](auto&) { return true; });
            if (!key || *key != signer->public_key())
                return accept.refuse(problem(Reason::unauthenticated));
            const std::string cursor = *request.parameter("cursor");
            if (cursor == "99") return accept.refuse(problem(Reason::too_far_ahead));
            accept.accept({[cursor](const WebSocketPtr& socket) {
                               socket->send(Bytes(cursor.begin(), cursor.end()));
                               if (cursor == "7") socket->close(close_policy, "too_far_ahead");
                           },
                           nullptr, nullptr});
        });
        const auto port = server.start();
        REQUIRE(port.has_value());
        settings.url = *parse_url("http://127.0.0.1:" + std::to_string(*port));
        settings.timeout = Duration::milliseconds(500);
    }
    ~Bench() {
        server.stop();
        http.stop();
        websockets.stop();
        loop.stop();
    }
    LedgerLink::Ports ports() { return {loop, http, websockets, clock, random, signer}; }
    LedgerLink::Deliver deliver() {
        return [this](AdapterInput input) { return inbox.take(std::move(input)); };
    }

    static constexpr Duration slowness = Duration::milliseconds(800);
    std::vector<Respond> waiting;  // for ever
    IoLoop loop{2};
    HttpServer server;
    HttpClient http;
    WebSocketClient websockets;
    SystemClock clock;
    SystemRandom random;
    Ed25519 scheme;
    std::shared_ptr<const Signer> signer;
    LedgerLinkSettings settings;
    Inbox inbox;
};

std::string text_of(const AdapterInput& input) {
    const auto& body = std::get<StreamFrame>(input).body;
    return std::string(body.begin(), body.end());
}
std::optional<Reason> why_down(const AdapterInput& input) {
    return std::get<StreamDown>(input).refused;
}

}  // namespace

TEST_CASE("a ledger's answer reaches the adapter as what it means") {
    struct Row {
        const char* path;
        Reason reason;
    };
    const Row rows[] = {
        {"/refused", Reason::unknown_key},    {"/busy", Reason::outcome_unknown},
        {"/silent", Reason::outcome_unknown}, {"/dropped", Reason::internal_error},
        {"/proxy", Reason::outcome_unknown},
    };
    Bench bench;
    LedgerLink link(bench.ports(), bench.settings, bench.deliver());
    link.send({1, "/echo", Bytes{1, 2, 3}, false});
    const Reply echoed = bench.inbox.reply();
    CHECK(echoed.request == 1);
    CHECK(echoed.body == Bytes{1, 2, 3});
    for (const Row& row : rows) {
        link.send({2, row.path, Bytes{1}, false});
        const Reply reply = bench.inbox.reply();
        CHECK(reply.request == 2);
        REQUIRE_FALSE(reply.body.has_value());
        CHECK(reply.body.error() == row.reason);
    }
    bench.server.stop();
    link.send({3, "/echo", Bytes{1}, false});
    CHECK(bench.inbox.reply().body.error() == Reason::unavailable);
}

TEST_CASE("of a foreign service no reason is believed but the transport's own") {
    Bench bench;
    LedgerLink link(bench.ports(), bench.settings, bench.deliver());
    const auto reason = [&](const char* path, bool is_foreign) {
        link.send({1, path, Bytes{1}, false, is_foreign});
        const Reply reply = bench.inbox.reply();
        REQUIRE_FALSE(reply.body.has_value());
        return reply.body.error();
    };
    CHECK(reason("/gateway", false) == Reason::unavailable);
    CHECK(reason("/gateway", true) == Reason::outcome_unknown);
    CHECK(reason("/refused", true) == Reason::outcome_unknown);
    bench.server.stop();
    CHECK(reason("/echo", true) == Reason::unavailable);
}

TEST_CASE("a request may wait longer than the link does, and not less") {
    Bench bench;
    LedgerLink link(bench.ports(), bench.settings, bench.deliver());
    link.send({1, "/slow", Bytes{1}, false, false, Duration::milliseconds(1)});
    CHECK(bench.inbox.reply().body.error() == Reason::outcome_unknown);
    link.send({2, "/slow", Bytes{1}, false, false, Duration::seconds(4)});
    CHECK(bench.inbox.reply().body == Bytes{9});
    link.send({3, "/echo", Bytes{3}, false, false, Duration::milliseconds(1)});
    CHECK(bench.inbox.reply().body == Bytes{3});
}

TEST_CASE("a subscription is signed, and replaces the one before") {
    Bench bench;
    LedgerLink link(bench.ports(), bench.settings, bench.deliver());
    link.send({1, "/v1/events?cursor=3", {}, true});
    CHECK(text_of(bench.inbox.next()) == "3");
    link.send({2, "/v1/events?cursor=4", {}, true});
    CHECK(text_of(bench.inbox.next()) == "4");
    bench.server.stop();
    CHECK_FALSE(why_down(bench.inbox.next()).has_value());
    link.send({3, "/v1/events?cursor=4", {}, true});
    CHECK_FALSE(why_down(bench.inbox.next()).has_value());
}

TEST_CASE("why a ledger gives no stream is told") {
    Bench bench;
    LedgerLink link(bench.ports(), bench.settings, bench.deliver());
    link.send({1, "/v1/events?cursor=99", {}, true});
    CHECK(why_down(bench.inbox.next()) == Reason::too_far_ahead);
    link.send({2, "/v1/events?cursor=7", {}, true});
    CHECK(text_of(bench.inbox.next()) == "7");
    CHECK(why_down(bench.inbox.next()) == Reason::too_far_ahead);
}

TEST_CASE(
    "a frame for which there is no room ends the stream, and that is told when there is room") {
    Bench bench;
    LedgerLink link(bench.ports(), bench.settings, bench.deliver());
    bench.inbox.set_full(true);
    link.send({1, "/v1/events?cursor=3", {}, true});
    while (link.counters().refused_deliveries < 3)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    bench.inbox.set_full(false);
    CHECK_FALSE(why_down(bench.inbox.next()).has_value());
}

TEST_CASE("a ledger that asks for a name and a password gets them as they are now") {
    sim::TemporaryDirectory directory;
    const std::string cookie = directory.file(".cookie");
    const std::string password = directory.file("password");
    Bench bench;
    const auto asked = [&](Authorization authorization) {
        bench.settings.authorization = std::move(authorization);
        LedgerLink link(bench.ports(), bench.settings, bench.deliver());
        link.send({1, "/login", Bytes{1}, false});
        const Reply reply = bench.inbox.reply();
        REQUIRE(reply.body);
        return std::string(reply.body->begin(), reply.body->end());
    };
    CHECK(asked(nullptr) == "-");
    CHECK(asked(login_by_cookie(cookie)) == "-");
    std::ofstream(cookie) << "__cookie__:abc\n";
    CHECK(asked(login_by_cookie(cookie)) == "Basic X19jb29raWVfXzphYmM=");
    std::ofstream(cookie) << "__cookie__:def";
    CHECK(asked(login_by_cookie(cookie)) == "Basic X19jb29raWVfXzpkZWY=");
    std::ofstream(cookie) << "no colon";
    CHECK(asked(login_by_cookie(cookie)) == "-");

    CHECK(read_password_file(password).error().code == "io");
    std::ofstream(password) << "secret\nmore";
    std::filesystem::permissions(password, std::filesystem::perms(0644));
    CHECK(read_password_file(password).error().code == "password_file_mode");
    CHECK(asked(login_by_password("user", password)) == "-");
    std::filesystem::permissions(password, std::filesystem::perms(0600));
    CHECK(read_password_file(password) == "secret");
    CHECK(asked(login_by_password("user", password)) == "Basic dXNlcjpzZWNyZXQ=");
    std::filesystem::resize_file(password, 0);
    CHECK(read_password_file(password).error().code == "password_file_malformed");
}
