// Calls of a Bitcoin node's JSON-RPC for programs beside a node: one at a time, each waits for its
// answer. What an adapter asks goes through its host instead (bitcoin/adapter/rpc_batch.h).
#pragma once

#include <memory>
#include <string_view>

#include "sdk/base/time.h"
#include "sdk/codec/json.h"
#include "sdk/net/basic_login.h"
#include "sdk/net/http_client.h"
#include "sdk/net/url.h"

namespace lockstep::bitcoin {

struct NodeAccess {
    net::Url url;
    net::Authorization login;
};

// Not from a thread of the loop.
class RpcClient {
public:
    RpcClient(net::IoLoop& loop, NodeAccess access, Duration timeout = Duration::seconds(10));
    ~RpcClient();
    RpcClient(const RpcClient&) = delete;
    RpcClient& operator=(const RpcClient&) = delete;

    // The result. Codes, in this order: unavailable (nothing has reached the node), overloaded,
    // outcome_unknown; unauthenticated; malformed (no answer of JSON-RPC); bad_call (no such
    // method, or not with these parameters: asking again is no use); refused (anything else, a node
    // that starts for example). The last two with the node's own message and number.
    Result<Json, Failure> call(std::string_view method, Json params = Json::array());

private:
    net::HttpClient http_;
    NodeAccess access_;
    Duration timeout_;
};

}  // namespace lockstep::bitcoin
