// Resolves a host and connects to it within a time, for the clients of this folder.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "sdk/base/result.h"
#include "sdk/net/asio_types.h"

namespace lockstep::net {

class Dial : public std::enable_shared_from_this<Dial> {
public:
    // What was tried and why it failed.
    using Done = std::function<void(Result<Socket, std::string>)>;

    // All functions, and the call of `done`, on the strand.
    static std::shared_ptr<Dial> start(const Strand& strand, const Url& url, Duration timeout,
                                       Done done);
    // `done` will not be called.
    void cancel();

    explicit Dial(const Strand& strand) : resolver_(strand), socket_(strand), timer_(strand) {}

private:
    using Resolver = asio::ip::basic_resolver<tcp, Strand>;
    void connect(std::vector<tcp::endpoint> to);
    void finish(Result<Socket, std::string> result);

    Resolver resolver_;
    Socket socket_;
    Timer timer_;
    std::string name_;
    std::vector<tcp::endpoint> to_;
    Done done_;
};

}  // namespace lockstep::net
