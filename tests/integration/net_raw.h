// Plain blocking sockets for tests that must send what no client of ours would, and a list of
// events that tests wait on.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockstep::net_test {

constexpr int patience_ms = 5000;

class RawSocket {
public:
    RawSocket() = default;
    explicit RawSocket(int fd) : fd_(fd) {}
    ~RawSocket() { close(); }
    RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    RawSocket& operator=(RawSocket&& other) noexcept {
        close();
        fd_ = std::exchange(other.fd_, -1);
        return *this;
    }
    RawSocket(const RawSocket&) = delete;
    RawSocket& operator=(const RawSocket&) = delete;

    static RawSocket connect(std::uint16_t port, int receive_buffer = 0,
                             const char* source = "127.0.0.1") {
        RawSocket s{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_in from = address(0);
        ::inet_pton(AF_INET, source, &from.sin_addr);
        if (::bind(s.fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) s.close();
        if (receive_buffer != 0)
            ::setsockopt(s.fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        const sockaddr_in to = address(port);
        if (::connect(s.fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) s.close();
        return s;
    }
    static RawSocket listen(std::uint16_t port = 0) {
        RawSocket s{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const int on = 1;
        ::setsockopt(s.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const sockaddr_in at = address(port);
        if (::bind(s.fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
            ::listen(s.fd_, 16) != 0)
            s.close();
        return s;
    }
    RawSocket accept() {
        return readable() ? RawSocket{::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)} : RawSocket{};
    }
    std::uint16_t port() const {
        sockaddr_in at{};
        socklen_t size = sizeof at;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
        return ntohs(at.sin_port);
    }

    bool valid() const { return fd_ >= 0; }
    bool send(std::string_view text) {
        while (!text.empty()) {
            const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    bool readable(int timeout_ms = patience_ms) const {
        pollfd wait{fd_, POLLIN, 0};
        return ::poll(&wait, 1, timeout_ms) > 0;
    }
    // What comes next; empty at the end, on an error, or when nothing comes.
    std::string some(int timeout_ms = patience_ms) {
        if (!readable(timeout_ms)) return {};
        char buffer[65536];
        const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
        return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string{};
    }
    // All until the end.
    std::string all() {
        std::string text;
        for (std::string more = some(); !more.empty(); more = some())
            text += more;
        return text;
    }
    // Until the text holds `mark` `times` times, or the end.
    std::string until(std::string_view mark, int times = 1) {
        std::string text;
        while (count(text, mark) < times) {
            const std::string more = some();
            if (more.empty()) break;
            text += more;
        }
        return text;
    }
    static int count(std::string_view text, std::string_view mark) {
        int found = 0;
        for (auto at = text.find(mark); at != std::string_view::npos;
             at = text.find(mark, at + mark.size()))
            ++found;
        return found;
    }
    void shutdown_write() { ::shutdown(fd_, SHUT_WR); }
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    static sockaddr_in address(std::uint16_t port) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return at;
    }
    int fd_ = -1;
};

// What happened on threads of the loop, in order.
template <class Event>
class Events {
public:
    void add(Event event) {
        const std::lock_guard lock{mutex_};
        events_.push_back(std::move(event));
        added_.notify_all();
    }
    // False when they did not come.
    bool wait(std::size_t count, int timeout_ms = patience_ms) {
        std::unique_lock lock{mutex_};
        return added_.wait_for(lock, std::chrono::milliseconds{timeout_ms},
                               [&] { return events_.size() >= count; });
    }
    std::vector<Event> all() {
        const std::lock_guard lock{mutex_};
        return events_;
    }
    // The event of that number, once it has come; an empty one when it does not.
    Event at(std::size_t index) {
        wait(index + 1);
        const std::lock_guard lock{mutex_};
        return index < events_.size() ? events_[index] : Event{};
    }
    std::size_t size() {
        const std::lock_guard lock{mutex_};
        return events_.size();
    }

private:
    std::mutex mutex_;
    std::condition_variable added_;
    std::vector<Event> events_;
};

template <class Condition>
bool eventually(Condition condition, int timeout_ms = patience_ms) {
    for (int waited = 0; waited < timeout_ms; ++waited) {
        if (condition()) return true;
        ::poll(nullptr, 0, 1);
    }
    return condition();
}

}  // namespace lockstep::net_test
