// Follows a node's events from a cursor, each once and in order, across lost connections and
// restarts of the node.
#pragma once

#include <optional>
#include <string>

#include "connector/client/stream_link.h"

namespace lockstep::client {

class EventStream {
public:
    // On a thread of the loop, one at a time.
    using OnEvent = std::function<void(const EventView&)>;
    using OnTrouble = StreamLink::OnTrouble;

    // Everything after event number `cursor`; 0 from the first. Of these kinds, as "trade,escrow";
    // without: all that the caller may see.
    EventStream(net::IoLoop& loop, ApiAccess access, std::uint64_t cursor, OnEvent on_event,
                OnTrouble on_trouble = {}, const std::optional<std::string>& kinds = {});
    // As stop().
    ~EventStream();
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    // The number of the last event that was handed over.
    std::uint64_t cursor() const;
    // No callback begins after it returns, unless it is called from one.
    void stop();

private:
    struct Place;
    std::shared_ptr<Place> place_;
    std::unique_ptr<StreamLink> link_;
};

}  // namespace lockstep::client
