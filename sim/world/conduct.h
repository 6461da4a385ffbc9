// How a node of a simulated world behaves. The node itself is the real one; its conduct stands
// between it and the world and may change, hold back or add what it does. An honest one does
// nothing. Whatever a cheat does, it signs with its own key only.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bitcoin/adapter/escrow_keys.h"
#include "connector/assembly/node_events.h"
#include "sdk/machine/adapter.h"
#include "sim/scenario/scenario.h"
#include "sim/world/rng.h"
#include "sim/world/scheduler.h"
#include "sim/world/tally.h"

namespace lockstep::sim {

// What a cheat may use.
struct Means {
    Scheduler& scheduler;
    Tally& tally;
    Rng rng;
    std::shared_ptr<const Signer> signer;                          // its own
    const core::NodeConfig& config;                                // what its node is told
    std::shared_ptr<const bitcoin::BitcoinSigner> bitcoin_signer;  // its own, where it has a chain
    // Lets an effect out then, as if the node had just had it; not after the process ended.
    std::function<void(Timestamp when, assembly::NodeEffect)> let_out;
    // Gives the node something to hear.
    std::function<void(assembly::NodeEvent)> tell_node;
    // Ends the process for good.
    std::function<void()> die;
    // A preimage for its partner, past everybody between them.
    std::function<void(const Condition& condition, const Bytes& preimage)> whisper;
};

class Conduct {
public:
    virtual ~Conduct() = default;
    // The node's effects of one turn, as it would have them leave.
    virtual void leaving(Timestamp now, std::vector<assembly::NodeEffect>& effects) = 0;
    // What the node is about to hear; false keeps it from hearing it.
    virtual bool hears(Timestamp now, assembly::NodeEvent& event) = 0;
    // What its node reaches a chain with; it may stand between the two. On other ledgers what
    // leaves and what is heard can be changed on the way.
    virtual std::unique_ptr<LedgerAdapter> between(std::size_t /*ledger*/,
                                                   std::unique_ptr<LedgerAdapter> adapter) {
        return adapter;
    }
    // Its partner whispers.
    virtual void heard_whisper(const Condition& condition, const Bytes& preimage) = 0;
    // Faults and cheats end; from here on it does nothing, or goes on holding what it holds.
    virtual void rest() = 0;
};

}  // namespace lockstep::sim
