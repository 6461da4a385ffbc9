// The methods that change something, and the whole of a node's interface: what only looks is in
// methods.h. Source of names, parameters and answers: Bitcoin Core 29.
#pragma once

#include "bitcoin/machine/machine.h"
#include "bitcoin/rpc/methods.h"

namespace lockstep::bitcoin {

// A node as its callers reach it. Calls block.
class NodePort {
public:
    virtual ~NodePort() = default;
    // Looks at it at a time when all that is seen is durable. False when it is stopping.
    virtual bool look(
        const std::function<void(const BitcoinMachine& machine, Timestamp at)>& view) = 0;
    // Refused: not_accepted where the machine has a fault, and what a host refuses with.
    virtual Result<output::Done> give(Input input) = 0;
    // It is to stop, soon.
    virtual void stop() = 0;
};

// What a node says of itself.
struct NodeFacts {
    const Network& network;
    std::int64_t started_s = 0;
};

RpcAnswer call(NodePort& node, const NodeFacts& facts, const RpcRequest& request);

}  // namespace lockstep::bitcoin
