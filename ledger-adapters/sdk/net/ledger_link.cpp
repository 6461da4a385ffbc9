#include "sdk/net/ledger_link.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "sdk/codec/json.h"
#include "sdk/machine/stream_reader.h"
#include "sdk/net/message_signature.h"

namespace lockstep::net {
namespace {

constexpr JsonLimits problem_limits{.max_size = 64 * 1024, .max_depth = 8};

std::optional<Reason> reason_in(std::string_view problem) {
    const auto json = parse_json(problem, problem_limits);
    return json ? reason_from_string((*json)["code"].text_or("")) : std::nullopt;
}

// Why a ledger ended or did not open a stream, where it said so.
std::optional<Reason> reason_of(const WebSocketClosed& closed) {
    if (closed.cause == CloseCause::refused) return reason_in(closed.detail);
    return reason_from_string(closed.detail);
}

}  // namespace

WebSocketLimits ledger_stream_limits() {
    WebSocketLimits limits;
    limits.max_message_bytes = max_stream_frame_octets;
    return limits;
}

Result<Bytes> reply_of(HttpResponse response, bool is_foreign) {
    if (response.status == 200) return std::move(response.body);
    if (is_foreign) return refuse(Reason::outcome_unknown);
    if (const auto reason = reason_in(as_text(response.body))) return refuse(*reason);
    return refuse(Reason::outcome_unknown);
}

struct LedgerLink::Impl : std::enable_shared_from_this<LedgerLink::Impl> {
    Impl(Ports p, LedgerLinkSettings s, Deliver d)
        : ports(std::move(p)), settings(std::move(s)), deliver(std::move(d)) {}

    void post(Request request) {
        HttpRequest http;
        http.method = request.body.empty() ? "GET" : "POST";
        http.target = request.path;
        if (!request.body.empty()) {
            set_header(http.headers, "content-type", "application/octet-stream");
            http.body = std::move(request.body);
        }
        if (settings.authorization)
            if (std::string value = settings.authorization(); !value.empty())
                set_header(http.headers, "authorization", std::move(value));
        ports.http.request(settings.url, std::move(http),
                           std::max(settings.timeout, request.patience),
                           [self = weak_from_this(), id = request.id,
                            is_foreign = request.is_foreign](auto answer) {
                               if (const auto link = self.lock())
                                   link->replied(id, is_foreign, std::move(answer));
                           });
    }

    void replied(std::uint64_t id, bool is_foreign, Result<HttpResponse, ClientError> answer) {
        Reply reply{id, answer ? reply_of(std::move(*answer), is_foreign)
                               : Result<Bytes>(refuse(answer.error().reason))};
        const std::lock_guard lock(mutex);
        if (stopped) return;
        if (!answer) ++counters.failed;
        if (!deliver(std::move(reply))) ++counters.refused_deliveries;
    }

    void subscribe(const std::string& target) {
        HttpRequest opening;
        opening.target = target;
        std::array<std::uint8_t, nonce_size> nonce{};
        std::uint64_t number = 0;
        WebSocketPtr before;
        {
            const std::lock_guard lock(mutex);
            number = ++stream;
            ++counters.subscriptions;
            before = std::exchange(socket, nullptr);
            ports.random.fill(nonce);
        }
        if (before) before->close();
        sign_request(opening, {"http", settings.url.authority()}, *ports.signer, ports.clock.now(),
                     nonce);
        Url url = settings.url;
        url.target = target;
        const auto self = weak_from_this();
        WebSocketHandlers handlers;
        handlers.on_message = [self, number](const WebSocketPtr& from, ByteView body, MessageKind) {
            if (const auto link = self.lock()) link->framed(number, from, body);
        };
        handlers.on_close = [self, number](const WebSocketPtr&, const WebSocketClosed& closed) {
            if (const auto link = self.lock()) link->ended(number, reason_of(closed));
        };
        auto opened =
            ports.websockets.connect(url, std::move(opening.headers), std::move(handlers));
        const std::lock_guard lock(mutex);
        if (number == stream) socket = std::move(opened);
    }

    void framed(std::uint64_t number, const WebSocketPtr& from, ByteView body) {
        bool taken = true;
        {
            const std::lock_guard lock(mutex);
            if (stopped || number != stream) return;
            ++counters.frames;
            taken = deliver(StreamFrame{Bytes(body.begin(), body.end())});
            if (!taken) ++counters.refused_deliveries;
        }
        if (taken) return;
        ended(number, std::nullopt);
        from->close(close_try_again);
    }

    // Said once for each stream: what follows under its number is not heard.
    void ended(std::uint64_t number, std::optional<Reason> reason) {
        const std::lock_guard lock(mutex);
        if (stopped || number != stream) return;
        ++stream;
        socket.reset();
        offer_end(stream, reason);
    }

    void offer_end(std::uint64_t after, std::optional<Reason> reason) {
        if (deliver(StreamDown{reason})) return;
        ++counters.refused_deliveries;
        ports.loop.after(settings.retry_deliver, [self = weak_from_this(), after, reason] {
            const auto link = self.lock();
            if (!link) return;
            const std::lock_guard lock(link->mutex);
            if (!link->stopped && link->stream == after) link->offer_end(after, reason);
        });
    }

    void stop() {
        WebSocketPtr last;
        {
            const std::lock_guard lock(mutex);
            stopped = true;
            last = std::exchange(socket, nullptr);
        }
        if (last) last->close(close_going_away);
    }

    const Ports ports;
    const LedgerLinkSettings settings;
    const Deliver deliver;

    std::mutex mutex;  // also held while delivering, so that nothing comes out of order
    bool stopped = false;
    std::uint64_t stream = 0;  // of the present subscription; words of earlier ones are not heard
    WebSocketPtr socket;
    Counters counters;
};

LedgerLink::LedgerLink(Ports ports, LedgerLinkSettings settings, Deliver deliver)
    : impl_(std::make_shared<Impl>(std::move(ports), std::move(settings), std::move(deliver))) {}

LedgerLink::~LedgerLink() {
    stop();
}

void LedgerLink::send(Request request) {
    if (request.subscribe) return impl_->subscribe(request.path);
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->stopped) return;
        ++impl_->counters.requests;
    }
    impl_->post(std::move(request));
}

void LedgerLink::stop() {
    impl_->stop();
}

LedgerLink::Counters LedgerLink::counters() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->counters;
}

}  // namespace lockstep::net
