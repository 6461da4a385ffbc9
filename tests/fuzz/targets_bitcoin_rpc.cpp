// The body of a request to a Bitcoin node.
#include "bitcoin/rpc/methods.h"
#include "sdk/base/assert.h"
#include "tests/fuzz/fixtures_bitcoin.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {

// Whatever the body is, it is answered in JSON. Accepted where some method did what it was asked.
bool fuzz_bitcoin_rpc(ByteView octets) {
    using namespace bitcoin;
    static const BitcoinNode node;
    bool accepted = false;
    const RpcReply reply = answer_body(as_text(octets), [&](const RpcRequest& request) {
        const auto answer = call_read(node.view(), request);
        if (!answer) return RpcAnswer(rpc_fail(RpcCode::method_not_found, "Method not found"));
        accepted = accepted || answer->has_value();
        return *answer;
    });
    ASSERT((reply.http_status == 204) == reply.body.empty());
    if (reply.body.empty()) return accepted;
    ASSERT(reply.http_status == 200 || reply.http_status == 400 || reply.http_status == 404 ||
           reply.http_status == 500);
    // An answer may lie a little deeper than the request whose id it repeats.
    JsonLimits limits = rpc_limits;
    limits.max_depth += 8;
    ASSERT(parse_json(reply.body, limits));
    return accepted;
}

}  // namespace lockstep::fuzz
