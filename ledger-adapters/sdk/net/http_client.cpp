#include "sdk/net/http_client.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/net/http_client_impl.h"
#include "sdk/net/wire.h"

namespace lockstep::net {
namespace {

ClientError error_of(Reason reason, std::string detail) {
    return {reason, std::move(detail)};
}

}  // namespace

HttpClient::HttpClient(IoLoop& loop, ClientLimits limits)
    : impl_(std::make_shared<Impl>(loop.impl(), limits)) {}

HttpClient::~HttpClient() {
    stop();
}

void HttpClient::request(const Url& base, HttpRequest request, Duration timeout,
                         HttpCallback callback) {
    auto job = std::make_shared<ClientJob>(impl_->strand);
    job->url = base;
    job->head_only = request.method == "HEAD";
    job->repeatable = request.method == "GET" || job->head_only;
    job->callback = std::move(callback);
    auto head = base.scheme == "http" ? request_head(request, base.authority()) : std::nullopt;
    if (head) job->head = std::move(*head);
    job->body = std::move(request.body);
    job->timer.expires_after(to_chrono(timeout));
    asio::post(impl_->strand, [impl = impl_, job = std::move(job)] { impl->submit(job); });
}

void HttpClient::stop() {
    impl_->gate.shut();
    asio::post(impl_->strand, [impl = impl_] { impl->close_all(); });
}

void HttpClient::Impl::submit(JobPtr job) {
    if (stopped) return;
    if (job->head.empty())
        return answer(job,
                      unexpected{error_of(Reason::malformed,
                                          "the request cannot be sent to " + job->url.origin() +
                                              ": its method, target or a field is malformed, "
                                              "or the scheme is not http")});
    const std::string key = host_and_port(job->url.host, job->url.port);
    auto found = hosts.find(key);
    if (found == hosts.end()) {
        if (hosts.size() >= limits.max_hosts)
            return answer(job, unexpected{error_of(Reason::overloaded, "too many hosts at once")});
        found = hosts.try_emplace(key).first;
    }
    if (found->second.waiting.size() >= limits.max_waiting_per_host)
        return answer(
            job, unexpected{error_of(Reason::overloaded, "too many requests wait for " + key)});
    job->timer.async_wait([self = shared_from_this(), job](error_code error) {
        if (!error) self->out_of_time(job);
    });
    found->second.waiting.push_back(std::move(job));
    pump(key);
    if (!sweeping) {
        sweeping = true;
        sweep();
    }
}

// Gives waiting requests to idle connections, and opens new ones for the rest.
void HttpClient::Impl::pump(const std::string& key) {
    const auto found = hosts.find(key);
    if (found == hosts.end()) return;
    ClientHost& host = found->second;
    while (!host.waiting.empty() && !host.idle.empty()) {
        auto connection = std::move(host.idle.back());
        host.idle.pop_back();
        assign(host, std::move(connection));
    }
    while (host.waiting.size() > host.dialling.size() &&
           host.connections() < limits.max_connections_per_host)
        dial(key, host.waiting.front());
    forget_if_unused(key);
}

void HttpClient::Impl::dial(const std::string& key, const JobPtr& job) {
    // Weak on both sides, so that nothing holds itself when the loop ends before the dial does.
    const auto cell = std::make_shared<std::weak_ptr<Dial>>();
    const auto handle =
        Dial::start(strand, job->url, limits.connect_timeout,
                    [weak = weak_from_this(), key, cell](Result<Socket, std::string> socket) {
                        const auto self = weak.lock();
                        if (!self) return;
                        const auto host = self->hosts.find(key);
                        if (host != self->hosts.end()) host->second.dialling.erase(cell->lock());
                        self->dialled(key, std::move(socket));
                    });
    *cell = handle;
    hosts[key].dialling.insert(handle);
}

void HttpClient::Impl::dialled(const std::string& key, Result<Socket, std::string> socket) {
    if (stopped) return;
    const auto found = hosts.find(key);
    if (found == hosts.end()) return;
    ClientHost& host = found->second;
    if (socket) {
        auto connection =
            std::make_shared<ClientConnection>(key, std::move(*socket), shared_from_this());
        connection->begin();
        connection->idle_since = SteadyClock::now();
        host.idle.push_back(std::move(connection));
    } else if (host.idle.empty() && host.busy.empty() && !host.waiting.empty()) {
        // While other connections work, the request waits for one of them.
        const JobPtr job = std::move(host.waiting.front());
        host.waiting.pop_front();
        answer(job, unexpected{error_of(Reason::unavailable, std::move(socket.error()))});
    }
    pump(key);
}

void HttpClient::Impl::assign(ClientHost& host, std::shared_ptr<ClientConnection> connection) {
    ASSERT(!host.waiting.empty());
    if (!connection->send(host.waiting.front())) {
        connection->close();
        return;
    }
    host.waiting.pop_front();
    host.busy.insert(std::move(connection));
}

void HttpClient::Impl::out_of_time(const JobPtr& job) {
    if (!job->callback) return;
    const std::string key = host_and_port(job->url.host, job->url.port);
    const auto found = hosts.find(key);
    if (const auto connection = job->connection.lock()) {
        if (found != hosts.end()) found->second.busy.erase(connection);
        connection->close();
        answer(job,
               unexpected{error_of(Reason::outcome_unknown, "no answer from " + key + " in time")});
    } else {
        if (found != hosts.end()) std::erase(found->second.waiting, job);
        answer(job, unexpected{error_of(Reason::unavailable,
                                        "no connection to " + key + " was free in time")});
    }
    pump(key);
}

void HttpClient::Impl::answer(const JobPtr& job, Result<HttpResponse, ClientError> result) {
    if (!job->callback) return;
    job->timer.cancel();
    job->connection.reset();
    const HttpCallback callback = std::move(job->callback);
    job->callback = nullptr;
    gate.run([&] { callback(std::move(result)); });
}

void HttpClient::Impl::completed(const std::shared_ptr<ClientConnection>& connection,
                                 const JobPtr& job, HttpResponse response, bool reusable) {
    const std::string key = connection->key;
    const auto found = hosts.find(key);
    if (found != hosts.end()) {
        found->second.busy.erase(connection);
        if (reusable && !stopped) {
            connection->idle_since = SteadyClock::now();
            found->second.idle.push_back(connection);
        }
    }
    if (!reusable) connection->close();
    answer(job, std::move(response));
    pump(key);
}

void HttpClient::Impl::broke(const std::shared_ptr<ClientConnection>& connection, const JobPtr& job,
                             const Broken& how) {
    const std::string key = connection->key;
    const auto found = hosts.find(key);
    if (found != hosts.end()) {
        found->second.busy.erase(connection);
        std::erase(found->second.idle, connection);
    }
    if (job && job->callback) {
        job->connection.reset();
        // A kept connection that the server closed as the request came: RFC 9110 section 9.2.2.
        const bool again = how.reused && !how.heard && !job->repeated &&
                           (job->repeatable || !how.written) && found != hosts.end();
        if (again) {
            job->repeated = true;
            found->second.waiting.push_front(job);
        } else {
            answer(job,
                   unexpected{error_of(how.written ? Reason::outcome_unknown : Reason::unavailable,
                                       "the connection to " + key + " broke: " + how.why)});
        }
    }
    pump(key);
}

void HttpClient::Impl::forget_if_unused(const std::string& key) {
    const auto found = hosts.find(key);
    if (found != hosts.end() && found->second.waiting.empty() && found->second.connections() == 0)
        hosts.erase(found);
}

// Drops connections that were idle for too long; ends when there is nothing left to look after.
void HttpClient::Impl::sweep() {
    sweep_timer.expires_after(to_chrono(limits.idle_timeout) / 4);
    sweep_timer.async_wait([self = shared_from_this()](error_code error) {
        if (error || self->stopped) return;
        const auto oldest = SteadyClock::now() - to_chrono(self->limits.idle_timeout);
        for (auto host = self->hosts.begin(); host != self->hosts.end();) {
            auto& idle = host->second.idle;
            std::erase_if(idle, [&](const auto& connection) {
                if (connection->idle_since > oldest) return false;
                connection->close();
                return true;
            });
            const bool unused = host->second.waiting.empty() && host->second.connections() == 0;
            host = unused ? self->hosts.erase(host) : std::next(host);
        }
        self->sweeping = !self->hosts.empty();
        if (self->sweeping) self->sweep();
    });
}

void HttpClient::Impl::close_all() {
    stopped = true;
    sweep_timer.cancel();
    const auto drop = [](const JobPtr& job) {
        if (!job) return;
        job->timer.cancel();
        job->callback = nullptr;
    };
    for (auto& [key, host] : hosts) {
        for (const auto& dial : host.dialling)
            dial->cancel();
        for (const auto& connection : host.idle)
            connection->close();
        for (const auto& connection : host.busy)
            drop(connection->close());
        for (const auto& job : host.waiting)
            drop(job);
    }
    hosts.clear();
}

}  // namespace lockstep::net
