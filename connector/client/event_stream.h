// Follows a node's events from a cursor, each once and in order, across lost connections and
// restarts of the node.
#pragma once

#include <functional>
#include <memory>

#include "connector/client/api_client.h"

namespace lockstep::client {

class EventStream {
public:
    // On a thread of the loop, one at a time.
    using OnEvent = std::function<void(const EventView&)>;
    // Each time a connection could not be made or was lost; it is tried again by itself.
    using OnTrouble = std::function<void(const Failure&)>;

    // Everything after event number `cursor`; 0 from the first.
    EventStream(net::IoLoop& loop, ApiAccess access, std::uint64_t cursor, OnEvent on_event,
                OnTrouble on_trouble = {});
    // As stop().
    ~EventStream();
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    // The number of the last event that was handed over.
    std::uint64_t cursor() const;
    // No callback begins after it returns, unless it is called from one.
    void stop();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep::client
