// Two objects for one WebSocket: the session, which callers hold and which queues, and the
// connection, which owns the socket and lives by its pending operations alone. So a session that is
// held for long keeps no socket and touches no loop.
#include "sdk/net/websocket_connection.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <mutex>

#include "sdk/base/assert.h"
#include "sdk/net/dial.h"

namespace lockstep::net {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr std::size_t max_close_text = 123;  // RFC 6455 section 5.5
constexpr std::size_t max_refusal_text = 1024;

struct Message {
    std::shared_ptr<const Bytes> bytes;
    MessageKind kind = MessageKind::binary;
};

class Session final : public WebSocketSession, public std::enable_shared_from_this<Session> {
public:
    Session(std::string remote, std::size_t limit) : remote_(std::move(remote)), limit_(limit) {}

    using WebSocketSession::send;
    bool send(std::shared_ptr<const Bytes> message, MessageKind kind) override {
        ASSERT(message);
        {
            const std::lock_guard lock{mutex_};
            if (closing_) return false;
            if (message->size() > limit_ - queued_bytes_) {
                closing_ = true;
                overflowed_ = true;
                for (const Message& waiting : queue_)
                    queued_bytes_ -= waiting.bytes->size();
                queue_.clear();
                code_ = close_policy;
                text_ = "the send queue is full";
            } else {
                queued_bytes_ += message->size();
                queue_.push_back({std::move(message), kind});
            }
        }
        wake();
        const std::lock_guard lock{mutex_};
        return !overflowed_;
    }

    void close(std::uint16_t code, std::string_view text) override {
        {
            const std::lock_guard lock{mutex_};
            if (closing_) return;
            closing_ = true;
            code_ = code;
            text_ = text.substr(0, max_close_text);
        }
        wake();
    }

    std::size_t queued_bytes() const override {
        const std::lock_guard lock{mutex_};
        return queued_bytes_;
    }
    const std::string& remote() const override { return remote_; }

    // For the connection.
    struct Work {
        Message message;  // without bytes: none
        bool close = false;
        std::uint16_t code = 0;
        std::string text;
    };
    struct State {
        bool closing = false, overflowed = false;
    };
    // What is asked of the connection; the next change wakes it again.
    State awaken() {
        const std::lock_guard lock{mutex_};
        awake_ = false;
        return {closing_, overflowed_};
    }
    Work take() {
        const std::lock_guard lock{mutex_};
        Work work;
        if (!queue_.empty()) {
            work.message = std::move(queue_.front());
            queue_.pop_front();
        } else if (closing_) {
            work.close = true;
            work.code = code_;
            work.text = text_;
        }
        return work;
    }
    bool overflowed() const {
        const std::lock_guard lock{mutex_};
        return overflowed_;
    }
    void sent(std::size_t bytes) {
        const std::lock_guard lock{mutex_};
        queued_bytes_ -= bytes;
    }
    void end() {
        const std::lock_guard lock{mutex_};
        closing_ = true;
        queue_.clear();
        queued_bytes_ = 0;
    }

    std::function<void()> on_wake;  // set before the session is handed out

private:
    void wake() {
        {
            const std::lock_guard lock{mutex_};
            if (awake_) return;
            awake_ = true;
        }
        on_wake();
    }

