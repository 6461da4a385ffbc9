// The HTTP client against our server and against servers that break off, lie or stall.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "sdk/net/http_client.h"
#include "sdk/net/http_server.h"
#include "tests/integration/net_raw.h"

using namespace lockstep;
using namespace lockstep::net;
using namespace lockstep::net_test;

namespace {

constexpr Duration five_seconds = Duration::seconds(5);

Url local(std::uint16_t port) {
    return *parse_url("http://127.0.0.1:" + std::to_string(port));
}

HttpRequest make(std::string_view method, std::string_view target = "/",
                 std::string_view body = {}) {
    HttpRequest request;
    request.method = std::string{method};
    request.target = std::string{target};
    request.body.assign(body.begin(), body.end());
    return request;
}

// "200 body", or the reason of the error and what was said.
std::string text_of(const Result<HttpResponse, ClientError>& result) {
    if (!result)
        return std::string{to_string(result.error().reason)} + ": " + result.error().detail;
    return std::to_string(result->status) + " " + std::string{as_text(result->body)};
}

struct Caller {
    explicit Caller(ClientLimits limits = {}) : client(loop, limits) {}

    void send(const Url& base, HttpRequest request, Duration timeout = five_seconds) {
        client.request(base, std::move(request), timeout,
                       [this](const auto& result) { done.add(text_of(result)); });
    }
    std::string ask(const Url& base, HttpRequest request, Duration timeout = five_seconds) {
        const std::size_t before = done.size();
        send(base, std::move(request), timeout);
        return done.at(before);
    }

    IoLoop loop;
    Events<std::string> done;
    HttpClient client;
};

// Runs a script for each connection it gets, one after the other.
struct Script {
    using Step = std::function<void(RawSocket&)>;
    explicit Script(std::vector<Step> steps) : listener(RawSocket::listen()) {
        thread = std::thread{[this, steps = std::move(steps)] {
            for (const Step& step : steps) {
                RawSocket socket = listener.accept();
                if (!socket.valid()) return;
                ++connections;
                step(socket);
            }
        }};
    }
    ~Script() { thread.join(); }
    Url url() const { return local(listener.port()); }

