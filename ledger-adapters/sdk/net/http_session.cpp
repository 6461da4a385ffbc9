#include "sdk/net/http_session.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>

#include "sdk/base/assert.h"
#include "sdk/net/wire.h"

namespace lockstep::net {
namespace {

// Closing while the peer still sends would reset the connection and with it the answer on its way
// (RFC 9112 section 9.6), so what comes is read and thrown away for this long.
constexpr auto linger = std::chrono::seconds{1};

// The one answer to a request, or a 500 when nobody gives one.
struct AnswerOnce {
    std::weak_ptr<HttpSession> session;
    std::uint64_t number = 0;
    std::atomic<bool> given{false};

    AnswerOnce(std::weak_ptr<HttpSession> s, std::uint64_t n) : session(std::move(s)), number(n) {}
    AnswerOnce(const AnswerOnce&) = delete;
    AnswerOnce& operator=(const AnswerOnce&) = delete;
    ~AnswerOnce() {
        if (!given) send(problem(Reason::internal_error, "the request got no answer"));
    }
    void give(HttpResponse response) {
        ASSERT(!given.exchange(true));
        send(std::move(response));
    }
    void send(HttpResponse response) {
        if (const auto alive = session.lock()) alive->answer(number, std::move(response));
    }
};

SteadyClock::duration tick_of(const ServerLimits& limits) {
    const Duration shortest =
        std::min({limits.request_timeout, limits.write_timeout, limits.idle_timeout});
    return std::clamp<SteadyClock::duration>(to_chrono(shortest) / 8, std::chrono::milliseconds{5},
                                             std::chrono::seconds{1});
}

}  // namespace

struct WebSocketAccept::Pending {
    std::shared_ptr<AnswerOnce> answer;
    std::weak_ptr<HttpServer::Impl> server;
    HttpRequest request;
};

WebSocketPtr WebSocketAccept::accept(WebSocketHandlers handlers) const {
    ASSERT(!pending_->answer->given.exchange(true));
    const auto server = pending_->server.lock();
    if (!server) return nullptr;
    const auto session = pending_->answer->session.lock();
    const Strand strand = session ? session->strand() : server->loop.strand();
    auto connection =
        WebSocketConnection::make(strand, {server->registry, server->limits.websocket,
                                           std::move(handlers), pending_->request.remote});
    if (session) {
        session->upgrade(connection, std::move(pending_->request));
    } else {
        asio::post(strand, [connection] {
            connection->abandon({CloseCause::lost, 0, 0, "the caller is gone"});
        });
    }
    return connection->session();
}

void WebSocketAccept::refuse(HttpResponse response) const {
    pending_->answer->give(std::move(response));
}

HttpSession::HttpSession(Socket socket, std::shared_ptr<HttpServer::Impl> server)
    : strand_(socket.get_executor()),
      socket_(std::move(socket)),
      timer_(strand_),
      server_(std::move(server)),
      remote_(remote_text(socket_)),
      reader_({server_->limits.max_header_bytes, server_->limits.max_body_bytes}) {}

void HttpSession::start() {
    // A connection on which nothing was ever asked gets no more time than a request.
    idle_until_ = SteadyClock::now() + to_chrono(server_->limits.request_timeout);
    asio::dispatch(strand_, [self = shared_from_this()] {
        self->tick();
        self->advance();
    });
}

void HttpSession::turn_away(std::string_view why) {
    asio::dispatch(strand_, [self = shared_from_this(), why = std::string(why)] {
        self->stopping_ = true;
        Answer& place = self->answers_.emplace_back();
        place.last = true;
        self->put_answer(place, problem(Reason::overloaded, why));
        self->tick();
        self->advance();
    });
}

// Does what can be done now: parse, write, read on, or close.
void HttpSession::advance() {
    if (closed_ || advancing_) return;
    advancing_ = true;
    parse();
    advancing_ = false;
    write();
    if (closed_ || upgrading_ || lingering_) return;
    if (outstanding() == 0 && (stopping_ || eof_ || (draining_ && !reader_.in_request())))
        return begin_close();
    read();
}

void HttpSession::read() {
    if (reading_ || eof_ || (stopping_ && !lingering_)) return;
    if (!lingering_ && outstanding() >= server_->limits.max_pipelined) return;
    reading_ = true;
    const auto room = reader_.prepare(read_chunk);
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [self = shared_from_this()](error_code error, std::size_t n) {
                                self->reading_ = false;
                                if (self->closed_) return;
                                if (error) {
                                    // After an end of file the peer may still read; after anything
                                    // else it is gone.
                                    if (error != asio::error::eof || self->lingering_)
                                        return self->finish();
                                    self->eof_ = true;
                                    return self->advance();
                                }
                                if (self->lingering_) return self->read();
                                self->reader_.commit(n);
                                self->advance();
                            });
}

