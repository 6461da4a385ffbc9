// The HTTP server against callers that are slow, rude or broken.
#include <doctest/doctest.h>

#include <csignal>
#include <thread>

#include "sdk/net/http_server.h"
#include "tests/integration/net_raw.h"
#include "tests/unit/text_search.h"

using namespace lockstep;
using namespace lockstep::net;
using namespace lockstep::net_test;
using lockstep::test::has;

namespace {

// Answers what it was asked; keeps the answers of /hold until they are released.
struct Echo {
    explicit Echo(ServerLimits limits = {}, unsigned threads = 1)
        : loop(threads), server(loop, limits) {
        server.on_request([this](HttpRequest request, Respond respond) {
            if (request.path == "/hold") return held.add({request.target, std::move(respond)});
            if (request.path == "/drop") return;
            if (request.path == "/large")
                return respond(binary_response(200, Bytes(8u << 20, 'x')));
            if (request.path == "/none") return respond({204, "", {}, {1, 2, 3}});
            if (request.path == "/inject")
                return respond({200, "text/plain", {{"x-a", "b\r\nx-evil: 1"}, {"x-b", "c"}}, {}});
            std::string text = request.method + " " + request.path;
            for (const auto& [name, value] : request.query)
                text.append(" ").append(name).append("=").append(value);
            if (const auto* mark = request.header("x-mark")) text += " mark=" + *mark;
            text += " [" + std::string{as_text(request.body)} + "]";
            respond({200, "text/plain", {}, Bytes(text.begin(), text.end())});
        });
        const auto started = server.start();
        REQUIRE(started);
        port = *started;
    }
    ~Echo() { server.stop(); }

    RawSocket connect() { return RawSocket::connect(port); }
    std::string ask(std::string_view text) {
        RawSocket socket = connect();
        socket.send(text);
        socket.shutdown_write();
        return socket.all();
    }

    IoLoop loop;
    HttpServer server;
    std::uint16_t port = 0;
    Events<std::pair<std::string, Respond>> held;
};

std::string get(std::string_view target, std::string_view more = {}) {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: h\r\n" + std::string{more} + "\r\n";
}

}  // namespace

TEST_CASE("a request is answered, and the connection is kept for the next") {
    Echo echo;
    RawSocket socket = echo.connect();
    for (int i = 0; i < 3; ++i) {
        socket.send(get("/a%20b?x=1&y=%26", "X-Mark: M\r\n"));
        const std::string answer = socket.until("]");
        CHECK(has(answer, "HTTP/1.1 200 OK\r\n"));
        CHECK(has(answer, "Content-Type: text/plain\r\n"));
        CHECK(has(answer, "\r\n\r\nGET /a b x=1 y=& mark=M []"));
    }
    CHECK(echo.server.counters().connections == 1);
    CHECK(echo.server.counters().requests == 3);
}

TEST_CASE("a request that arrives byte by byte is understood") {
    Echo echo;
    RawSocket socket = echo.connect();
    const std::string text =
        "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;e=1\r\nde\r\n0\r\nX-Mark: trailer\r\n\r\n";
    for (const char c : text) {
        socket.send(std::string_view{&c, 1});
        if (c == '\n') ::poll(nullptr, 0, 1);
    }
    const std::string answer = socket.until("]");
    CAPTURE(answer);
    CHECK(has(answer, "POST /x [abcde]"));  // trailers are not taken over
}

TEST_CASE("pipelined requests are answered in their order, whoever answers first") {
    Echo echo;
    RawSocket socket = echo.connect();
    socket.send(get("/hold?n=1") + get("/hold?n=2") + get("/fast"));
    REQUIRE(echo.held.wait(2));
    std::thread other{[&] {
        echo.held.at(1).second({200, "text/plain", {}, {'t', 'w', 'o'}});
        ::poll(nullptr, 0, 5);
        echo.held.at(0).second({200, "text/plain", {}, {'o', 'n', 'e'}});
    }};
    const std::string answers = socket.until("[]");
    other.join();
    CHECK(answers.find("one") < answers.find("two"));
    CHECK(answers.find("two") < answers.find("GET /fast []"));
}

TEST_CASE("requests beyond the pipelining limit are not read before others are answered") {
    ServerLimits limits;
    limits.max_pipelined = 4;
    Echo echo{limits};
    RawSocket socket = echo.connect();
    std::string many;
    for (int i = 0; i < 20; ++i)
        many += get("/hold");
    socket.send(many);
    REQUIRE(echo.held.wait(4));
    CHECK_FALSE(echo.held.wait(5, 30));
    for (std::size_t i = 0; i < 20; ++i) {
        CAPTURE(i);
        REQUIRE(echo.held.wait(i + 1));
        CHECK(echo.held.size() <= i + 4);
        echo.held.at(i).second(json_response(200, "{}"));
    }
    CHECK(RawSocket::count(socket.until("{}", 20), "HTTP/1.1 200") == 20);
}

