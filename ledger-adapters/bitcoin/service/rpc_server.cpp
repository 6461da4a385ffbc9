#include "bitcoin/service/rpc_server.h"

namespace lockstep::bitcoin {
namespace {

// A wrong password costs whoever guesses as much.
constexpr Duration wrong_password_wait = Duration::milliseconds(250);

net::ServerLimits limits() {
    net::ServerLimits limits;
    limits.max_body_bytes = rpc_limits.max_size;
    // Whoever has no password and only connects leaves room for others.
    limits.max_connections = 1'024;
    limits.max_connections_per_address = 512;
    // Bitcoin Core's -rpcservertimeout
    limits.idle_timeout = Duration::seconds(30);
    return limits;
}

net::HttpResponse text_response(int status, std::string_view text) {
    net::HttpResponse response;
    response.status = status;
    if (!text.empty()) response.content_type = "text/html; charset=ISO-8859-1";
    append(response.body, as_bytes(text));
    return response;
}

net::HttpResponse unauthorized() {
    net::HttpResponse response = text_response(401, {});
    net::set_header(response.headers, "www-authenticate", "Basic realm=\"jsonrpc\"");
    return response;
}

}  // namespace

RpcServer::RpcServer(Parts parts) : parts_(parts), server_(parts_.loop, limits()) {
    server_.on_request([this](net::HttpRequest request, net::Respond respond) {
        handle(std::move(request), std::move(respond));
    });
}

Result<std::uint16_t, Failure> RpcServer::start(const std::string& host, std::uint16_t port) {
    return server_.start(host, port);
}

void RpcServer::handle(net::HttpRequest request, net::Respond respond) {
    if (request.path != "/") return respond(text_response(404, {}));
    if (request.method != "POST")
        return respond(text_response(405, "JSONRPC server handles only POST requests"));
    const std::string* const authorization = request.header("authorization");
    if (authorization == nullptr) return respond(unauthorized());
    if (!parts_.auth.allows(*authorization)) {
        parts_.loop.after(wrong_password_wait, [respond] { respond(unauthorized()); });
        return;
    }
    parts_.workers.post([this, body = std::move(request.body), respond = std::move(respond)] {
        const RpcReply reply = answer_body(
            {reinterpret_cast<const char*>(body.data()), body.size()},
            [this](const RpcRequest& one) { return call(parts_.node, parts_.facts, one); });
        respond(net::json_response(reply.http_status, reply.body));
    });
}

}  // namespace lockstep::bitcoin
