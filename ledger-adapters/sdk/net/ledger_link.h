// Carries the requests of one adapter to the HTTP interface of its ledger, and what comes back to
// the adapter's owner. It decides nothing: pauses, repeats and beliefs are the adapter's.
#pragma once

#include <functional>
#include <memory>

#include "sdk/machine/adapter.h"
#include "sdk/machine/ports.h"
#include "sdk/net/basic_login.h"
#include "sdk/net/http_client.h"
#include "sdk/net/websocket_client.h"

namespace lockstep::net {

struct LedgerLinkSettings {
    Url url;  // http://host:port
    // From the request to the whole answer, or its own patience where that is longer; below the
    // adapter's own reply_timeout.
    Duration timeout = Duration::seconds(5);
    // Pause before the end of a stream is offered again to an owner without room.
    Duration retry_deliver = Duration::milliseconds(20);
    // For a ledger that wants a name and a password, as Bitcoin's nodes do; most have signatures
    // inside instead.
    Authorization authorization = nullptr;
};

class LedgerLink {
public:
    // Takes a Reply, StreamFrame or StreamDown, from a thread of the loop, one call at a time.
    // False when there is no room: a reply is then forgotten (the adapter asks again), a frame ends
    // the stream, and the stream's end is offered until it is taken. It must not call the link.
    using Deliver = std::function<bool(AdapterInput)>;

    // All of them outlive the link. The signer is the one of the ledger account's key; it signs the
    // opening of the stream (RFC 9421), everything else is signed inside.
    struct Ports {
        IoLoop& loop;
        HttpClient& http;
        WebSocketClient& websockets;
        const Clock& clock;
        Random& random;
        std::shared_ptr<const Signer> signer;
    };

    LedgerLink(Ports ports, LedgerLinkSettings settings, Deliver deliver);
    // As stop().
    ~LedgerLink();
    LedgerLink(const LedgerLink&) = delete;
    LedgerLink& operator=(const LedgerLink&) = delete;

    // From any thread. Every request but a subscription gets one Reply, unless there was no room.
    // A subscription ends the one before, without a word.
    void send(Request request);

    // Nothing is delivered after it returns.
    void stop();

    struct Counters {
        std::uint64_t requests = 0;
        std::uint64_t failed = 0;  // without an answer of the ledger
        std::uint64_t frames = 0;
        std::uint64_t subscriptions = 0;
        std::uint64_t refused_deliveries = 0;
    };
    Counters counters() const;

    struct Impl;

private:
    std::shared_ptr<Impl> impl_;
};

// For the WebSocketClient of a link: a frame may hold a whole block with its proofs (4 MiB of
// instructions, and at most as much again for paths and twice for leaves).
WebSocketLimits ledger_stream_limits();

// What an answer of a ledger means: the octets of a 200, else the code of its problem document. An
// answer without one, as a proxy may give, tells nothing about what became of the request:
// outcome_unknown, for a 503 too, which some give when the connection broke behind the request. Of
// a foreign service no document is believed.
Result<Bytes> reply_of(HttpResponse response, bool is_foreign = false);

}  // namespace lockstep::net