TEST_CASE("what is not understood, or could be understood in two ways, is refused") {
    ServerLimits limits;
    limits.max_header_bytes = 512;
    limits.max_body_bytes = 16;
    Echo echo{limits};
    const std::string post = "POST /x HTTP/1.1\r\nHost: h\r\n";
    struct Row {
        std::string text;
        const char* status;
        const char* code;
    };
    const Row rows[] = {
        {"nonsense\r\n\r\n", "400", "malformed"},
        {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "400", "malformed"},
        {"GET / HTTP/1.1\nHost: h\n\n", "400", "malformed"},
        {"GET / HTTP/1.1\r\nHost h\r\n\r\n", "400", "malformed"},
        {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", "400", "malformed"},
        {"GET / HTTP/1.1\r\n\r\n", "400", "one Host"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400", "one Host"},
        {"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "400", "target"},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "400", "target"},
        {get("/%zz"), "400", "target"},
        {get("/%00"), "400", "target"},
        {get("/" + std::string(600, 'a')), "431", "too_large"},
        {get("/", "X: " + std::string(600, 'a') + "\r\n"), "431", "too_large"},
        {post + "Content-Length: 17\r\n\r\n", "413", "too_large"},
        {post + "Content-Length: 99999999999999999999999\r\n\r\n", "400", "malformed"},
        {post + "Content-Length: -1\r\n\r\n", "400", "malformed"},
        {post + "Content-Length: 1x\r\n\r\n", "400", "malformed"},
        {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\na", "400", "malformed"},
        {post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", "400", "malformed"},
        {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
         "malformed"},
        {post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "400",
         "malformed"},
        {post + "Transfer-Encoding: gzip\r\n\r\n", "400", "transfer coding"},
        {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400", "transfer coding"},
        {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
         ""},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", ""},
        {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400", "malformed"},
        {post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", "400", "malformed"},
        {post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "400", "malformed"},
        {post + "Transfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n9\r\n123456789\r\n", "413",
         "too_large"},
        {post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(40000, 'x'), "4", ""},
        {get("/", "Upgrade: websocket\r\nConnection: upgrade\r\n"), "404", "not_found"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text.substr(0, 120));
        const std::string answer = echo.ask(row.text);
        CHECK(answer.substr(0, 9 + std::string{row.status}.size()) ==
              "HTTP/1.1 " + std::string{row.status});
        CHECK(has(answer, row.code));
        CHECK(has(answer, "application/problem+json"));
        CHECK(RawSocket::count(answer, "\r\nDate: ") == 1);
    }
    // Nothing of it did harm.
    CHECK(has(echo.ask(get("/fine")), "GET /fine []"));
    CHECK(has(echo.ask(post + "Content-Length: 16\r\n\r\n0123456789abcdef"), "[0123456789abcdef]"));
}

TEST_CASE("a caller that goes on sending a body that is too large still reads why") {
    Echo echo;
    RawSocket socket = echo.connect();
    socket.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
    std::thread sender{[&] { socket.send(std::string(3'000'000, 'x')); }};
    const std::string answer = socket.all();
    sender.join();
    CHECK(has(answer, "HTTP/1.1 413"));
    CHECK(has(answer, "Connection: close"));
}

TEST_CASE("a caller that trickles, stalls or says nothing loses its connection") {
    ServerLimits limits;
    limits.request_timeout = Duration::milliseconds(100);
    limits.idle_timeout = Duration::milliseconds(200);
    Echo echo{limits};
    RawSocket silent = echo.connect();
    RawSocket header = echo.connect();
    RawSocket body = echo.connect();
    RawSocket idle = echo.connect();
    RawSocket working = echo.connect();
    header.send("GET / HTTP/1.1\r\n");
    body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    idle.send(get("/"));
    working.send(get("/hold"));
    std::thread trickle{[&] {
        for (int i = 0; i < 30 && header.send("X: y\r\n"); ++i)
            ::poll(nullptr, 0, 10);
    }};
    CHECK(has(body.all(), "HTTP/1.1 408"));
    CHECK(has(header.all(), "HTTP/1.1 408"));
    CHECK(silent.all().empty());
    CHECK(has(idle.all(), "HTTP/1.1 200"));
    trickle.join();
    // The time that a handler takes is not the caller's.
    echo.held.at(0).second(json_response(200, "{}"));
    CHECK(has(working.until("{}"), "HTTP/1.1 200"));
    CHECK(echo.server.counters().timeouts == 2);
}

TEST_CASE("a caller that does not read its answer loses its connection") {
    ServerLimits limits;
    limits.write_timeout = Duration::milliseconds(100);
    Echo echo{limits};
    RawSocket socket = RawSocket::connect(echo.port, 4096);
    socket.send(get("/large"));
    CHECK(eventually([&] { return echo.server.counters().requests == 1; }));
    CHECK(eventually([&] { return echo.server.counters().open_connections == 0; }));
    CHECK(socket.all().size() < 8u << 20);
    RawSocket reader = echo.connect();
    reader.send(get("/large", "Connection: close\r\n"));
    CHECK(reader.all().size() > 8u << 20);
}

TEST_CASE("a connection beyond the limit is told so, and its place is free again later") {
    ServerLimits limits;
    limits.max_connections = 3;
    Echo echo{limits};
    std::vector<RawSocket> open;
    for (int i = 0; i < 3; ++i) {
        open.push_back(echo.connect());
        open.back().send(get("/"));
        CHECK(has(open.back().until("[]"), "200 OK"));
    }
    const std::string answer = echo.ask(get("/"));
    CHECK(has(answer, "HTTP/1.1 503"));
    CHECK(has(answer, "overloaded"));
    open.pop_back();
    CHECK(eventually([&] { return has(echo.ask(get("/")), "200 OK"); }));
}

TEST_CASE("one address holds no more than its share, and the other places stay free") {
    ServerLimits limits;
    limits.max_connections = 8;
    limits.max_connections_per_address = 3;
    Echo echo{limits};
    std::vector<RawSocket> silent;
    for (int i = 0; i < 3; ++i)
        silent.push_back(echo.connect());
    CHECK(eventually([&] { return echo.server.counters().open_connections == 3; }));
    const std::string answer = echo.ask(get("/"));
    CHECK(has(answer, "HTTP/1.1 503"));
    CHECK(has(answer, "too many connections from this address"));
    CHECK(echo.server.counters().refused_of_address == 1);
    // 127.0.0.2 is this machine too, and another address.
    RawSocket other = RawSocket::connect(echo.port, 0, "127.0.0.2");
    other.send(get("/"));
    CHECK(has(other.until("[]"), "200 OK"));
    silent.pop_back();
    CHECK(eventually([&] { return has(echo.ask(get("/")), "200 OK"); }));
}

TEST_CASE("hundreds of connections come and go, some in the middle of a request") {
    Echo echo;
    for (int round = 0; round < 3; ++round) {
        std::vector<RawSocket> many;
        for (int i = 0; i < 200; ++i) {
            many.push_back(echo.connect());
            many.back().send(i % 3 == 0 ? "POST / HTTP/1.1\r\nContent-Le" : get("/"));
        }
        for (std::size_t i = 0; i < many.size(); ++i)
            if (i % 3 == 1) CHECK(has(many[i].until("[]"), "200 OK"));
        for (std::size_t i = 0; i < many.size(); ++i) {
            if (i % 2 == 0) many[i].reset();
        }
    }
    CHECK(eventually([&] { return echo.server.counters().open_connections == 0; }));
}

TEST_CASE("a caller that closes its half still gets its answers") {
    Echo echo;
    RawSocket socket = echo.connect();
    socket.send(get("/hold") + get("/two"));
    socket.shutdown_write();
    REQUIRE(echo.held.wait(1));
    ::poll(nullptr, 0, 10);
    echo.held.at(0).second(json_response(200, "{\"one\":1}"));
    const std::string answers = socket.all();
    CHECK(has(answers, "{\"one\":1}"));
    CHECK(has(answers, "GET /two []"));
}

TEST_CASE("a request that nobody answers is answered 500, and a late answer to nobody is no harm") {
    Echo echo;
    CHECK(has(echo.ask(get("/drop")), "HTTP/1.1 500"));
    RawSocket gone = echo.connect();
    gone.send(get("/hold"));
    REQUIRE(echo.held.wait(1));
    gone.reset();
    CHECK(eventually([&] { return echo.server.counters().open_connections == 0; }));
    echo.held.at(0).second(json_response(200, "{}"));
    CHECK(has(echo.ask(get("/")), "200 OK"));
}

TEST_CASE("answers follow the method, the version and the status") {
    Echo echo;
    const std::string head = echo.ask("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(has(head, "Content-Length: 12\r\n"));
    CHECK_FALSE(has(head, "[]"));
    const std::string none = echo.ask(get("/none") + get("/next"));
    CHECK(has(none, "204 No Content"));
    CHECK(has(none, "GET /next []"));
    CHECK(has(echo.ask("GET /x HTTP/1.0\r\n\r\n"), "Connection: close"));
    CHECK(has(echo.ask("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              "Connection: keep-alive"));
    const std::string closed = echo.ask(get("/1", "Connection: close\r\n") + get("/2"));
    CHECK(has(closed, "GET /1"));
    CHECK_FALSE(has(closed, "GET /2"));
    const std::string clean = echo.ask(get("/inject"));
    CHECK_FALSE(has(clean, "x-evil"));
    CHECK(has(clean, "x-b: c"));
}

TEST_CASE("a caller that waits for leave to send its body gets it") {
    Echo echo;
    RawSocket socket = echo.connect();
    socket.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    CHECK(socket.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    socket.send("abc");
    CHECK(has(socket.until("]"), "[abc]"));
    socket.send(
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
    CHECK(has(socket.until("}"), "HTTP/1.1 413"));
}

TEST_CASE("a server that cannot listen says what to do") {
    Echo echo;
    HttpServer second{echo.loop};
    second.on_request([](const HttpRequest&, const Respond& respond) { respond({}); });
    const auto in_use = second.start("127.0.0.1", echo.port);
    REQUIRE_FALSE(in_use);
    CHECK(in_use.error().code == "port_in_use");
    CHECK(has(in_use.error().detail, "port " + std::to_string(echo.port) + " is in use"));
    HttpServer third{echo.loop};
    third.on_request([](const HttpRequest&, const Respond& respond) { respond({}); });
    CHECK(third.start("192.0.2.1", 0).error().code == "bad_host");
    CHECK(third.start("some.where", 0).error().code == "bad_host");
    CHECK(third.start("localhost", 0));
}

TEST_CASE("stopping with grace lets running answers out and takes nothing new") {
    auto echo = std::make_unique<Echo>();
    RawSocket working = echo->connect();
    working.send(get("/hold?n=1") + get("/hold?n=2"));
    RawSocket idle = echo->connect();
    idle.send(get("/"));
    CHECK(has(idle.until("[]"), "200 OK"));
    REQUIRE(echo->held.wait(2));
    std::thread late{[&] {
        ::poll(nullptr, 0, 30);
        echo->held.at(0).second(json_response(200, "{\"n\":1}"));
        echo->held.at(1).second(json_response(200, "{\"n\":2}"));
    }};
    const auto port = echo->port;
    echo->server.stop(Duration::seconds(5));
    late.join();
    const std::string answers = working.all();
    CHECK(has(answers, "{\"n\":1}"));
    CHECK(has(answers, "{\"n\":2}"));
    CHECK(idle.all().empty());
    CHECK_FALSE(RawSocket::connect(port).valid());
}

TEST_CASE("stopping without grace ends what runs, and what is answered later goes nowhere") {
    auto echo = std::make_unique<Echo>();
    RawSocket working = echo->connect();
    working.send(get("/hold"));
    REQUIRE(echo->held.wait(1));
    Respond respond = echo->held.at(0).second;
    echo->server.stop();
    CHECK(working.all().empty());
    respond(json_response(200, "{}"));
    CHECK(echo->server.counters().open_connections == 0);
    echo.reset();
    respond = nullptr;
}

TEST_CASE("several threads serve many connections at once") {
    Echo echo{{}, 4};
    std::vector<std::thread> callers;
    std::atomic<int> good{0};
    for (int i = 0; i < 8; ++i)
        callers.emplace_back([&] {
            RawSocket socket = echo.connect();
            for (int n = 0; n < 50; ++n) {
                socket.send(get("/" + std::to_string(n)));
                if (has(socket.until("[]"), "GET /" + std::to_string(n) + " []")) ++good;
            }
        });
    for (std::thread& caller : callers)
        caller.join();
    CHECK(good == 400);
}

TEST_CASE("timers run once, or not at all when cancelled") {
    IoLoop loop{2};
    Events<int> ran;
    const TimerId never = loop.after(Duration::milliseconds(20), [&] { ran.add(1); });
    const TimerId soon = loop.after(Duration::milliseconds(5), [&] { ran.add(2); });
    loop.post([&] { ran.add(3); });
    CHECK(loop.cancel(never));
    CHECK_FALSE(loop.cancel(never));
    REQUIRE(ran.wait(2));
    CHECK_FALSE(loop.cancel(soon));
    CHECK_FALSE(ran.wait(3, 40));
    CHECK(ran.all() == std::vector<int>{3, 2});
    loop.after(Duration::seconds(1000), [&] { ran.add(4); });
    loop.stop();
}

TEST_CASE("SIGTERM and SIGINT are told each time, and kill nobody who is ending anyway") {
    Events<int> told;
    {
        IoLoop loop;
        loop.on_terminate([&] { told.add(1); });
        ::kill(::getpid(), SIGTERM);
        CHECK(told.wait(1));
        ::kill(::getpid(), SIGINT);
        CHECK(told.wait(2));
    }
    ::kill(::getpid(), SIGTERM);
    ::kill(::getpid(), SIGINT);
    CHECK(told.all().size() == 2);
    struct sigaction action {};
    for (const int number : {SIGTERM, SIGINT}) {
        CHECK(::sigaction(number, nullptr, &action) == 0);
        CHECK((action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN));
    }
}
