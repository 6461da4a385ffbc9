// The calling end of a WebSocket. A connection that breaks is told to its owner, who reconnects and
// resumes from its cursor.
#pragma once

#include <memory>

#include "sdk/base/time.h"
#include "sdk/net/http.h"
#include "sdk/net/io_loop.h"
#include "sdk/net/url.h"
#include "sdk/net/websocket.h"

namespace lockstep::net {

// Thread-safe.
class WebSocketClient {
public:
    explicit WebSocketClient(IoLoop& loop, WebSocketLimits limits = {});
    // As stop().
    ~WebSocketClient();
    WebSocketClient(const WebSocketClient&) = delete;
    WebSocketClient& operator=(const WebSocketClient&) = delete;

    // Connects to a ws:// (or http://) URL and upgrades, with these fields besides the protocol's
    // own (a signature, for example). on_close tells also when it could not: unreachable or
    // refused. What is sent before on_open waits.
    WebSocketPtr connect(const Url& url, Headers headers, WebSocketHandlers handlers);

    // Closes all connections. No handler runs after it returns.
    void stop();

    struct Impl;

private:
    std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep::net
