#include "connector/node/peer_port.h"

#include <algorithm>

namespace lockstep::node {

namespace {

// A peer that is up answers after one commit; one that is not is asked again.
constexpr Duration batch_timeout = Duration::seconds(5);

Result<assembly::PeerAck> read_reply(const Result<net::HttpResponse, net::ClientError>& answer) {
    if (!answer) return refuse(answer.error().reason);
    if (answer->status != 200) return refuse(Reason::unavailable);
    return assembly::decode_ack(answer->body);
}

}  // namespace

PeerSender::PeerSender(Parts parts, const std::vector<PeerAddress>& peers)
    : parts_(std::move(parts)) {
    for (const PeerAddress& peer : peers) {
        if (peer.url) urls_.emplace(peer.key, *peer.url);
    }
}

void PeerSender::send(assembly::PeerSend batch) {
    parts_.loop.post([this, batch = std::move(batch)]() mutable {
        const auto url = urls_.find(batch.peer);
        if (url == urls_.end())
            parts_.replied({batch.peer, batch.batch, refuse(Reason::unknown_peer)});
        else
            post(url->second, std::move(batch));
    });
}

void PeerSender::post(const net::Url& url, assembly::PeerSend batch) {
    net::HttpRequest request;
    request.method = "POST";
    request.target = peer_path;
    request.body = std::move(batch.body);
    net::set_header(request.headers, "content-type", "application/octet-stream");
    std::array<std::uint8_t, net::nonce_size> nonce{};
    fill_random(nonce);
    net::sign_request(request, {url.scheme, url.authority()}, *parts_.signer, parts_.clock.now(),
                      nonce);
    parts_.http.request(url, std::move(request), batch_timeout,
                        [this, peer = batch.peer, number = batch.batch](
                            const Result<net::HttpResponse, net::ClientError>& answer) {
                            parts_.replied({peer, number, read_reply(answer)});
                        });
}

Result<assembly::CheckedBatch, net::HttpResponse> receive_batch(const net::HttpRequest& request,
                                                                Timestamp now,
                                                                net::RequestVerifier& verifier,
                                                                const core::NodeConfig& config,
                                                                const SignatureScheme& scheme) {
    const auto refused = [](Reason reason, std::string_view detail = {}) {
        return unexpected<net::HttpResponse>(net::problem(reason, detail));
    };
    const auto is_peer = [&](const PublicKey& key) {
        return std::any_of(config.peers.begin(), config.peers.end(),
                           [&](const core::PeerConfig& peer) { return peer.key == key; });
    };
    const auto key = verifier.verify(request, now, is_peer);
    if (!key) return refused(key.error().reason, key.error().detail);
    auto batch = assembly::decode_batch(request.body);
    if (!batch) return refused(batch.error());
    if (batch->sender != *key) return refused(Reason::not_permitted);
    return assembly::check_batch(std::move(*batch), scheme);
}

}  // namespace lockstep::node
