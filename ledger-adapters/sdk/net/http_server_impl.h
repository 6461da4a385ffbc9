// What the server and its sessions share.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "sdk/net/http_server.h"
#include "sdk/net/io_loop_impl.h"
#include "sdk/net/registry.h"

namespace lockstep::net {

using Acceptor = asio::basic_socket_acceptor<tcp, Strand>;

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
    Impl(IoLoop::Impl& l, ServerLimits given)
        : loop(l), limits(given), strand(l.strand()), retry(strand) {}

    void accept();
    void admit(Socket socket);

    IoLoop::Impl& loop;
    const ServerLimits limits;
    Strand strand;  // of the acceptor
    Timer retry;
    std::optional<Acceptor> acceptor;
    HttpHandler on_request;
    WebSocketHandler on_websocket;
    std::shared_ptr<Registry> registry = std::make_shared<Registry>();
    std::uint16_t port = 0;
    bool stopped = false;

    std::atomic<std::uint64_t> connections{0}, refused_connections{0}, refused_of_address{0},
        requests{0}, malformed{0}, timeouts{0}, websockets{0};
};

}  // namespace lockstep::net
