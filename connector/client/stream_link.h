// A WebSocket to a node that is made again by itself when it is lost: what the streams of this
// folder share.
#pragma once

#include <functional>
#include <memory>

#include "connector/client/api_client.h"

namespace lockstep::client {

class StreamLink {
public:
    // Where to connect, asked each time: path and query.
    using Target = std::function<std::string()>;
    // On a thread of the loop, one at a time.
    using OnMessage = std::function<void(const Json&)>;
    // Each time a connection could not be made or was lost. It is tried again by itself, which will
    // not help where `for_good`: the node refuses this stream or this caller.
    struct Trouble {
        Failure failure;
        bool for_good = false;
    };
    using OnTrouble = std::function<void(const Trouble&)>;

    StreamLink(net::IoLoop& loop, ApiAccess access, Target target, OnMessage on_message,
               OnTrouble on_trouble);
    // Once.
    void start();
    // As stop().
    ~StreamLink();
    StreamLink(const StreamLink&) = delete;
    StreamLink& operator=(const StreamLink&) = delete;

    // No callback begins after it returns, unless it is called from one.
    void stop();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep::client
