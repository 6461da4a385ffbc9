#include "connector/client/event_stream.h"

#include <algorithm>
#include <mutex>

#include "sdk/net/message_signature.h"
#include "sdk/net/system_time.h"
#include "sdk/net/websocket_client.h"

namespace lockstep::client {

namespace {
constexpr Duration first_pause = Duration::milliseconds(50);
constexpr Duration longest_pause = Duration::seconds(1);
}  // namespace

struct EventStream::Impl : std::enable_shared_from_this<EventStream::Impl> {
    Impl(net::IoLoop& io, ApiAccess who, std::uint64_t from, OnEvent event, OnTrouble trouble)
        : loop(io),
          access(std::move(who)),
          on_event(std::move(event)),
          on_trouble(std::move(trouble)),
          sockets(io),
          cursor(from) {}

    void connect() {
        std::unique_lock lock(mutex);
        if (stopped) return;
        net::Url url = access.base;
        url.target = "/v1/events?cursor=" + std::to_string(cursor);
        lock.unlock();
        net::HttpRequest request;
        request.method = "GET";
        request.target = url.target;
        std::array<std::uint8_t, net::nonce_size> nonce{};
        fill_random(nonce);
        net::sign_request(request, {url.scheme, url.authority()}, *access.signer,
                          net::system_time(), nonce);
        net::WebSocketHandlers handlers;
        const std::weak_ptr<Impl> weak = weak_from_this();
        handlers.on_message = [weak](const net::WebSocketPtr&, ByteView frame, net::MessageKind) {
            if (const auto self = weak.lock()) self->take(frame);
        };
        handlers.on_close = [weak](const net::WebSocketPtr&, const net::WebSocketClosed& closed) {
            if (const auto self = weak.lock()) self->lost(closed);
        };
        sockets.connect(url, request.headers, std::move(handlers));
    }

    void take(ByteView frame) {
        const auto json = parse_json(as_text(frame));
        if (!json) return;
        const auto hand_over = [&](const Json& item) {
            const EventView event = read_event(item);
            {
                const std::lock_guard lock(mutex);
                if (stopped || event.number <= cursor) return;
                cursor = event.number;
                pause = first_pause;
            }
            on_event(event);
        };
        if (const auto* events = (*json)["events"].as_array()) {
            for (const Json& item : *events)
                hand_over(item);
        }
    }

    void lost(const net::WebSocketClosed& closed) {
        Duration wait;
        {
            const std::lock_guard lock(mutex);
            if (stopped) return;
            wait = pause;
            pause = std::min(pause * 2, longest_pause);
        }
        if (on_trouble) {
            on_trouble({std::string(net::to_string(closed.cause)),
                        closed.status != 0
                            ? "HTTP status " + std::to_string(closed.status) + " " + closed.detail
                            : closed.detail});
        }
        const std::weak_ptr<Impl> weak = weak_from_this();
        loop.after(wait, [weak] {
            if (const auto self = weak.lock()) self->connect();
        });
    }

    net::IoLoop& loop;
    const ApiAccess access;
    const OnEvent on_event;
    const OnTrouble on_trouble;
    net::WebSocketClient sockets;
    mutable std::mutex mutex;
    std::uint64_t cursor;
    Duration pause = first_pause;
    bool stopped = false;
};

EventStream::EventStream(net::IoLoop& loop, ApiAccess access, std::uint64_t cursor,
                         OnEvent on_event, OnTrouble on_trouble)
    : impl_(std::make_shared<Impl>(loop, std::move(access), cursor, std::move(on_event),
                                   std::move(on_trouble))) {
    impl_->connect();
}

EventStream::~EventStream() {
    stop();
}

std::uint64_t EventStream::cursor() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->cursor;
}

void EventStream::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->stopped) return;
        impl_->stopped = true;
    }
    impl_->sockets.stop();
}

}  // namespace lockstep::client
