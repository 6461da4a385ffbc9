// Batches between peers over HTTP: POST /v1/peer, signed by the sender's key (RFC 9421), octets
// both ways.
#pragma once

#include <functional>
#include <map>

#include "connector/assembly/node_events.h"
#include "connector/node/settings.h"
#include "sdk/machine/ports.h"
#include "sdk/net/http_client.h"
#include "sdk/net/http_server.h"
#include "sdk/net/message_signature.h"

namespace lockstep::node {

constexpr const char* peer_path = "/v1/peer";

// Sends. The reply, or why there is none, comes once from a thread of the loop.
class PeerSender {
public:
    using Replied = std::function<void(const assembly::event::PeerReplied&)>;
    struct Parts {
        net::IoLoop& loop;
        net::HttpClient& http;
        const Clock& clock;
        std::shared_ptr<const Signer> signer;
        Replied replied;
    };
    PeerSender(Parts parts, const std::vector<PeerAddress>& peers);

    void send(assembly::PeerSend batch);

private:
    void post(const net::Url& url, assembly::PeerSend batch);

    Parts parts_;
    std::map<PublicKey, net::Url> urls_;
};

// What a request carries, verified to the last signature; or the answer that refuses it. Runs on a
// thread of the loop.
Result<assembly::CheckedBatch, net::HttpResponse> receive_batch(const net::HttpRequest& request,
                                                                Timestamp now,
                                                                net::RequestVerifier& verifier,
                                                                const core::NodeConfig& config,
                                                                const SignatureScheme& scheme);

}  // namespace lockstep::node
