// The Asio types of this folder. For .cpp files alone: no public header includes it.
// Each connection runs on a strand, so that its functions never overlap on a loop of many threads.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <string>

#include "sdk/base/time.h"
#include "sdk/net/url.h"

namespace lockstep::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<tcp, Strand>;
using SteadyClock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Strand>;

// Far beyond any use; keeps sums with the clock's epoch in range.
constexpr Duration longest_delay = Duration::seconds(10LL * 365 * 24 * 3600);

inline SteadyClock::duration to_chrono(Duration duration) {
    const Duration bounded = duration > longest_delay ? longest_delay : duration;
    return std::chrono::microseconds{bounded.us()};
}

inline std::string remote_text(const Socket& socket) {
    error_code error;
    const auto end = socket.remote_endpoint(error);
    return error ? std::string{} : host_and_port(end.address().to_string(), end.port());
}

inline void close_socket(Socket& socket) {
    error_code ignored;
    socket.close(ignored);
}

}  // namespace lockstep::net
