// WebSockets between our two ends, and against peers that are slow, silent or wrong.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "sdk/net/http_server.h"
#include "sdk/net/websocket_client.h"
#include "tests/integration/net_raw.h"

using namespace lockstep;
using namespace lockstep::net;
using namespace lockstep::net_test;

namespace {

Url socket_url(std::uint16_t port, std::string_view target = "/") {
    return *parse_url("ws://127.0.0.1:" + std::to_string(port) + std::string{target});
}

// Notes what happens to a session: "open", "text hello", "binary hello", "closed_by_peer 1000 bye".
struct Notes {
    WebSocketHandlers handlers(bool echo = false) {
        return {[this](const WebSocketPtr&) { events.add("open"); },
                [this, echo](const WebSocketPtr& session, ByteView data, MessageKind kind) {
                    if (echo) session->send(Bytes(data.begin(), data.end()), kind);
                    events.add((kind == MessageKind::text ? "text " : "binary ") +
                               std::string{as_text(data)});
                },
                [this](const WebSocketPtr&, const WebSocketClosed& why) {
                    std::string text{to_string(why.cause)};
                    if (why.code != 0) text += " " + std::to_string(why.code);
                    if (why.status != 0) text += " status " + std::to_string(why.status);
                    events.add(text + ": " + why.detail);
                }};
    }
    std::string at(std::size_t index) { return events.at(index); }
    Events<std::string> events;
};

struct World {
    explicit World(ServerLimits limits = {}, WebSocketLimits client_limits = {})
        : server(loop, limits), client(loop, client_limits) {
        server.on_request(
            [](const HttpRequest&, const Respond& respond) { respond(json_response(200, "{}")); });
        server.on_websocket([this](const HttpRequest& request, const WebSocketAccept& accept) {
            if (request.path == "/refuse")
                return accept.refuse(problem(Reason::unauthenticated, "who are you?"));
            if (request.path == "/drop") return;
            if (request.path == "/later")
                return waiting.add(std::make_shared<WebSocketAccept>(accept));
            sessions.add(accept.accept(served.handlers(request.path == "/echo")));
        });
        port = *server.start();
    }
    ~World() {
        client.stop();
        server.stop();
    }
    Notes served, called;
    Events<WebSocketPtr> sessions;
    Events<std::shared_ptr<WebSocketAccept>> waiting;
    IoLoop loop;
    HttpServer server;
    WebSocketClient client;
    std::uint16_t port = 0;
};

constexpr std::string_view upgrade =
    "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

// A frame as a client sends it, masked with zeroes.
std::string frame(int first, std::string_view data, bool masked = true) {
    std::string text{static_cast<char>(first)};
    text += static_cast<char>((masked ? 0x80 : 0) | static_cast<int>(data.size()));
    if (masked) text += std::string(4, '\0');
    return text + std::string{data};
}

// Passes bytes on between a caller and a server until it is told to go deaf.
struct Proxy {
    explicit Proxy(std::uint16_t to) : listener(RawSocket::listen()), target(to) {
        thread = std::thread{[this] {
            RawSocket near = listener.accept();
            RawSocket far = RawSocket::connect(target);
            while (!done) {
                if (deaf) {
                    ::poll(nullptr, 0, 2);
                    continue;
                }
                if (near.readable(1)) far.send(near.some(1));
                if (far.readable(1)) near.send(far.some(1));
            }
        }};
    }
    ~Proxy() {
        done = true;
        thread.join();
    }
    RawSocket listener;
    std::uint16_t target;
    std::atomic<bool> deaf{false}, done{false};
    std::thread thread;
};

}  // namespace

