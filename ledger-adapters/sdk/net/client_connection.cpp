#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include "sdk/base/assert.h"
#include "sdk/net/http_client_impl.h"

namespace lockstep::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t read_chunk = 16 * 1024;

}  // namespace

ClientConnection::ClientConnection(std::string k, Socket socket,
                                   const std::shared_ptr<HttpClient::Impl>& client)
    : key(std::move(k)), socket_(std::move(socket)), client_(client), limits_(client->limits) {}

void ClientConnection::begin() {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    read();
}

// Looks without taking anything: an end of file or an unasked-for byte means that the connection is
// of no use, although the pending read has not told so yet.
bool ClientConnection::peer_is_there() {
    char byte = 0;
    error_code error;
    socket_.receive(asio::buffer(&byte, 1), Socket::message_peek, error);
    return error == asio::error::would_block || error == asio::error::try_again;
}

bool ClientConnection::send(const JobPtr& job) {
    ASSERT(!job_);
    if (closed_ || buffer_.size() != 0 || !peer_is_there()) return false;
    job_ = job;
    job_->connection = weak_from_this();
    heard_ = false;
    written_ = 0;
    new_parser();
    writing_ = true;
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(job->head),
                                                    asio::buffer(job->body)};
    asio::async_write(socket_, buffers,
                      [self = shared_from_this(), job](error_code error, std::size_t n) {
                          self->writing_ = false;
                          self->written_ = n;
                          if (self->closed_ && !self->failed_) return;
                          if (self->failed_) return self->fail(*self->failed_);
                          if (error) self->fail(error.message());
                      });
    return true;
}

void ClientConnection::new_parser() {
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(static_cast<std::uint32_t>(limits_.max_header_bytes));
    parser_->body_limit(limits_.max_body_bytes);
    if (job_->head_only) parser_->skip(true);
}

void ClientConnection::read() {
    socket_.async_read_some(
        buffer_.prepare(read_chunk), [self = shared_from_this()](error_code error, std::size_t n) {
            if (self->closed_) return;
            if (!error) return self->received(n);
            if (error == asio::error::eof && self->job_ && self->parser_->got_some()) {
                // An answer without a length ends with the connection.
                error_code end;
                self->parser_->put_eof(end);
                if (!end && self->parser_->is_done()) return self->complete();
            }
            self->fail(error == asio::error::eof ? "closed by the server" : error.message());
        });
}

void ClientConnection::received(std::size_t n) {
    buffer_.commit(n);
    if (!job_) return fail("the server sent what nobody asked for");
    heard_ = true;
    while (buffer_.size() != 0) {
        error_code error;
        const std::size_t used = parser_->put(buffer_.data(), error);
        buffer_.consume(used);
        const bool wants_more = error == http::error::need_more;
        if (error == http::error::body_limit || error == http::error::header_limit)
            return fail("the answer exceeds the limit");
        if (error && !wants_more) return fail("not an HTTP answer: " + error.message());
        if (parser_->is_done()) {
            const unsigned status = parser_->get().result_int();
            if (status >= 200) return complete();
            if (status == 101) return fail("the server changed the protocol");
            new_parser();  // an interim answer (RFC 9110 section 15.2)
            continue;
        }
        if (buffer_.size() > limits_.max_header_bytes) return fail("the answer exceeds the limit");
        if (wants_more || used == 0) break;
    }
    read();
}

void ClientConnection::complete() {
    const bool keep_alive = parser_->keep_alive();
    auto message = parser_->release();
    HttpResponse response;
    response.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
        std::string name{field.name_string()};
        for (char& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (name == "content-type") response.content_type = std::string{field.value()};
        response.headers.emplace_back(std::move(name), std::string{field.value()});
    }
    response.body = std::move(message.body());
    // An answer before the whole request was sent leaves the rest of it on the connection.
    const bool reusable = keep_alive && !writing_ && buffer_.size() == 0;
    parser_.reset();
    const JobPtr job = std::move(job_);
    job_ = nullptr;
    ++served_;
    if (reusable) read();
    const auto client = client_.lock();
    if (!client) return close_socket(socket_);
    client->completed(shared_from_this(), job, std::move(response), reusable);
}

void ClientConnection::fail(const std::string& why) {
    const auto self = shared_from_this();
    if (!failed_) failed_ = why;
    const std::string reason = *failed_;
    closed_ = true;
    close_socket(socket_);
    if (writing_) return;  // it tells soon how much was sent
    failed_.reset();
    parser_.reset();
    const JobPtr job = std::move(job_);
    job_ = nullptr;
    if (const auto client = client_.lock())
        client->broke(self, job, {served_ != 0, written_ != 0, heard_, reason});
}

JobPtr ClientConnection::close() {
    closed_ = true;
    failed_.reset();
    close_socket(socket_);
    parser_.reset();
    return std::exchange(job_, nullptr);
}

}  // namespace lockstep::net
