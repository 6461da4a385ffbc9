// Requests exactly as a test wants them: unsigned, signed by anybody, at any time, with any octets
// for a body; and the status and stable code of what came back.
#pragma once

#include <future>
#include <string>

#include "sdk/codec/json.h"
#include "sdk/net/http_client.h"
#include "sdk/net/message_signature.h"

namespace lockstep::test {

struct RawAnswer {
    int status = 0;    // 0: none came
    std::string code;  // of a problem document
    std::string detail;
    Bytes body;
};

class RawCaller {
public:
    RawCaller(net::IoLoop& loop, net::Url server) : server_(std::move(server)), http_(loop) {}

    RawAnswer send(net::HttpRequest request) {
        std::promise<RawAnswer> answered;
        http_.request(server_, std::move(request), Duration::seconds(10),
                      [&](const Result<net::HttpResponse, net::ClientError>& answer) {
                          answered.set_value(answer ? read(*answer) : RawAnswer{});
                      });
        return answered.get_future().get();
    }
    // A fresh nonce each time.
    void sign(net::HttpRequest& request, const Signer& signer, Timestamp at) {
        std::array<std::uint8_t, net::nonce_size> nonce;
        fill_random(nonce);
        net::sign_request(request, {server_.scheme, server_.authority()}, signer, at, nonce);
    }
    const net::Url& server() const { return server_; }

    static net::HttpRequest request(std::string method, std::string target, Bytes body = {}) {
        net::HttpRequest made;
        made.method = std::move(method);
        made.target = std::move(target);
        made.body = std::move(body);
        return made;
    }
    static Bytes octets(std::string_view text) { return {text.begin(), text.end()}; }

private:
    static RawAnswer read(const net::HttpResponse& response) {
        RawAnswer answer;
        answer.status = response.status;
        answer.body = response.body;
        if (response.content_type != "application/problem+json") return answer;
        const auto json = parse_json(as_text(response.body));
        if (!json) return answer;
        answer.code = (*json)["code"].text_or("");
        answer.detail = (*json)["detail"].text_or("");
        return answer;
    }

    net::Url server_;
    net::HttpClient http_;
};

}  // namespace lockstep::test
