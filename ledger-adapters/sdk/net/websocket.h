// A WebSocket (RFC 6455) as both ends see it: whole messages, a bounded queue of what is to be
// sent, and one notice of its end, with the cause.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sdk/base/bytes.h"
#include "sdk/base/time.h"

namespace lockstep::net {

enum class MessageKind : std::uint8_t { binary, text };

// Close codes of RFC 6455 section 7.4.1 that are used here.
constexpr std::uint16_t close_normal = 1000;
constexpr std::uint16_t close_going_away = 1001;
constexpr std::uint16_t close_policy = 1008;
constexpr std::uint16_t close_try_again = 1013;

enum class CloseCause : std::uint8_t {
    closed_by_peer,  // with a close frame: code and detail are the peer's
    closed_here,     // close() was called
    unreachable,     // client: no connection; nothing was sent
    refused,         // client: the answer was no upgrade: status and detail are the answer's
    lost,            // the connection broke, or the peer went silent
    slow_reader,     // the peer reads slower than is sent to it: the queue's limit was reached
    violation,       // the peer broke the protocol or a limit
    stopped,         // the server or client was stopped
};
std::string_view to_string(CloseCause cause);

struct WebSocketClosed {
    CloseCause cause = CloseCause::lost;
    std::uint16_t code = 0;  // close code, 0 where none was received
    int status = 0;          // HTTP status of a refusal
    std::string detail;
};

struct WebSocketLimits {
    std::size_t max_message_bytes = 1024 * 1024;
    // What may wait to be sent; the peer is cut off at the limit.
    std::size_t max_send_queue_bytes = 4 * 1024 * 1024;
    Duration handshake_timeout = Duration::seconds(10);
    // A peer from which nothing came for this long, though it was pinged after half of it, is lost.
    Duration idle_timeout = Duration::seconds(30);
    // For the answer to a close frame.
    Duration close_timeout = Duration::seconds(2);
};

// Thread-safe. The connection lives until it is closed, whether or not this is held.
class WebSocketSession {
public:
    virtual ~WebSocketSession() = default;
    // Queues one message. False when the session is closed or this message did not fit the queue
    // (which closes it). The same buffer may be sent on many sessions.
    virtual bool send(std::shared_ptr<const Bytes> message,
                      MessageKind kind = MessageKind::binary) = 0;
    bool send(Bytes message, MessageKind kind = MessageKind::binary) {
        return send(std::make_shared<const Bytes>(std::move(message)), kind);
    }
    bool send_text(std::string_view text) {
        return send(Bytes(text.begin(), text.end()), MessageKind::text);
    }
    // Sends what is queued, then a close frame, and waits for the peer's. `text` is cut at 123
    // bytes.
    virtual void close(std::uint16_t code = close_normal, std::string_view text = {}) = 0;
    // Bytes that wait to be sent.
    virtual std::size_t queued_bytes() const = 0;
    virtual const std::string& remote() const = 0;
};

using WebSocketPtr = std::shared_ptr<WebSocketSession>;

// Called on a thread of the loop, one at a time for a session. A handler may call the session.
struct WebSocketHandlers {
    std::function<void(const WebSocketPtr&)> on_open;
    // The view is valid during the call.
    std::function<void(const WebSocketPtr&, ByteView, MessageKind)> on_message;
    // Exactly once, last, unless the server or client was stopped before.
    std::function<void(const WebSocketPtr&, const WebSocketClosed&)> on_close;
};

}  // namespace lockstep::net
