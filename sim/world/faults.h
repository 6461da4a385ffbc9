// Faults of a simulated world: when and whom they strike follows from the scenario and the seed.
// Those that a profile speaks of keep within it: outages within a node's endurance, halts of ledgers
// within their inclusion time, clocks within their errors. What goes beyond says so by its name.
#pragma once

#include <memory>
#include <vector>

#include "sim/world/node_process.h"
#include "sim/world/outages.h"

namespace lockstep::sim {

class FaultPlan {
public:
    struct Parts {
        Scheduler& scheduler;
        Trace& trace;
        Tally& tally;
        Network& network;
        Rng rng;
        const Scenario& scenario;
        std::vector<std::unique_ptr<NodeProcess>>& nodes;  // in the scenario's order
        std::vector<std::unique_ptr<LedgerService>>& ledgers;
        // Its money is not this world's concern any more: it went beyond what was promised.
        std::function<void(NodeProcess& node)> beyond;
    };

    explicit FaultPlan(Parts parts);

    // Draws every strike of the phase that begins now.
    void begin();
    // No more faults; what is down comes back, what is cut off is reached again.
    void heal();

    // A process died by itself, at a point that was named or because its disk failed.
    void node_died(NodeProcess& node);
    void ledger_died(LedgerService& ledger, std::size_t index);

private:
    struct Target {
        NodeProcess* node = nullptr;
        LedgerService* ledger = nullptr;
        std::size_t index = 0;  // of the node's or ledger's specification
    };

    void strike(const FaultSpec& fault);
    bool strike_node(const FaultSpec& fault, Target target);
    bool strike_disk(const FaultSpec& fault, Target target);
    bool strike_network(const FaultSpec& fault);
    bool strike_clock(const FaultSpec& fault, Target target);
    bool strike_ledger(const FaultSpec& fault, Target target);
    std::optional<Target> choose(const FaultSpec& fault);
    bool partition(const FaultSpec& fault);
    void cut(std::vector<std::pair<ActorId, ActorId>> links, Duration lasts);

    // How long an outage of this node lasts: what the scenario says, or drawn within its K.
    Duration outage_of(const FaultSpec& fault, std::size_t node);
    bool may_be_out(const FaultSpec& fault, std::size_t node, Duration lasts);
    bool may_be_slow(const FaultSpec& fault, std::size_t ledger, Duration lasts);
    void back_in(NodeProcess& node, Duration lasts);
    void bring_back(NodeProcess& node, int depth);
    void ledger_back_in(LedgerService& ledger, std::size_t index, Duration lasts);
    void ledger_bring_back(LedgerService& ledger, std::size_t index);
    std::size_t index_of(const NodeProcess& node) const;
    std::size_t index_of(const LedgerService& ledger) const;
    void note(MomentKind kind, ActorId actor, const std::string& text);

    Parts parts_;
    bool healed_ = false;
    std::vector<OutageBudget> budgets_;           // of the nodes
    std::vector<Timestamp> ledger_rests_until_;   // of the ledgers: no halt before
    std::vector<bool> deep_;                      // of the nodes: dies again while it recovers
};

}  // namespace lockstep::sim
