#include "sdk/net/dial.h"

#include <boost/asio/connect.hpp>

namespace lockstep::net {

std::shared_ptr<Dial> Dial::start(const Strand& strand, const Url& url, Duration timeout,
                                  Done done) {
    auto dial = std::make_shared<Dial>(strand);
    dial->name_ = host_and_port(url.host, url.port);
    dial->done_ = std::move(done);
    dial->timer_.expires_after(to_chrono(timeout));
    dial->timer_.async_wait([dial](error_code error) {
        if (!error) dial->finish(unexpected{"no connection to " + dial->name_ + " in time"});
    });
    error_code error;
    const auto address = asio::ip::make_address(url.host, error);
    if (!error) {
        dial->connect({tcp::endpoint{address, url.port}});
        return dial;
    }
    dial->resolver_.async_resolve(
        url.host, std::to_string(url.port), Resolver::numeric_service,
        [dial](error_code failed, const Resolver::results_type& results) {
            if (!dial->done_) return;
            if (failed)
                return dial->finish(unexpected{"the name of " + dial->name_ +
                                               " does not resolve: " + failed.message()});
            std::vector<tcp::endpoint> to;
            for (const auto& result : results)
                to.push_back(result.endpoint());
            dial->connect(std::move(to));
        });
    return dial;
}

void Dial::connect(std::vector<tcp::endpoint> to) {
    to_ = std::move(to);
    asio::async_connect(
        socket_, to_, [self = shared_from_this()](error_code error, const tcp::endpoint&) {
            if (!self->done_) return;
            if (error)
                return self->finish(
                    unexpected{"no connection to " + self->name_ + ": " + error.message()});
            error_code ignored;
            self->socket_.set_option(tcp::no_delay{true}, ignored);
            self->finish(std::move(self->socket_));
        });
}

void Dial::finish(Result<Socket, std::string> result) {
    if (!done_) return;
    const Done done = std::move(done_);
    cancel();
    done(std::move(result));
}

void Dial::cancel() {
    done_ = nullptr;
    timer_.cancel();
    resolver_.cancel();
    close_socket(socket_);
}

}  // namespace lockstep::net
