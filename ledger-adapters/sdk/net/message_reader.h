// Reading of HTTP/1.1 messages from a stream of bytes, under limits; no sockets, no clock.
// What two readers could understand in two ways is refused: RFC 9112 sections 3.2, 6.1 and 6.3.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sdk/net/http.h"

namespace lockstep::net {

struct ReaderLimits {
    std::size_t max_header_bytes = 0;  // start line included
    std::size_t max_body_bytes = 0;
};

// Octets that a connection makes room for at a time.
constexpr std::size_t read_chunk = 16 * 1024;

// Requests one after the other. Trailers are read and left out: a field counts only where it is
// seen before the body.
class RequestReader {
public:
    explicit RequestReader(ReaderLimits limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    // Room for what comes next, and how much of it came.
    std::span<std::uint8_t> prepare(std::size_t size);
    void commit(std::size_t size);
    // Bytes that were not looked at yet, or belong to an unfinished line.
    std::size_t buffered() const;
    void discard();

    enum class Step : std::uint8_t { needs_more, complete, refused };
    Step next();

    // After complete: the request, once. Path and query are filled in, remote is not.
    struct Taken {
        HttpRequest request;
        bool keep_alive = true, http_1_0 = false;
    };
    Taken take();
    // After refused: nothing more can be read.
    struct Refusal {
        Reason reason = Reason::malformed;
        std::string detail;
        int status = 0;  // 0: that of the reason
    };
    const Refusal& refusal() const;

    // True from a request's first byte to its end.
    bool in_request() const;
    // True once for a request whose sender waits for leave to send the body.
    bool wants_continue();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Answers, each to a request that is known.
class ResponseReader {
public:
    explicit ResponseReader(ReaderLimits limits);
    ~ResponseReader();
    ResponseReader(const ResponseReader&) = delete;
    ResponseReader& operator=(const ResponseReader&) = delete;

    std::span<std::uint8_t> prepare(std::size_t size);
    void commit(std::size_t size);
    std::size_t buffered() const;

    // An answer to HEAD has no body, whatever its fields say.
    void expect(bool head_only);
    enum class Step : std::uint8_t { needs_more, complete, broken };
    Step next();
    // The peer sends no more; an answer without a length is complete by that.
    Step end();

    struct Taken {
        HttpResponse response;
        bool keep_alive = false;  // nothing is left over, and the peer means to go on
    };
    Taken take();
    const std::string& broken_because() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::net
