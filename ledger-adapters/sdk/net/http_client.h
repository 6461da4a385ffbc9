// An HTTP/1.1 client with a bounded pool of kept-alive connections for each host and port. It says
// apart what cannot have reached the server from what may have; it never sends a request that may
// change something a second time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "sdk/base/result.h"
#include "sdk/base/time.h"
#include "sdk/net/http.h"
#include "sdk/net/io_loop.h"
#include "sdk/net/url.h"

namespace lockstep::net {

struct ClientLimits {
    std::size_t max_hosts = 256;
    std::size_t max_connections_per_host = 16;
    std::size_t max_waiting_per_host = 1024;  // requests for which no connection is free
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = 16 * 1024 * 1024;
    // Kept connections are dropped after this; less than what servers use, so that a request seldom
    // meets a connection that is just being closed.
    Duration idle_timeout = Duration::seconds(20);
    Duration connect_timeout = Duration::seconds(3);
};

struct ClientError {
    // unavailable:     nothing reached the server (no address, refused, no free connection in time)
    // overloaded:      max_waiting_per_host or max_hosts is reached; nothing was sent
    // malformed:       the request cannot be sent (method, target or field with a forbidden
    // character) outcome_unknown: bytes were sent and no complete answer came
    Reason reason = Reason::unavailable;
    std::string detail;
};

using HttpCallback = std::function<void(Result<HttpResponse, ClientError>)>;

// Thread-safe.
class HttpClient {
public:
    explicit HttpClient(IoLoop& loop, ClientLimits limits = {});
    // As stop().
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    // Sends request.target to the server that `base` names (its own target is not used). Host,
    // Content-Length and Connection are added. The timeout runs from the call to the complete
    // answer. The callback runs once, on a thread of the loop. GET and HEAD are sent once more when
    // a kept connection turns out to be closed; others only if not one byte was written.
    void request(const Url& base, HttpRequest request, Duration timeout, HttpCallback callback);

    // Closes all connections. No callback runs after it returns: requests under way end unheard.
    void stop();

    struct Impl;

private:
    std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep::net
