// What the interface needs of the node behind it. Calls come from any thread.
#pragma once

#include <functional>

#include "connector/assembly/node.h"
#include "sdk/machine/journal.h"

namespace lockstep::api {

struct NodeFigures {
    std::uint64_t commits = 0;
    std::uint64_t rows = 0;
    std::uint64_t inputs = 0;
    std::uint64_t refusals = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t queue = 0;
    Duration last_commit;
    Duration longest_commit;
    std::uint64_t signatures_verified = 0;
};

class NodePort {
public:
    virtual ~NodePort() = default;
    // The answer comes once, from any thread, when what it says is durable: an encoded
    // core::CallerAnswer or why not. `ticket` is filled in.
    virtual void submit(core::input::FromApi call, std::function<void(Result<Bytes>)> done) = 0;
    // Runs on the node's thread; must be short. Refused: overloaded, draining.
    virtual Result<void> view(std::function<void(const assembly::Node&)> look) = 0;
    // The digest of the present state; the answer comes from any thread.
    virtual void digest(std::function<void(Result<StateDigest>)> done) = 0;
    virtual NodeFigures figures() const = 0;
};

}  // namespace lockstep::api
