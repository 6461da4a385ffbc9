// An HTTP/1.1 and WebSocket server: keep-alive, pipelining, limits on everything that comes from
// outside, answers from any thread. It knows no paths and no keys; TLS is a proxy's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sdk/base/result.h"
#include "sdk/base/time.h"
#include "sdk/net/http.h"
#include "sdk/net/io_loop.h"
#include "sdk/net/websocket.h"

namespace lockstep::net {

struct ServerLimits {
    std::size_t max_header_bytes = 16 * 1024;  // start line included
    std::size_t max_body_bytes = 1024 * 1024;
    std::size_t max_connections = 1024;  // WebSockets included; one more is answered 503
    // The same of one address (of a /64 where it is IPv6), so that whoever opens connections and
    // says nothing holds no more than these. Half: what shares this machine, or a proxy's address,
    // needs few (HttpClient keeps at most 64), and others have the other half.
    std::size_t max_connections_per_address = 512;
    // Requests of one connection that wait for their answers; the next one is not read before.
    std::size_t max_pipelined = 16;
    // From a request's first byte to its last, so that trickling bytes does not hold a connection.
    Duration request_timeout = Duration::seconds(10);
    // A peer that takes nothing of its answer for this long is cut off.
    Duration write_timeout = Duration::seconds(10);
    // Between requests.
    Duration idle_timeout = Duration::seconds(60);
    WebSocketLimits websocket;
};

// Answers one request: from any thread, now or later, once (a second call is a bug and asserts).
// When the last copy goes without an answer, the caller gets a 500.
using Respond = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(HttpRequest, Respond)>;

// An upgrade that waits for a decision: from any thread, now or later, once. When the last copy
// goes undecided, the caller gets a 500.
class WebSocketAccept {
public:
    // Sends wait until the handshake is through; on_open is called then. Null when the server is
    // gone.
    WebSocketPtr accept(WebSocketHandlers handlers) const;
    void refuse(HttpResponse response) const;

    struct Pending;
    explicit WebSocketAccept(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}

private:
    std::shared_ptr<Pending> pending_;
};
using WebSocketHandler = std::function<void(HttpRequest, WebSocketAccept)>;

class HttpServer {
public:
    explicit HttpServer(IoLoop& loop, ServerLimits limits = {});
    // Stops without grace.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Before start(). Handlers run on threads of the loop and must not block.
    void on_request(HttpHandler handler);
    // Without one, an upgrade is answered 404.
    void on_websocket(WebSocketHandler handler);

    // Listens on an address (loopback unless told) and a port, 0 for any free one; the result is
    // the port. The failure says what to do. Once a server.
    Result<std::uint16_t, Failure> start(const std::string& host = "127.0.0.1",
                                         std::uint16_t port = 0);
    std::uint16_t port() const;

    // Takes no new connection or request, lets running answers out within the grace time, sends
    // WebSockets a close frame (1001), then cuts what is left. No handler runs after it. Blocks;
    // not from a thread of the loop.
    void stop(Duration grace = Duration{});

    struct Counters {
        // Of the refused ones, those over the limit of their address are told apart.
        std::uint64_t connections = 0, refused_connections = 0, refused_of_address = 0,
                      requests = 0, malformed = 0, timeouts = 0, websockets = 0, slow_readers = 0;
        std::uint64_t open_connections = 0;
    };
    Counters counters() const;

    struct Impl;

private:
    std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep::net
