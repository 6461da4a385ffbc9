// The event stream: each reader gets every event after its cursor that it may see, once, in order,
// without a gap. History comes from the records, the rest as it becomes durable; a slow reader is
// waited for, and cut off by its connection's limits.
//
// A message is {"events": [...]}, at most 256 of them.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <set>

#include "connector/core/records.h"
#include "sdk/machine/store.h"
#include "sdk/net/http_server.h"

namespace lockstep::api {

constexpr std::size_t max_feed_readers = 256;
constexpr std::size_t max_events_per_message = 256;
// Recent events in memory, so that live readers cost no read of the disk.
constexpr std::size_t max_recent_events = 16'384;

class EventFeed {
public:
    EventFeed(const RecordReader& records, net::IoLoop& loop);
    ~EventFeed();
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;

    // Of these kinds alone.
    using Kinds = std::set<core::EventKind>;
    void accept(const net::WebSocketAccept& accept, std::uint64_t cursor, Kinds kinds);
    // A durable event; numbers grow by one.
    void publish(std::uint64_t number, ByteView event);
    void stop();

    struct State;

private:
    std::shared_ptr<State> state_;
};

}  // namespace lockstep::api
