#include <boost/asio/write.hpp>

#include "sdk/base/assert.h"
#include "sdk/net/http_client_impl.h"

namespace lockstep::net {

ClientConnection::ClientConnection(std::string k, Socket socket,
                                   const std::shared_ptr<HttpClient::Impl>& client)
    : key(std::move(k)),
      socket_(std::move(socket)),
      client_(client),
      reader_({client->limits.max_header_bytes, client->limits.max_body_bytes}) {}

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
    if (closed_ || reader_.buffered() != 0 || !peer_is_there()) return false;
    job_ = job;
    job_->connection = weak_from_this();
    heard_ = false;
    written_ = 0;
    reader_.expect(job_->head_only);
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

void ClientConnection::read() {
    const auto room = reader_.prepare(read_chunk);
    socket_.async_read_some(
        asio::buffer(room.data(), room.size()),
        [self = shared_from_this()](error_code error, std::size_t n) {
            if (self->closed_) return;
            if (!error) {
                self->reader_.commit(n);
                return self->received();
            }
            if (error != asio::error::eof) return self->fail(error.message());
            if (self->job_ && self->reader_.end() == ResponseReader::Step::complete)
                return self->complete();
            self->fail(self->job_ ? self->reader_.broken_because() : "closed by the server");
        });
}

void ClientConnection::received() {
    if (!job_) return fail("the server sent what nobody asked for");
    heard_ = true;
    switch (reader_.next()) {
        case ResponseReader::Step::needs_more:
            return read();
        case ResponseReader::Step::complete:
            return complete();
        case ResponseReader::Step::broken:
            return fail(reader_.broken_because());
    }
}

void ClientConnection::complete() {
    ResponseReader::Taken taken = reader_.take();
    // An answer before the whole request was sent leaves the rest of it on the connection.
    const bool reusable = taken.keep_alive && !writing_;
    const JobPtr job = std::move(job_);
    job_ = nullptr;
    ++served_;
    if (reusable) read();
    const auto client = client_.lock();
    if (!client) return close_socket(socket_);
    client->completed(shared_from_this(), job, std::move(taken.response), reusable);
}

void ClientConnection::fail(const std::string& why) {
    const auto self = shared_from_this();
    if (!failed_) failed_ = why;
    const std::string reason = *failed_;
    closed_ = true;
    close_socket(socket_);
    if (writing_) return;  // it tells soon how much was sent
    failed_.reset();
    const JobPtr job = std::move(job_);
    job_ = nullptr;
    if (const auto client = client_.lock())
        client->broke(self, job, {served_ != 0, written_ != 0, heard_, reason});
}

JobPtr ClientConnection::close() {
    closed_ = true;
    failed_.reset();
    close_socket(socket_);
    return std::exchange(job_, nullptr);
}

}  // namespace lockstep::net