    RawSocket listener;
    std::thread thread;
    std::atomic<int> connections{0};
};

Script::Step say(std::string text) {
    return [text = std::move(text)](RawSocket& socket) {
        socket.until("\r\n\r\n");
        socket.send(text);
    };
}

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct EchoServer {
    explicit EchoServer(IoLoop& loop) : server(loop) {
        server.on_request([this](HttpRequest request, Respond respond) {
            if (request.path == "/hold") return held.add(std::move(respond));
            if (request.path == "/header") {
                const auto* value = request.header("x-a");
                return respond(json_response(200, value ? *value : "none"));
            }
            respond(binary_response(200, std::move(request.body)));
        });
        port = *server.start();
    }
    ~EchoServer() { server.stop(); }
    Events<Respond> held;
    HttpServer server;
    std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("requests one after the other share a connection") {
    Caller caller;
    EchoServer echo{caller.loop};
    for (int i = 0; i < 50; ++i) {
        const std::string body = "body " + std::to_string(i);
        CHECK(caller.ask(local(echo.port), make("POST", "/", body)) == "200 " + body);
    }
    CHECK(echo.server.counters().connections == 1);
    HttpRequest fields = make("GET", "/header");
    fields.headers = {{"x-a", "1"}, {"Content-Length", "77"}, {"Host", "other"}};
    CHECK(caller.ask(local(echo.port), fields) == "200 1");
    CHECK(caller.ask(local(echo.port), make("HEAD")) == "200 ");
    CHECK(caller.ask(local(echo.port), make("POST", "/", std::string(900'000, 'x'))).size() ==
          900'004);
    CHECK(echo.server.counters().connections == 1);
}

TEST_CASE("requests at the same time share a bounded number of connections") {
    ClientLimits limits;
    limits.max_connections_per_host = 4;
    Caller caller{limits};
    EchoServer echo{caller.loop};
    for (int i = 0; i < 200; ++i)
        caller.send(local(echo.port), make("POST", "/", "x"));
    REQUIRE(caller.done.wait(200));
    for (const std::string& text : caller.done.all())
        CHECK(text == "200 x");
    CHECK(echo.server.counters().connections <= 4);
}

TEST_CASE("what waits for a connection is limited, and told apart from what was sent") {
    ClientLimits limits;
    limits.max_connections_per_host = 1;
    limits.max_waiting_per_host = 2;
    Caller caller{limits};
    EchoServer echo{caller.loop};
    const Url url = local(echo.port);
    caller.send(url, make("POST", "/hold"), Duration::milliseconds(150));
    REQUIRE(echo.held.wait(1));
    caller.send(url, make("POST"), Duration::milliseconds(50));
    caller.send(url, make("POST", "/", "later"));
    caller.send(url, make("POST"));
    REQUIRE(caller.done.wait(4));
    const auto done = caller.done.all();
    CHECK(done[0].starts_with("overloaded: "));
    CHECK(done[1].starts_with("unavailable: "));
    CHECK(done[2].starts_with("outcome_unknown: "));
    CHECK(done[3] == "200 later");
}

TEST_CASE("what cannot have reached a server is unavailable") {
    Caller caller;
    RawSocket closed = RawSocket::listen();
    const Url nobody = local(closed.port());
    closed.close();
    CHECK(caller.ask(nobody, make("POST")).starts_with("unavailable: no connection to 127.0.0.1:"));
    CHECK(caller.ask(*parse_url("http://no-such-name.invalid"), make("GET"))
              .starts_with("unavailable: "));
    CHECK(caller.ask(*parse_url("https://127.0.0.1:1"), make("GET")).starts_with("malformed: "));
    for (int i = 0; i < 40; ++i)
        caller.send(nobody, make("POST"));
    REQUIRE(caller.done.wait(43));
    for (const std::string& text : caller.done.all())
        CHECK_FALSE(text.starts_with("outcome_unknown"));
}

TEST_CASE("a request that would break the framing is not sent") {
    Caller caller;
    EchoServer echo{caller.loop};
    HttpRequest field = make("GET");
    field.headers = {{"x-a", "1\r\nx-b: 2"}};
    CHECK(caller.ask(local(echo.port), field).starts_with("malformed: "));
    CHECK(caller.ask(local(echo.port), make("GET", "/a b")).starts_with("malformed: "));
    CHECK(caller.ask(local(echo.port), make("GET", "x")).starts_with("malformed: "));
    CHECK(caller.ask(local(echo.port), make("G T")).starts_with("malformed: "));
    CHECK(echo.server.counters().requests == 0);
}

TEST_CASE("an answer that is broken off, malformed or too large leaves the outcome unknown") {
    struct Row {
        std::string answer;
        const char* expected;
    };
    const Row rows[] = {
        {ok, "200 ok"},
        {"HTTP/1.1 100 Continue\r\n\r\n" + ok, "200 ok"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
         "200 ok"},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "200 until the end"},
        {"HTTP/1.1 204 No Content\r\n\r\n", "204 "},
        {"", "outcome_unknown: "},
        {"HTTP/1.1 20", "outcome_unknown: "},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "outcome_unknown: "},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", "outcome_unknown: "},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", "outcome_unknown: "},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(40000, 'x') + "\r\n\r\n", "outcome_unknown: "},
        {"nonsense\r\n\r\n", "outcome_unknown: "},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "outcome_unknown: "},
    };
    ClientLimits limits;
    limits.max_body_bytes = 1000;
    Caller caller{limits};
    for (const Row& row : rows) {
        CAPTURE(row.answer.substr(0, 80));
        Script server{{say(row.answer)}};
        const std::string got = caller.ask(server.url(), make("POST"));
        CHECK(got.starts_with(row.expected));
    }
}

TEST_CASE("an answer that does not come in time leaves the outcome unknown") {
    Caller caller;
    EchoServer echo{caller.loop};
    CHECK(caller.ask(local(echo.port), make("GET", "/hold"), Duration::milliseconds(30))
              .starts_with("outcome_unknown: no answer from 127.0.0.1:"));
    CHECK(caller.ask(local(echo.port), make("GET", "/")) == "200 ");
}

TEST_CASE("a kept connection that breaks under a request: GET is repeated once, POST never") {
    const auto answer_then_break = [](RawSocket& socket) {
        socket.until("\r\n\r\n");
        socket.send(ok);
        socket.until("\r\n\r\n");  // the second request was heard
    };
    {
        Caller caller;
        Script server{{answer_then_break, say(ok)}};
        CHECK(caller.ask(server.url(), make("POST")) == "200 ok");
        CHECK(caller.ask(server.url(), make("GET")) == "200 ok");
    }
    {
        Caller caller;
        Script server{{answer_then_break}};
        CHECK(caller.ask(server.url(), make("POST")) == "200 ok");
        CHECK(caller.ask(server.url(), make("POST")).starts_with("outcome_unknown: "));
        CHECK(server.connections == 1);
    }
    {
        // Not on a fresh connection: that is no matter of being kept.
        Caller caller;
        Script server{{say("")}};
        CHECK(caller.ask(server.url(), make("GET")).starts_with("outcome_unknown: "));
    }
    {
        // Twice is enough.
        Caller caller;
        Script server{{answer_then_break, say("")}};
        CHECK(caller.ask(server.url(), make("GET")) == "200 ok");
        CHECK(caller.ask(server.url(), make("GET")).starts_with("outcome_unknown: "));
    }
}

TEST_CASE("a kept connection that the server closed is not used again") {
    Caller caller;
    Script server{{say(ok), say(ok),
                   [](RawSocket& socket) {
                       socket.until("\r\n\r\n");
                       socket.send(ok + "unasked");
                       socket.until("\r\n\r\n");
                   },
                   say(ok)}};
    for (int i = 0; i < 4; ++i) {
        CHECK(caller.ask(server.url(), make("POST")) == "200 ok");
        CHECK(eventually([&] { return server.connections == i + 1; }));
        ::poll(nullptr, 0, 5);
    }
}

TEST_CASE("connections that are idle for too long are dropped") {
    ClientLimits limits;
    limits.idle_timeout = Duration::milliseconds(40);
    Caller caller{limits};
    EchoServer echo{caller.loop};
    CHECK(caller.ask(local(echo.port), make("POST")) == "200 ");
    CHECK(echo.server.counters().open_connections == 1);
    CHECK(eventually([&] { return echo.server.counters().open_connections == 0; }));
    CHECK(caller.ask(local(echo.port), make("POST")) == "200 ");
}

TEST_CASE("a server that answers before it has read everything is heard") {
    Caller caller;
    Script server{{[](RawSocket& socket) {
        socket.until("\r\n\r\n");
        socket.send(
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
        socket.shutdown_write();
        socket.all();
    }}};
    CHECK(caller.ask(server.url(), make("POST", "/", std::string(12u << 20, 'x'))) == "413 no");
}

TEST_CASE("a client that is stopped calls nobody back") {
    IoLoop loop;
    EchoServer echo{loop};
    std::atomic<int> called{0};
    auto token = std::make_shared<int>(1);
    {
        HttpClient client{loop};
        client.request(local(echo.port), make("POST", "/hold"), five_seconds,
                       [&called, token](const auto&) { ++called; });
        REQUIRE(echo.held.wait(1));
        for (int i = 0; i < 30; ++i)
            client.request(local(echo.port), make("POST", "/hold"), five_seconds,
                           [&called, token](const auto&) { ++called; });
    }
    CHECK(eventually([&] { return token.use_count() == 1; }));
    CHECK(called == 0);
}

TEST_CASE("a client may be destroyed from its own callback") {
    IoLoop loop;
    EchoServer echo{loop};
    Events<std::string> done;
    auto client = std::make_shared<std::unique_ptr<HttpClient>>(std::make_unique<HttpClient>(loop));
    (*client)->request(local(echo.port), make("GET"), five_seconds,
                       [&, client](const auto& result) {
                           client->reset();
                           done.add(text_of(result));
                       });
    CHECK(done.at(0) == "200 ");
}