void HttpSession::parse() {
    const ServerLimits& limits = server_->limits;
    while (!stopping_ && !upgrading_ && reader_.buffered() != 0 &&
           outstanding() < limits.max_pipelined) {
        if (!reader_.in_request()) {
            if (draining_) {
                stopping_ = true;
                return;
            }
            request_until_ = SteadyClock::now() + to_chrono(limits.request_timeout);
        }
        switch (reader_.next()) {
            case RequestReader::Step::needs_more:
                if (outstanding() == 0 && reader_.wants_continue()) send_continue();
                return;
            case RequestReader::Step::complete:
                take(reader_.take());
                break;
            case RequestReader::Step::refused:
                const RequestReader::Refusal& refusal = reader_.refusal();
                return refuse(refusal.reason, refusal.detail, refusal.status);
        }
    }
}

void HttpSession::send_continue() {
    // Small enough for an empty socket buffer; a caller that misses it goes on after a moment.
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code ignored;
    socket_.write_some(asio::buffer(go_on), ignored);
}

void HttpSession::take(RequestReader::Taken taken) {
    ++server_->requests;
    HttpRequest& request = taken.request;
    request.remote = remote_;
    Answer& place = answers_.emplace_back();
    place.head_only = request.method == "HEAD";
    place.http_1_0 = taken.http_1_0;
    place.last = !taken.keep_alive;
    if (place.last) stopping_ = true;

    const std::string* upgrade = request.header("upgrade");
    const std::string* connection = request.header("connection");
    if (upgrade && connection && equal_ignoring_case(*upgrade, "websocket") &&
        has_list_token(*connection, "upgrade"))
        return offer_upgrade(std::move(request), taken.http_1_0);

    const std::uint64_t number = first_answer_ + answers_.size() - 1;
    auto once = std::make_shared<AnswerOnce>(weak_from_this(), number);
    server_->registry->gate.run([&] {
        server_->on_request(std::move(request), [once = std::move(once)](HttpResponse response) {
            once->give(std::move(response));
        });
    });
}

void HttpSession::offer_upgrade(HttpRequest request, bool http_1_0) {
    const std::uint64_t number = first_answer_ + answers_.size() - 1;
    const auto reply = [&](Reason reason, std::string_view detail) {
        put_answer(answers_.back(), problem(reason, detail));
    };
    if (!server_->on_websocket) return reply(Reason::not_found, "no WebSocket is offered here");
    if (request.method != "GET" || http_1_0 || !request.body.empty())
        return reply(Reason::malformed, "an upgrade is a GET of HTTP/1.1 without a body");
    // Frames before the answer, or answers that are still due, would get mixed up with the upgrade.
    if (outstanding() != 1 || reader_.buffered() != 0)
        return reply(Reason::malformed, "an upgrade is alone on its connection");
    upgrading_ = true;
    auto pending = std::make_shared<WebSocketAccept::Pending>(WebSocketAccept::Pending{
        std::make_shared<AnswerOnce>(weak_from_this(), number), server_, request});
    server_->registry->gate.run(
        [&] { server_->on_websocket(std::move(request), WebSocketAccept{std::move(pending)}); });
}

void HttpSession::upgrade(std::shared_ptr<WebSocketConnection> to, HttpRequest request) {
    asio::post(strand_, [self = shared_from_this(), to = std::move(to),
                         request = std::move(request)] {
        if (self->closed_)
            return to->abandon({CloseCause::lost, 0, 0, "the connection ended before the upgrade"});
        ++self->server_->websockets;
        self->closed_ = true;
        self->timer_.cancel();
        self->server_->registry->replace(self.get(), to);
        self->successor_ = to;
        to->accept(std::move(self->socket_), request);
    });
}

void HttpSession::answer(std::uint64_t number, HttpResponse response) {
    asio::dispatch(
        strand_, [self = shared_from_this(), number, response = std::move(response)]() mutable {
            if (self->closed_) return;
            ASSERT(number >= self->first_answer_ &&
                   number - self->first_answer_ < self->answers_.size());
            self->upgrading_ = false;
            self->put_answer(self->answers_[number - self->first_answer_], std::move(response));
            self->advance();
        });
}

