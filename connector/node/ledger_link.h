// The transport of one adapter: its requests become HTTP calls of the ledger's service, its
// subscription a WebSocket; what comes back become inputs of the adapter. It understands nothing of
// what it carries.
#pragma once

#include <functional>
#include <memory>

#include "sdk/machine/adapter.h"
#include "sdk/machine/ports.h"
#include "sdk/net/http_client.h"
#include "sdk/net/websocket_client.h"

namespace lockstep::node {

class LedgerLink {
public:
    using Deliver = std::function<void(AdapterInput)>;
    struct Parts {
        net::IoLoop& loop;
        net::HttpClient& http;
        net::WebSocketClient& sockets;
        const Clock& clock;
        net::Url url;
        std::shared_ptr<const Signer> signer;  // signs subscriptions (RFC 9421)
        Deliver deliver;                       // from threads of the loop
    };
    explicit LedgerLink(Parts parts);
    ~LedgerLink();
    LedgerLink(const LedgerLink&) = delete;
    LedgerLink& operator=(const LedgerLink&) = delete;

    // Each request gets one Reply; a subscription gets frames and one StreamDown, and replaces the
    // one before.
    void send(Request request);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace lockstep::node
