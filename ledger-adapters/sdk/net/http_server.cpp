#include "sdk/net/http_server.h"

#include "sdk/base/assert.h"
#include "sdk/net/connection_origin.h"
#include "sdk/net/http_server_impl.h"
#include "sdk/net/http_session.h"
#include "sdk/net/wire.h"

namespace lockstep::net {
namespace {

// When descriptors are used up, a pause lets some be closed.
constexpr auto accept_pause = std::chrono::milliseconds{50};
// Connections beyond the limit that are told so at the same time; more are just closed.
constexpr std::size_t max_turned_away = 64;
// Cutting takes one turn of the loop; a handler that blocks could make it long.
constexpr auto cut_patience = std::chrono::seconds{5};

Failure listen_failure(const std::string& host, std::uint16_t port, const error_code& error) {
    const std::string at = std::to_string(port);
    if (error == asio::error::address_in_use)
        return {"port_in_use", "port " + at + " is in use: stop what listens on " +
                                   host_and_port(host, port) + " or configure another port"};
    if (error == asio::error::access_denied)
        return {"port_not_permitted",
                "port " + at + " may not be used by this user: configure one from 1024 on"};
    if (error == boost::system::errc::address_not_available ||
        error == boost::system::errc::network_unreachable)
        return {"bad_host", host + " is no address of this machine: configure one that is"};
    return {"listen_failed", "cannot listen on " + host_and_port(host, port) + ": " +
                                 error.message() + "; check host and port"};
}

std::string origin_of(const Socket& socket) {
    error_code error;
    const auto address = socket.remote_endpoint(error).address();
    if (error) return {};  // gone already
    return address.is_v6() ? origin_of_v6(address.to_v6().to_bytes())
                           : origin_of_v4(address.to_v4().to_bytes());
}

}  // namespace

HttpServer::HttpServer(IoLoop& loop, ServerLimits limits)
    : impl_(std::make_shared<Impl>(loop.impl(), limits)) {}

HttpServer::~HttpServer() {
    stop();
}

void HttpServer::on_request(HttpHandler handler) {
    impl_->on_request = std::move(handler);
}
void HttpServer::on_websocket(WebSocketHandler handler) {
    impl_->on_websocket = std::move(handler);
}
std::uint16_t HttpServer::port() const {
    return impl_->port;
}

Result<std::uint16_t, Failure> HttpServer::start(const std::string& host, std::uint16_t port) {
    Impl& impl = *impl_;
    ASSERT(!impl.acceptor && impl.on_request);
    error_code error;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error)
        return fail("bad_host", "\"" + host +
                                    "\" is no IP address: configure one, for example "
                                    "127.0.0.1, or 0.0.0.0 for all interfaces");
    const tcp::endpoint at{address, port};
    Acceptor acceptor{impl.strand};
    acceptor.open(at.protocol(), error);
    if (!error) acceptor.set_option(Acceptor::reuse_address{true}, error);
    if (!error) acceptor.bind(at, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) impl.port = acceptor.local_endpoint(error).port();
    if (error) return unexpected{listen_failure(host, port, error)};
    impl.acceptor.emplace(std::move(acceptor));
    asio::post(impl.strand, [self = impl_] { self->accept(); });
    return impl.port;
}

void HttpServer::Impl::accept() {
    if (stopped) return;
    acceptor->async_accept(loop.strand(),
                           [self = shared_from_this()](error_code error, Socket socket) {
                               if (self->stopped || error == asio::error::operation_aborted) return;
                               if (!error) {
                                   self->admit(std::move(socket));
                                   return self->accept();
                               }
                               self->retry.expires_after(accept_pause);
                               self->retry.async_wait([self](error_code cancelled) {
                                   if (!cancelled) self->accept();
                               });
                           });
}

void HttpServer::Impl::admit(Socket socket) {
    ++connections;
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.non_blocking(true, ignored);
    const std::string origin = origin_of(socket);
    auto session = std::make_shared<HttpSession>(std::move(socket), shared_from_this());
    const Registry::Bounds most{limits.max_connections, limits.max_connections_per_address};
    const auto added = registry->add(session, most, origin);
    if (added == Registry::Added::yes) return session->start();
    const bool of_address = added == Registry::Added::origin_full;
    ++refused_connections;
    if (of_address) ++refused_of_address;
    // Being told takes a moment and a place.
    const Registry::Bounds told{most.all + max_turned_away, most.of_origin + max_turned_away};
    if (registry->add(session, told, origin) == Registry::Added::yes)
        session->turn_away(of_address ? "too many connections from this address"
                                      : "too many connections");
}

void HttpServer::stop(Duration grace) {
    const std::shared_ptr<Impl> impl = impl_;
    const bool loop_ended = impl->loop.context.stopped();
    ASSERT(loop_ended || !impl->loop.context.get_executor().running_in_this_thread());
    if (impl->acceptor && !loop_ended)
        asio::post(impl->strand, [impl] {
            impl->stopped = true;
            error_code ignored;
            impl->acceptor->close(ignored);
            impl->retry.cancel();
        });
    if (!loop_ended && grace.us() > 0) {
        impl->registry->drain_all();
        impl->registry->wait_empty(to_chrono(grace));
    }
    impl->registry->cut_all();
    if (!loop_ended) impl->registry->wait_empty(cut_patience);
    impl->registry->gate.shut();
}

HttpServer::Counters HttpServer::counters() const {
    const Impl& impl = *impl_;
    return {impl.connections,        impl.refused_connections,
            impl.refused_of_address, impl.requests,
            impl.malformed,          impl.timeouts,
            impl.websockets,         impl.registry->slow_readers,
            impl.registry->size()};
}

}  // namespace lockstep::net