void HttpSession::put_answer(Answer& answer, HttpResponse response) {
    // An answer's own framing is by Content-Length; a status that has no body gets none.
    if (is_bodiless(response.status)) response.body.clear();
    const bool drained = draining_ && !reader_.in_request() && &answer == &answers_.back();
    const Persistence persistence = answer.last || drained ? Persistence::close
                                    : answer.http_1_0      ? Persistence::keep_and_say_so
                                                           : Persistence::keep;
    if (persistence == Persistence::close) answer.last = true;
    answer.head = response_head(response, persistence);
    if (!answer.head_only) answer.body = std::move(response.body);
    answer.ready = true;
}

void HttpSession::refuse(Reason reason, std::string_view detail, int status) {
    ++server_->malformed;
    stopping_ = true;
    Answer& place = answers_.emplace_back();
    place.last = true;
    put_answer(place, problem(reason, detail, status));
}

// Writes all answers that are ready, in the order of their requests, at once.
void HttpSession::write() {
    if (writing_ || closed_ || advancing_) return;
    while (!answers_.empty() && answers_.front().ready) {
        const bool last = answers_.front().last;
        in_flight_.push_back(std::move(answers_.front()));
        answers_.pop_front();
        ++first_answer_;
        if (!last) continue;
        stopping_ = true;
        ASSERT(answers_.empty());
    }
    if (in_flight_.empty()) return;
    std::vector<asio::const_buffer> buffers;
    buffers.reserve(in_flight_.size() * 2);
    for (const Answer& answer : in_flight_) {
        buffers.emplace_back(asio::buffer(answer.head));
        if (!answer.body.empty()) buffers.emplace_back(asio::buffer(answer.body));
    }
    writing_ = true;
    write_until_ = SteadyClock::now() + to_chrono(server_->limits.write_timeout);
    const auto on_progress = [this](error_code error, std::size_t done) -> std::size_t {
        if (error) return 0;
        if (done != 0) write_until_ = SteadyClock::now() + to_chrono(server_->limits.write_timeout);
        return read_chunk * 4;
    };
    asio::async_write(
        socket_, buffers, on_progress, [self = shared_from_this()](error_code error, std::size_t) {
            self->writing_ = false;
            if (self->closed_) return;
            if (error) return self->finish();
            self->in_flight_.clear();
            self->idle_until_ = SteadyClock::now() + to_chrono(self->server_->limits.idle_timeout);
            self->advance();
        });
}

void HttpSession::begin_close() {
    if (eof_ || draining_) return finish();
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) return finish();
    lingering_ = true;
    linger_until_ = SteadyClock::now() + linger;
    reader_.discard();
    read();
}

// Deadlines are looked at from time to time instead of setting a timer for each request.
void HttpSession::tick() {
    timer_.expires_after(tick_of(server_->limits));
    timer_.async_wait([self = shared_from_this()](error_code error) {
        if (error || self->closed_) return;
        const auto now = SteadyClock::now();
        const bool idle =
            !self->reader_.in_request() && self->outstanding() == 0 && !self->upgrading_;
        if (self->lingering_ ? now >= self->linger_until_
                             : (self->writing_ && now >= self->write_until_) ||
                                   (idle && now >= self->idle_until_)) {
            if (self->writing_) ++self->server_->timeouts;
            return self->finish();
        }
        self->tick();
        if (self->reader_.in_request() && !self->stopping_ && now >= self->request_until_) {
            ++self->server_->timeouts;
            self->refuse(Reason::malformed, "the request did not arrive in time", 408);
            self->advance();
        }
    });
}

void HttpSession::finish() {
    if (closed_) return;
    closed_ = true;
    timer_.cancel();
    close_socket(socket_);
    answers_.clear();
    server_->registry->remove(this);
}

void HttpSession::drain() {
    asio::post(strand_, [self = shared_from_this()] {
        if (const auto successor = self->successor_.lock()) return successor->drain();
        if (self->closed_) return;
        self->draining_ = true;
        self->advance();
    });
}

void HttpSession::cut() {
    asio::post(strand_, [self = shared_from_this()] {
        if (const auto successor = self->successor_.lock()) return successor->cut();
        self->finish();
    });
}

}  // namespace lockstep::net
