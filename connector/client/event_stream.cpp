#include "connector/client/event_stream.h"

#include <mutex>

#include "sdk/net/http.h"

namespace lockstep::client {

// Shared with the link's callbacks, which may still run while the stream is destroyed.
struct EventStream::Place {
    std::mutex mutex;
    std::uint64_t cursor = 0;
    bool stopped = false;
};

EventStream::EventStream(net::IoLoop& loop, ApiAccess access, std::uint64_t cursor,
                         OnEvent on_event, OnTrouble on_trouble,
                         const std::optional<std::string>& kinds)
    : place_(std::make_shared<Place>()) {
    place_->cursor = cursor;
    const auto target = [place = place_, kinds] {
        const std::lock_guard lock(place->mutex);
        return "/v1/events?cursor=" + std::to_string(place->cursor) +
               (kinds ? "&kinds=" + net::percent_encode(*kinds) : "");
    };
    const auto take = [place = place_, on_event = std::move(on_event)](const Json& message) {
        const auto* events = message["events"].as_array();
        if (events == nullptr) return;
        for (const Json& item : *events) {
            const EventView event = read_event(item);
            {
                const std::lock_guard lock(place->mutex);
                if (place->stopped || event.number <= place->cursor) continue;
                place->cursor = event.number;
            }
            on_event(event);
        }
    };
    link_ =
        std::make_unique<StreamLink>(loop, std::move(access), target, take, std::move(on_trouble));
    link_->start();  // not before a callback finds the link
}

EventStream::~EventStream() {
    stop();
}

std::uint64_t EventStream::cursor() const {
    const std::lock_guard lock(place_->mutex);
    return place_->cursor;
}

void EventStream::stop() {
    {
        const std::lock_guard lock(place_->mutex);
        place_->stopped = true;
    }
    link_->stop();
}

}  // namespace lockstep::client
