// How many requests and messages one loop carries. Prints figures, and fails only when they are so
// low that something is broken.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "sdk/net/http_client.h"
#include "sdk/net/http_server.h"
#include "sdk/net/websocket_client.h"

using namespace lockstep;
using namespace lockstep::net;

namespace {

constexpr auto measured = std::chrono::milliseconds{500};

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("requests of 200 bytes on kept connections") {
    IoLoop server_loop;
    HttpServer server{server_loop};
    server.on_request([](HttpRequest request, const Respond& respond) {
        respond(binary_response(200, std::move(request.body)));
    });
    const Url url = *parse_url("http://127.0.0.1:" + std::to_string(*server.start()));

    IoLoop client_loop;
    HttpClient client{client_loop};
    std::atomic<std::uint64_t> answered{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<bool> running{true};
    std::function<void()> ask = [&] {
        HttpRequest request;
        request.method = "POST";
        request.body = Bytes(200, 'x');
        client.request(url, std::move(request), Duration::seconds(5), [&](const auto& result) {
            ++(result ? answered : failed);
            if (running) ask();
        });
    };
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 16; ++i)
        ask();
    std::this_thread::sleep_for(measured);
    running = false;
    const double rate = static_cast<double>(answered) / seconds_since(start);
    client.stop();
    server.stop();
    std::printf("requests per second, one loop for each end: %.0f\n", rate);
    CHECK(failed == 0);
    CHECK(rate > 200);
}

TEST_CASE("one message of 200 bytes to 50 WebSockets") {
    constexpr std::size_t callers = 50;
    IoLoop server_loop;
    HttpServer server{server_loop};
    server.on_request([](const HttpRequest&, const Respond& respond) { respond({}); });
    std::mutex mutex;
    std::vector<WebSocketPtr> sessions;
    server.on_websocket([&](const HttpRequest&, const WebSocketAccept& accept) {
        auto session = accept.accept({});
        const std::lock_guard lock{mutex};
        sessions.push_back(std::move(session));
    });
    const Url url = *parse_url("ws://127.0.0.1:" + std::to_string(*server.start()));

    IoLoop client_loop;
    WebSocketClient client{client_loop};
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::size_t> open{0};
    WebSocketHandlers handlers;
    handlers.on_open = [&](const WebSocketPtr&) { ++open; };
    handlers.on_message = [&](const WebSocketPtr&, ByteView, MessageKind) { ++received; };
    for (std::size_t i = 0; i < callers; ++i)
        client.connect(url, {}, handlers);
    while (open < callers)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});

    const auto buffer = std::make_shared<const Bytes>(Bytes(200, 'x'));
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t sent = 0;
    while (std::chrono::steady_clock::now() - start < measured) {
        for (const auto& session : sessions) {
            REQUIRE(session->send(buffer));
            ++sent;
        }
        while (received + 200 * callers < sent)
            std::this_thread::sleep_for(std::chrono::microseconds{100});
    }
    while (received < sent)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    const double rate = static_cast<double>(received) / seconds_since(start);
    client.stop();
    server.stop();
    std::printf("messages per second, one loop for each end: %.0f\n", rate);
    CHECK(rate > 200);
}
