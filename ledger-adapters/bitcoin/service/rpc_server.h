// JSON-RPC over HTTP, as Bitcoin Core's: POST to / with basic authentication.
// Source: Bitcoin Core, httprpc.cpp.
#pragma once

#include <memory>

#include "bitcoin/rpc/changes.h"
#include "bitcoin/service/rpc_auth.h"
#include "sdk/net/http_server.h"
#include "sdk/net/io_loop.h"

namespace lockstep::bitcoin {

class RpcServer {
public:
    // Calls run on `workers`, where they may block; all of it outlives the server, and the workers
    // are stopped behind it.
    struct Parts {
        net::IoLoop& loop;
        net::IoLoop& workers;
        NodePort& node;
        const RpcAuth& auth;
        NodeFacts facts;
    };
    explicit RpcServer(Parts parts);

    // The port; 0 is any free one.
    Result<std::uint16_t, Failure> start(const std::string& host, std::uint16_t port);
    // Lets answers out for this long.
    void stop(Duration grace) { server_.stop(grace); }

private:
    void handle(net::HttpRequest request, net::Respond respond);

    Parts parts_;
    net::HttpServer server_;
};

}  // namespace lockstep::bitcoin
