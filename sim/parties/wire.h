// Messages of a cheat's own making among those of its node. Sequences between two nodes have no
// gap, so what is added moves the numbers of everything after it, and acknowledgements are moved
// back before the node hears them.
#pragma once

#include <map>
#include <vector>

#include "connector/assembly/node_events.h"

namespace lockstep::sim {

class Wire {
public:
    // Goes out behind the next batch to this peer.
    void say(const PublicKey& peer, const core::Message& message);
    // True when the batch was changed.
    bool add_to(const PublicKey& peer, assembly::PeerBatch& batch);
    void translate(assembly::event::PeerReplied& reply) const;

private:
    struct Line {
        std::vector<Bytes> waiting;
        std::map<std::uint64_t, std::vector<Bytes>> added;  // behind the node's own sequence
        std::uint64_t last = 0;                             // of the node's own, that was sent
    };
    // How many were added before this sequence of the node's own.
    static std::uint64_t added_before(const Line& line, std::uint64_t sequence);

    std::map<PublicKey, Line> lines_;
};

}  // namespace lockstep::sim
