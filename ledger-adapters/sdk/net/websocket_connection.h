// One end of a WebSocket over Beast, for the server and the client.
#pragma once

#include <memory>

#include "sdk/net/asio_types.h"
#include "sdk/net/http.h"
#include "sdk/net/registry.h"
#include "sdk/net/websocket.h"

namespace lockstep::net {

struct WebSocketSetup {
    std::shared_ptr<Registry> registry;
    WebSocketLimits limits;
    WebSocketHandlers handlers;
    std::string remote;
};

class WebSocketConnection : public Tracked {
public:
    static std::shared_ptr<WebSocketConnection> make(const Strand& strand, WebSocketSetup setup);

    virtual WebSocketPtr session() const = 0;
    // One of these three begins it, on the strand, once it is in the registry.
    // Answers the request by an upgrade.
    virtual void accept(Socket socket, const HttpRequest& request) = 0;
    // Connects and asks for an upgrade.
    virtual void connect(const Url& url, Headers headers) = 0;
    // It will never open.
    virtual void abandon(WebSocketClosed why) = 0;
};

}  // namespace lockstep::net