TEST_CASE("messages go both ways and keep their kind and order") {
    World world;
    const auto session = world.client.connect(socket_url(world.port, "/echo"), {{"x-a", "1"}},
                                              world.called.handlers());
    CHECK(session->send(Bytes{'a'}));  // waits until it is open
    CHECK(session->send_text("b"));
    CHECK(session->send(Bytes(500'000, 'c')));
    CHECK(session->send(Bytes{}));
    CHECK(world.called.at(0) == "open");
    CHECK(world.called.at(1) == "binary a");
    CHECK(world.called.at(2) == "text b");
    CHECK(world.called.at(3) == "binary " + std::string(500'000, 'c'));
    CHECK(world.called.at(4) == "binary ");
    session->close(close_normal, "bye");
    CHECK(world.served.at(5) == "closed_by_peer 1000: bye");
    CHECK(world.called.at(5).starts_with("closed_here 1000"));
    CHECK_FALSE(session->send_text("late"));
    CHECK(eventually([&] { return world.server.counters().open_connections == 0; }));
    CHECK(session->queued_bytes() == 0);
}

TEST_CASE("one buffer is sent to many, in order") {
    World world;
    constexpr std::size_t callers = 20;
    constexpr std::size_t messages = 100;
    std::vector<Notes> notes(callers);
    for (Notes& note : notes)
        world.client.connect(socket_url(world.port), {}, note.handlers());
    REQUIRE(world.sessions.wait(callers));
    for (std::size_t i = 0; i < messages; ++i) {
        const std::string text = std::to_string(i);
        const auto buffer = std::make_shared<const Bytes>(text.begin(), text.end());
        for (const auto& session : world.sessions.all())
            CHECK(session->send(buffer));
    }
    for (const auto& session : world.sessions.all())
        session->close(close_try_again, "enough");
    for (Notes& note : notes) {
        REQUIRE(note.events.wait(messages + 2));
        const auto events = note.events.all();
        for (std::size_t i = 0; i < messages; ++i)
            CHECK(events[i + 1] == "binary " + std::to_string(i));
        CHECK(events[messages + 1] == "closed_by_peer 1013: enough");
    }
}

TEST_CASE("an upgrade can be refused, forgotten or decided later") {
    World world;
    Notes refused, dropped, later, gone;
    world.client.connect(socket_url(world.port, "/refuse"), {}, refused.handlers());
    CHECK(refused.at(0).starts_with("refused status 401: {"));
    CHECK(refused.at(0).find("who are you?") != std::string::npos);
    world.client.connect(socket_url(world.port, "/drop"), {}, dropped.handlers());
    CHECK(dropped.at(0).starts_with("refused status 500"));
    const auto session =
        world.client.connect(socket_url(world.port, "/later"), {}, later.handlers());
    REQUIRE(world.waiting.wait(1));
    std::thread decide{[&] { world.waiting.at(0)->accept(world.served.handlers()); }};
    CHECK(later.at(0) == "open");
    decide.join();
    // The caller gives up before the decision.
    WebSocketClient brief{world.loop};
    brief.connect(socket_url(world.port, "/later"), {}, gone.handlers());
    REQUIRE(world.waiting.wait(2));
    brief.stop();
    Notes lost;
    world.waiting.at(1)->accept(lost.handlers());
    CHECK(eventually([&] { return lost.events.size() > 0; }));
    CHECK(gone.events.size() == 0);
}

TEST_CASE("a caller that reaches nobody, or no WebSocket, is told") {
    World world;
    RawSocket closed = RawSocket::listen();
    const auto port = closed.port();
    closed.close();
    Notes nobody, wrong;
    world.client.connect(socket_url(port), {}, nobody.handlers());
    CHECK(nobody.at(0).starts_with("unreachable: no connection to 127.0.0.1:"));
    world.client.connect(socket_url(world.port), {{"x", "a\r\nb: c"}}, wrong.handlers());
    CHECK(wrong.at(0).starts_with("unreachable: "));
    HttpServer plain{world.loop};
    plain.on_request([](const HttpRequest&, const Respond& respond) { respond({}); });
    Notes none;
    world.client.connect(socket_url(*plain.start()), {}, none.handlers());
    CHECK(none.at(0).starts_with("refused status 404"));
}

TEST_CASE("a refusal whose last chunk comes octet by octet is a refusal") {
    World world;
    RawSocket listener = RawSocket::listen();
    world.client.connect(socket_url(listener.port(), "/echo"), {}, world.called.handlers());
    RawSocket socket = listener.accept();
    CHECK(socket.until("\r\n\r\n").starts_with("GET /echo"));
    socket.send("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char octet : std::string("0\r\n\r\n")) {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        socket.send(std::string(1, octet));
    }
    CHECK_MESSAGE(world.called.at(0).starts_with("refused"), world.called.at(0));
}

TEST_CASE("a reader that is too slow is cut off with the reason, and others are not") {
    ServerLimits limits;
    limits.websocket.max_send_queue_bytes = 256 * 1024;
    limits.websocket.close_timeout = Duration::milliseconds(50);
    World world{limits};
    RawSocket slow = RawSocket::connect(world.port, 4096);
    slow.send(upgrade);
    CHECK(slow.until("\r\n\r\n").starts_with("HTTP/1.1 101"));
    const auto victim = world.sessions.at(0);
    CHECK(world.served.at(0) == "open");
    const auto fine = world.client.connect(socket_url(world.port), {}, world.called.handlers());
    const auto served = world.sessions.at(1);
    const auto block = std::make_shared<const Bytes>(Bytes(64 * 1024, 'x'));
    bool accepted = true;
    std::size_t sent = 0;
    for (; accepted && sent < 10'000; ++sent) {
        accepted = victim->send(block);
        ::poll(nullptr, 0, 1);
    }
    CHECK_FALSE(accepted);
    CHECK(sent < 1000);
    CHECK(world.served.at(2).starts_with("slow_reader 1008"));
    CHECK(world.server.counters().slow_readers == 1);
    CHECK(served->send(block));
    CHECK(world.called.at(1).size() == 64 * 1024 + 7);
    fine->close();
}

TEST_CASE("a message larger than the whole queue is not accepted") {
    ServerLimits limits;
    limits.websocket.max_send_queue_bytes = 100;
    World world{limits};
    world.client.connect(socket_url(world.port), {}, world.called.handlers());
    const auto session = world.sessions.at(0);
    CHECK(world.called.at(0) == "open");
    CHECK(session->send(Bytes(100, 'x')));
    CHECK(world.called.at(1).size() == 107);
    CHECK(eventually([&] { return session->queued_bytes() == 0; }));
    CHECK_FALSE(session->send(Bytes(101, 'x')));
    CHECK(world.called.at(2) == "closed_by_peer 1008: the send queue is full");
}

TEST_CASE("frames that break the protocol or a limit end the connection") {
    struct Row {
        std::string what;
        std::string bytes;
        const char* expected;
    };
    const Row rows[] = {
        {"not masked", frame(0x82, "abc", false), "violation"},
        {"reserved operation", frame(0x83, "abc"), "violation"},
        {"reserved bit", frame(0xc2, "abc"), "violation"},
        {"fragmented ping", frame(0x09, "abc"), "violation"},
        {"continuation of nothing", frame(0x80, "abc"), "violation"},
        {"new message inside another", frame(0x02, "abc") + frame(0x82, "abc"), "violation"},
        {"text that is no UTF-8", frame(0x81, "\xff\xfe"), "violation"},
        {"close with one byte", frame(0x88, "x"), "violation"},
        {"close with a reserved code", frame(0x88, "\x03\xed"), "violation"},
        {"too long, in one frame",
         std::string("\x82\xff\0\0\0\0\x7f\0\0\0", 10) + std::string(4, '\0'), "violation"},
        {"too long, in many frames",
         [] {
             std::string text = frame(0x02, std::string(100, 'x'));
             for (int i = 0; i < 20; ++i)
                 text += frame(0x00, std::string(100, 'x'));
             return text;
         }(),
         "violation"},
        {"cut off in the middle", frame(0x82, "abc").substr(0, 7), "lost"},
        {"a proper end", frame(0x88, "\x03\xe8ok"), "closed_by_peer 1000: ok"},
    };
    ServerLimits limits;
    limits.websocket.max_message_bytes = 1024;
    for (const Row& row : rows) {
        CAPTURE(row.what);
        World world{limits};
        RawSocket socket = RawSocket::connect(world.port);
        socket.send(upgrade);
        CHECK(socket.until("\r\n\r\n").starts_with("HTTP/1.1 101"));
        socket.send(row.bytes);
        socket.shutdown_write();
        CHECK(world.served.at(1).starts_with(row.expected));
        socket.all();
        CHECK(eventually([&] { return world.server.counters().open_connections == 0; }));
    }
}

TEST_CASE("a wrong handshake is refused") {
    World world;
    struct Row {
        std::string what;
        std::string_view from, to;
        const char* expected;
    };
    const Row rows[] = {
        {"no key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", "HTTP/1.1 4"},
        {"other version", "Version: 13", "Version: 8", "HTTP/1.1 4"},
        {"other method", "GET", "PUT", "HTTP/1.1 400"},
        {"older HTTP", "HTTP/1.1", "HTTP/1.0", "HTTP/1.1 400"},
        {"a frame at once", "13\r\n\r\n", "13\r\n\r\n\x82\x80", "HTTP/1.1 400"},
        {"no upgrade", "Connection: Upgrade", "Connection: keep-alive", "HTTP/1.1 200"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::string text{upgrade};
        text.replace(text.find(row.from), row.from.size(), row.to);
        RawSocket socket = RawSocket::connect(world.port);
        socket.send(text);
        CHECK(socket.until("\r\n\r\n").starts_with(row.expected));
    }
}

TEST_CASE("a connection that went half-open is noticed at both ends") {
    ServerLimits limits;
    limits.websocket.idle_timeout = Duration::milliseconds(200);
    World world{limits, limits.websocket};
    Proxy proxy{world.port};
    world.client.connect(socket_url(proxy.listener.port(), "/echo"), {}, world.called.handlers());
    CHECK(world.called.at(0) == "open");
    // Pings keep a connection without messages.
    CHECK_FALSE(world.called.events.wait(2, 400));
    proxy.deaf = true;
    CHECK(world.called.at(1).starts_with("lost: nothing came"));
    CHECK(world.served.at(1).starts_with("lost: nothing came"));
}

TEST_CASE("stopping tells the callers, and calls no handler afterwards") {
    World world;
    world.client.connect(socket_url(world.port), {}, world.called.handlers());
    CHECK(world.called.at(0) == "open");
    CHECK(world.served.at(0) == "open");
    world.server.stop(Duration::seconds(2));
    CHECK(world.called.at(1) == "closed_by_peer 1001: the server is stopping");
    CHECK(world.served.at(1).starts_with("stopped"));
    CHECK_FALSE(world.sessions.at(0)->send_text("late"));

    auto second = std::make_unique<World>();
    Notes quiet;
    const auto kept = second->client.connect(socket_url(second->port), {}, quiet.handlers());
    CHECK(quiet.at(0) == "open");
    second->client.stop();
    CHECK(second->served.at(1).starts_with("lost"));
    CHECK(quiet.events.size() == 1);
    second.reset();
    CHECK_FALSE(kept->send_text("after everything is gone"));
    kept->close();
}