    const std::string remote_;
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::deque<Message> queue_;
    std::size_t queued_bytes_ = 0;  // with the message that is being written
    bool awake_ = false, closing_ = false, overflowed_ = false;
    std::uint16_t code_ = close_normal;
    std::string text_;
};

class Connection final : public WebSocketConnection,
                         public std::enable_shared_from_this<Connection> {
public:
    Connection(const Strand& strand, WebSocketSetup setup)
        : strand_(strand),
          setup_(std::move(setup)),
          session_(std::make_shared<Session>(setup_.remote, setup_.limits.max_send_queue_bytes)),
          timer_(strand) {}

    void attach() {
        session_->on_wake = [weak = weak_from_this()] {
            if (auto self = weak.lock()) {
                Connection& connection = *self;
                asio::post(connection.strand_, [self = std::move(self)] { self->write(); });
            }
        };
    }

    WebSocketPtr session() const override { return session_; }

    void accept(Socket socket, const HttpRequest& request) override {
        open_stream(std::move(socket), beast::role_type::server);
        beast::http::request<beast::http::empty_body> message;
        message.version(11);
        message.method_string(request.method);
        message.target(request.target);
        for (const auto& [name, value] : request.headers)
            message.insert(name, value);
        stream_->async_accept(message, [self = shared_from_this()](error_code error) {
            if (self->finished_) return;
            if (error) return self->finish(self->closed(error));
            self->opened();
        });
    }

    void connect(const Url& url, Headers headers) override {
        dial_ = Dial::start(
            strand_, url, setup_.limits.handshake_timeout,
            [self = shared_from_this(), url,
             headers = std::move(headers)](Result<Socket, std::string> socket) mutable {
                if (self->finished_) return;
                if (!socket)
                    return self->finish({CloseCause::unreachable, 0, 0, std::move(socket.error())});
                self->handshake(std::move(*socket), url, std::move(headers));
            });
    }

    void abandon(WebSocketClosed why) override { finish(std::move(why)); }

    void drain() override {
        asio::post(strand_, [self = shared_from_this()] {
            if (self->finished_) return;
            self->stopped_ = true;
            if (!self->open_) return self->finish({CloseCause::stopped, 0, 0, "stopped"});
            self->session_->close(close_going_away, "the server is stopping");
        });
    }

    void cut() override {
        asio::post(strand_, [self = shared_from_this()] {
            self->finish({CloseCause::stopped, 0, 0, "stopped"});
        });
    }

private:
    using Stream = websocket::stream<Socket, false>;

    void open_stream(Socket socket, beast::role_type role) {
        stream_.emplace(std::move(socket));
        websocket::stream_base::timeout timeout = websocket::stream_base::timeout::suggested(role);
        timeout.handshake_timeout = to_chrono(setup_.limits.handshake_timeout);
        timeout.idle_timeout = to_chrono(setup_.limits.idle_timeout);
        timeout.keep_alive_pings = true;
        stream_->set_option(timeout);
        stream_->read_message_max(setup_.limits.max_message_bytes);
        stream_->auto_fragment(false);
    }

    void handshake(Socket socket, const Url& url, Headers headers) {
        open_stream(std::move(socket), beast::role_type::client);
        stream_->set_option(websocket::stream_base::decorator(
            [headers = std::move(headers)](websocket::request_type& request) {
                for (const auto& [name, value] : headers)
                    request.set(name, value);
            }));
        auto answer = std::make_shared<websocket::response_type>();
        stream_->async_handshake(
            *answer, url.authority(), url.target,
            [self = shared_from_this(), answer](error_code error) {
                if (self->finished_) return;
                if (error == websocket::error::upgrade_declined)
                    return self->finish({CloseCause::refused, 0,
                                         static_cast<int>(answer->result_int()),
                                         answer->body().substr(0, max_refusal_text)});
                if (error) return self->finish(self->closed(error));
                self->opened();
            });
    }

    void opened() {
        open_ = true;
        const auto self = shared_from_this();
        if (setup_.handlers.on_open)
            setup_.registry->gate.run([&] { setup_.handlers.on_open(session_); });
        if (stopped_) session_->close(close_going_away, "the server is stopping");
        read();
        write();
    }

    void read() {
        stream_->async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
            if (self->finished_) return;
            if (error) return self->finish(self->closed(error));
            if (self->setup_.handlers.on_message) {
                const auto data = self->buffer_.cdata();
                const ByteView view{static_cast<const std::uint8_t*>(data.data()), data.size()};
                const auto kind =
                    self->stream_->got_text() ? MessageKind::text : MessageKind::binary;
                self->setup_.registry->gate.run(
                    [&] { self->setup_.handlers.on_message(self->session_, view, kind); });
            }
            self->buffer_.consume(self->buffer_.size());
            self->read();
        });
    }

    // Writes the next message, or the close frame after the last.
    void write() {
        if (finished_ || !open_ || closing_) return;
        const Session::State state = session_->awaken();
        if (state.overflowed && !overflowed_) {
            overflowed_ = true;
            limit(setup_.limits.close_timeout);
        } else if (state.closing && !limited_) {
            limit(setup_.limits.handshake_timeout);
        }
        if (writing_) return;
        const Session::Work work = session_->take();
        if (work.message.bytes) {
            writing_ = true;
            in_flight_ = work.message.bytes;
            stream_->binary(work.message.kind == MessageKind::binary);
            stream_->async_write(asio::buffer(*in_flight_),
                                 [self = shared_from_this()](error_code error, std::size_t) {
                                     self->writing_ = false;
                                     self->session_->sent(self->in_flight_->size());
                                     self->in_flight_ = nullptr;
                                     if (self->finished_) return;
                                     if (error) return self->finish(self->closed(error));
                                     self->write();
                                 });
        } else if (work.close) {
            closing_ = true;
            limit(setup_.limits.close_timeout);
            stream_->async_close(
                websocket::close_reason{static_cast<websocket::close_code>(work.code), work.text},
                [self = shared_from_this()](error_code error) {
                    if (!self->finished_) self->finish(self->closed(error));
                });
        }
    }

    // From here on the end is near: a peer that does not take what is queued, or does not answer
    // the close frame, is cut off.
    void limit(Duration time) {
        limited_ = true;
        timer_.expires_after(to_chrono(time));
        timer_.async_wait([self = shared_from_this()](error_code error) {
            if (!error) self->finish(self->closed(beast::error::timeout));
        });
    }

    WebSocketClosed closed(error_code error) const {
        if (session_->overflowed())
            return {CloseCause::slow_reader, close_policy, 0, "the send queue is full"};
        if (stopped_) return {CloseCause::stopped, 0, 0, "stopped"};
        if (closing_) return {CloseCause::closed_here, stream_->reason().code, 0, ""};
        if (error == websocket::error::closed) {
            const auto& reason = stream_->reason();
            return {CloseCause::closed_by_peer, reason.code, 0,
                    std::string{reason.reason.data(), reason.reason.size()}};
        }
        if (error == beast::error::timeout)
            return {CloseCause::lost, 0, 0, "nothing came from the peer in time"};
        if (error == websocket::condition::protocol_violation ||
            error == websocket::condition::handshake_failed ||
            error == websocket::error::message_too_big ||
            error == websocket::error::buffer_overflow)
            return {CloseCause::violation, 0, 0, error.message()};
        return {CloseCause::lost, 0, 0, error.message()};
    }

    void finish(WebSocketClosed why) {
        if (finished_) return;
        finished_ = true;
        const auto self = shared_from_this();
        timer_.cancel();
        if (const auto dial = dial_.lock()) dial->cancel();
        if (stream_) close_socket(stream_->next_layer());
        session_->end();
        if (why.cause == CloseCause::slow_reader) ++setup_.registry->slow_readers;
        const WebSocketHandlers handlers = std::move(setup_.handlers);
        setup_.handlers = {};
        if (handlers.on_close) setup_.registry->gate.run([&] { handlers.on_close(session_, why); });
        setup_.registry->remove(this);
    }

    Strand strand_;
    WebSocketSetup setup_;
    std::shared_ptr<Session> session_;
    Timer timer_;
    std::weak_ptr<Dial> dial_;  // which holds this connection until it is done
    std::optional<Stream> stream_;
    beast::flat_buffer buffer_;
    std::shared_ptr<const Bytes> in_flight_;
    bool open_ = false, writing_ = false, closing_ = false, limited_ = false, overflowed_ = false,
         stopped_ = false, finished_ = false;
};

}  // namespace

std::shared_ptr<WebSocketConnection> WebSocketConnection::make(const Strand& strand,
                                                               WebSocketSetup setup) {
    auto connection = std::make_shared<Connection>(strand, std::move(setup));
    connection->attach();
    return connection;
}

std::string_view to_string(CloseCause cause) {
    switch (cause) {
        case CloseCause::closed_by_peer:
            return "closed_by_peer";
        case CloseCause::closed_here:
            return "closed_here";
        case CloseCause::unreachable:
            return "unreachable";
        case CloseCause::refused:
            return "refused";
        case CloseCause::lost:
            return "lost";
        case CloseCause::slow_reader:
            return "slow_reader";
        case CloseCause::violation:
            return "violation";
        case CloseCause::stopped:
            return "stopped";
    }
    UNREACHABLE();
}

}  // namespace lockstep::net
