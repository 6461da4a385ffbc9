#include "connector/client/stream_link.h"

#include <algorithm>
#include <mutex>

#include "sdk/net/message_signature.h"
#include "sdk/net/system_time.h"
#include "sdk/net/websocket_client.h"

namespace lockstep::client {

namespace {
constexpr Duration first_pause = Duration::milliseconds(50);
constexpr Duration longest_pause = Duration::seconds(1);

StreamLink::Trouble trouble_of(const net::WebSocketClosed& closed) {
    if (closed.cause != net::CloseCause::refused)
        return {{std::string(net::to_string(closed.cause)), closed.detail}, false};
    const Failure failure = read_problem(closed.status, closed.detail);
    const auto reason = reason_from_string(failure.code);
    return {failure, reason && !is_worth_another_try(*reason)};
}
}  // namespace

struct StreamLink::Impl : std::enable_shared_from_this<StreamLink::Impl> {
    Impl(net::IoLoop& io, ApiAccess who, Target where, OnMessage message, OnTrouble trouble)
        : loop(io),
          access(std::move(who)),
          target(std::move(where)),
          on_message(std::move(message)),
          on_trouble(std::move(trouble)),
          sockets(io) {}

    void connect() {
        {
            const std::lock_guard lock(mutex);
            if (stopped) return;
        }
        net::Url url = access.base;
        url.target = target();
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
        {
            const std::lock_guard lock(mutex);
            if (stopped) return;
            pause = first_pause;
        }
        on_message(*json);
    }

    void lost(const net::WebSocketClosed& closed) {
        Duration wait;
        {
            const std::lock_guard lock(mutex);
            if (stopped) return;
            wait = pause;
            pause = std::min(pause * 2, longest_pause);
        }
        if (on_trouble) on_trouble(trouble_of(closed));
        const std::weak_ptr<Impl> weak = weak_from_this();
        loop.after(wait, [weak] {
            if (const auto self = weak.lock()) self->connect();
        });
    }

    net::IoLoop& loop;
    const ApiAccess access;
    const Target target;
    const OnMessage on_message;
    const OnTrouble on_trouble;
    net::WebSocketClient sockets;
    std::mutex mutex;
    Duration pause = first_pause;
    bool stopped = false;
};

StreamLink::StreamLink(net::IoLoop& loop, ApiAccess access, Target target, OnMessage on_message,
                       OnTrouble on_trouble)
    : impl_(std::make_shared<Impl>(loop, std::move(access), std::move(target),
                                   std::move(on_message), std::move(on_trouble))) {}

void StreamLink::start() {
    impl_->connect();
}

StreamLink::~StreamLink() {
    stop();
}

void StreamLink::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->stopped) return;
        impl_->stopped = true;
    }
    impl_->sockets.stop();
}

}  // namespace lockstep::client
