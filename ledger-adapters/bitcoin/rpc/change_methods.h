// What changes.cpp calls; inside this folder only.
#pragma once

#include <span>

#include "bitcoin/rpc/changes.h"

namespace lockstep::bitcoin {

inline auto is_stopping() {
    return rpc_fail(RpcCode::internal_error, "The node is stopping");
}

// What of the node a call needs, and how it goes on when the state has changed meanwhile.
class Change {
public:
    Change(NodePort& node, const NodeFacts& facts, Params& params)
        : node_(node), facts_(facts), params_(params) {}

    Params& params() { return params_; }
    const Network& network() const { return facts_.network; }
    NodePort& node() { return node_; }

    // Gives the input; the fault of a refusal is asked for as it is then.
    Result<output::Done, RpcError> give(const Input& input) {
        // Between the refusal and the question a block may come.
        for (int attempt = 0; attempt < 3; ++attempt) {
            auto done = node_.give(input);
            if (done) return std::move(*done);
            if (done.error() != Reason::not_accepted)
                return rpc_fail(RpcCode::misc_error, std::string(describe(done.error())));
            BitcoinMachine::Refusal refusal;
            if (!node_.look([&](const BitcoinMachine& machine, Timestamp at) {
                    refusal = machine.fault_of(at, input);
                }))
                return is_stopping();
            if (!refusal.fault) continue;
            output::Done refused;
            refused.fault = std::move(refusal.fault);
            refused.detail = std::move(refusal.detail);
            return refused;
        }
        return rpc_fail(RpcCode::misc_error, "The chain changes too fast, try again");
    }

private:
    NodePort& node_;
    const NodeFacts& facts_;
    Params& params_;
};

struct ChangeMethod {
    MethodSpec spec;
    RpcAnswer (*call)(Change& change);
};
std::span<const ChangeMethod> generating_methods();

}  // namespace lockstep::bitcoin
