// Faults of a simulated world: when and whom they strike follows from the scenario and the seed.
// Those that a profile speaks of keep within it: outages within a node's endurance, halts of
// ledgers within their inclusion time, clocks within their errors. What goes beyond says so by its
// name.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "sim/world/node_process.h"
#include "sim/world/outages.h"

namespace lockstep::sim {

// Which strikes and orders of a world take place; all of them where nothing is said. What a strike
// or an order draws does not depend on the others, so that some can be left out: that is how a
// failing world is made small.
struct Selection {
    std::optional<std::set<std::uint32_t>> strikes;
    std::optional<std::set<std::uint32_t>> orders;
    bool weather = true;  // messages are lost, delayed, …

    bool has_strike(std::uint32_t number) const { return !strikes || strikes->contains(number); }
    bool has_order(std::uint32_t number) const { return !orders || orders->contains(number); }
};

// Part of a ledger's inclusion time that a halt or restart may use up: adapters need the rest to
// notice and to say again.
inline Duration most_ledger_outage(const TimingProfile& profile) {
    return Duration{profile.inclusion.us() / 4};
}

class FaultPlan {
public:
    struct Parts {
        Scheduler& scheduler;
        Trace& trace;
        Tally& tally;
        Network& network;
        Rng rng;
        const Selection& selection;
        const Scenario& scenario;
        std::vector<std::unique_ptr<NodeProcess>>& nodes;  // in the scenario's order
        std::vector<std::unique_ptr<LedgerService>>& ledgers;
        // Its money is not this world's concern any more: it went beyond what was promised.
        std::function<void(NodeProcess& node)> beyond;
        // Its data is a copy that was made then.
        std::function<void(const NodeProcess& node, Timestamp copied)> restored;
    };

    explicit FaultPlan(Parts parts);

    // Draws every strike of the phase that begins now.
    void begin();
    std::uint32_t planned() const { return planned_; }
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

    void plan(Timestamp when, const FaultSpec& fault);
    void strike(const FaultSpec& fault, std::uint32_t number);
    bool strike_node(const FaultSpec& fault, Target target);
    bool strike_disk(const FaultSpec& fault, Target target);
    bool strike_network(const FaultSpec& fault);
    bool strike_clock(const FaultSpec& fault, Target target);
    void all_beyond();
    bool strike_ledger(const FaultSpec& fault, Target target);
    bool may_roll_back(std::size_t ledger);
    bool eclipse(const FaultSpec& fault, Target target);
    bool strike_chain(const FaultSpec& fault, Target target);
    std::optional<Target> choose(const FaultSpec& fault);
    bool partition(const FaultSpec& fault);
    void cut(std::vector<std::pair<ActorId, ActorId>> links, Duration lasts);

    // How long an outage of this node lasts: what the scenario says, or drawn within its K.
    Duration outage_of(const FaultSpec& fault, std::size_t node);
    bool may_be_out(const FaultSpec& fault, std::size_t node, Duration lasts);
    // full_disk.cpp
    struct Filling;
    bool fill_disk(const FaultSpec& fault, Target target);
    void fill(const std::shared_ptr<Filling>& filling);
    void use_up(const std::shared_ptr<Filling>& filling);
    void make_room(const std::shared_ptr<Filling>& filling);
    void make_room_everywhere();
    std::shared_ptr<Filling> filling_of(const SimDisk& disk) const;
    // After a start that failed: there is no use before there is room.
    Duration next_try(const SimDisk& disk) const;
    // A process died by itself, and would come back so much later. Where its disk had no room any
    // more: why it died, and it tries as soon as there is room.
    std::string why_died(SimDisk& disk, Duration& back_after);

    bool may_be_slow(const FaultSpec& fault, std::size_t ledger, Duration lasts);
    void back_in(NodeProcess& node, Duration lasts);
    void bring_back(NodeProcess& node, int depth);
    void ledger_back_in(LedgerService& ledger, std::size_t index, Duration lasts);
    void ledger_bring_back(LedgerService& ledger, std::size_t index);
    std::size_t index_of(const NodeProcess& node) const;
    std::size_t index_of(const LedgerService& ledger) const;
    void note(MomentKind kind, ActorId actor, const std::string& text);

    Parts parts_;
    std::uint32_t planned_ = 0;
    Rng rng_;  // of the strike under way
    bool healed_ = false;
    std::vector<OutageBudget> budgets_;               // of the nodes
    std::vector<Timestamp> ledger_rests_until_;       // of the ledgers: no halt before
    std::vector<Timestamp> rolled_back_at_;           // within the longest margin
    std::vector<Timestamp> copied_at_;                // of the nodes: when their copies were made
    std::vector<std::shared_ptr<Filling>> fillings_;  // under way, one a disk
    std::vector<bool> deep_;                          // of the nodes: dies again while it recovers
};

}  // namespace lockstep::sim
