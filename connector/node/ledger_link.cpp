#include "connector/node/ledger_link.h"

#include <mutex>

#include "sdk/codec/json.h"
#include "sdk/net/message_signature.h"

namespace lockstep::node {

namespace {

// Longer than a busy ledger takes; adapters have their own, shorter, patience.
constexpr Duration request_timeout = Duration::seconds(15);

// The reason's word in a problem document.
Reason reason_of(ByteView body, int status) {
    if (const auto json = parse_json(as_text(body))) {
        if (const auto reason = reason_from_string((*json)["code"].text_or(""))) return *reason;
    }
    // Without a word of the ledger's, only an answer that blames the request is a refusal.
    return status >= 400 && status < 500 ? Reason::malformed : Reason::outcome_unknown;
}

}  // namespace

struct LedgerLink::State : std::enable_shared_from_this<LedgerLink::State> {
    explicit State(Parts&& given) : parts(std::move(given)) {}

    void call(Request request) {
        net::HttpRequest call;
        call.method = request.body.empty() ? "GET" : "POST";
        call.target = request.path;
        if (!request.body.empty())
            net::set_header(call.headers, "content-type", "application/octet-stream");
        call.body = std::move(request.body);
        const std::uint64_t id = request.id;
        const std::weak_ptr<State> weak = weak_from_this();
        parts.http.request(parts.url, std::move(call), request_timeout,
                           [weak, id](Result<net::HttpResponse, net::ClientError> answer) {
                               if (const auto self = weak.lock())
                                   self->replied(id, std::move(answer));
                           });
    }

    void replied(std::uint64_t id, Result<net::HttpResponse, net::ClientError> answer) {
        Result<Bytes> body = refuse(Reason::unavailable);
        if (!answer) {
            // An overloaded client sent nothing either.
            const bool unsent = answer.error().reason != Reason::outcome_unknown;
            body = refuse(unsent ? Reason::unavailable : Reason::outcome_unknown);
        } else if (answer->status == 200) {
            body = std::move(answer->body);
        } else {
            body = refuse(reason_of(answer->body, answer->status));
        }
        parts.deliver(Reply{id, std::move(body)});
    }

    void subscribe(const Request& request) {
        net::Url url = parts.url;
        url.target = request.path;
        net::HttpRequest upgrade;
        upgrade.method = "GET";
        upgrade.target = request.path;
        std::array<std::uint8_t, net::nonce_size> nonce{};
        fill_random(nonce);
        net::sign_request(upgrade, {url.scheme, url.authority()}, *parts.signer, parts.clock.now(),
                          nonce);
        std::uint64_t mine = 0;
        net::WebSocketPtr old;
        {
            const std::lock_guard lock(mutex);
            mine = ++subscription;
            old = std::move(socket);
        }
        if (old) old->close();
        const std::weak_ptr<State> weak = weak_from_this();
        net::WebSocketHandlers handlers;
        handlers.on_message = [weak, mine](const net::WebSocketPtr&, ByteView frame,
                                           net::MessageKind) {
            const auto self = weak.lock();
            if (self && self->is_current(mine))
                self->parts.deliver(StreamFrame{Bytes(frame.begin(), frame.end())});
        };
        handlers.on_close = [weak, mine](const net::WebSocketPtr&,
                                         const net::WebSocketClosed& closed) {
            const auto self = weak.lock();
            if (!self || !self->is_current(mine)) return;
            std::optional<Reason> refused;
            if (closed.cause == net::CloseCause::refused)
                refused = reason_of(as_bytes(closed.detail), closed.status);
            self->parts.deliver(StreamDown{refused});
        };
        auto opened = parts.sockets.connect(url, upgrade.headers, std::move(handlers));
        const std::lock_guard lock(mutex);
        if (subscription == mine) socket = std::move(opened);
    }

    bool is_current(std::uint64_t mine) {
        const std::lock_guard lock(mutex);
        return subscription == mine;
    }

    Parts parts;
    std::mutex mutex;
    std::uint64_t subscription = 0;
    net::WebSocketPtr socket;
};

LedgerLink::LedgerLink(Parts parts) : state_(std::make_shared<State>(std::move(parts))) {}
LedgerLink::~LedgerLink() = default;

// Not on the caller's thread, which runs the node: signing a subscription takes its time.
void LedgerLink::send(Request request) {
    if (!request.subscribe) return state_->call(std::move(request));
    const std::weak_ptr<State> weak = state_;
    state_->parts.loop.post([weak, request = std::move(request)] {
        if (const auto state = weak.lock()) state->subscribe(request);
    });
}

}  // namespace lockstep::node
