#include "sdk/net/websocket_client.h"

#include "sdk/net/io_loop_impl.h"
#include "sdk/net/websocket_connection.h"
#include "sdk/net/wire.h"

namespace lockstep::net {
namespace {

// Of one client object; a process calls a handful of ledgers and peers.
constexpr std::size_t max_calls = 4096;
constexpr auto stop_patience = std::chrono::seconds{2};

}  // namespace

struct WebSocketClient::Impl {
    IoLoop::Impl& loop;
    WebSocketLimits limits;
    std::shared_ptr<Registry> registry = std::make_shared<Registry>();
};

WebSocketClient::WebSocketClient(IoLoop& loop, WebSocketLimits limits)
    : impl_(std::make_shared<Impl>(Impl{loop.impl(), limits})) {}

WebSocketClient::~WebSocketClient() {
    stop();
}

WebSocketPtr WebSocketClient::connect(const Url& url, Headers headers, WebSocketHandlers handlers) {
    const Strand strand = impl_->loop.strand();
    auto connection = WebSocketConnection::make(
        strand, {impl_->registry, impl_->limits, std::move(handlers), url.authority()});
    const bool added = impl_->registry->add(connection, {.all = max_calls}) == Registry::Added::yes;
    bool valid = url.scheme == "ws" || url.scheme == "http";
    for (const auto& [name, value] : headers)
        valid = valid && is_token(name) && is_field_value(value);
    asio::post(strand, [connection, added, valid, url, headers = std::move(headers)]() mutable {
        if (!added) {
            connection->abandon({CloseCause::unreachable, 0, 0, "too many connections"});
        } else if (!valid) {
            connection->abandon({CloseCause::unreachable, 0, 0,
                                 url.origin() + " is no ws:// address, or a field is malformed"});
        } else {
            connection->connect(url, std::move(headers));
        }
    });
    return connection->session();
}

void WebSocketClient::stop() {
    impl_->registry->gate.shut();
    impl_->registry->cut_all();
    // From a thread of the loop the sockets close a moment later.
    if (!impl_->loop.context.get_executor().running_in_this_thread() &&
        !impl_->loop.context.stopped())
        impl_->registry->wait_empty(stop_patience);
}

}  // namespace lockstep::net
