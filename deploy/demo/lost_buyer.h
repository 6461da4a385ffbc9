// Trades whose buyer's node is killed when it has paid and nobody has delivered: the one moment at
// which its payments are on the chain or in the pool, final nowhere, and its seller knows of them.
#pragma once

#include <atomic>
#include <set>

#include "deploy/demo/world.h"

namespace lockstep::demo {

// One attempt. The miner works while the trades are agreed on and rests when the payments are on
// their way, for less than a chain without blocks takes to be stale: where that is too short for a
// machine, the node lives on and the trades end as trades do.
class LostBuyer {
public:
    // Before the trades are submitted, of which the buyer's node has no others then.
    LostBuyer(World& world, std::size_t trades, const std::atomic<bool>& stop);

    // Waits for the moment and kills; false where it did not come, or had passed.
    bool kill_when_paid();
    // Of the trades that the buyer's node had begun to pay.
    const std::set<Condition>& conditions() const { return conditions_; }

private:
    struct Announced {
        std::size_t count = 0;
        bool is_final = false;  // one of them
    };

    void look_for_payments();
    std::optional<Announced> announced() const;
    bool seller_knows_all() const;

    World& world_;
    const std::size_t trades_;
    const std::atomic<bool>& stop_;
    std::set<std::string> known_;  // ids of deals of the buyer's node
    std::set<Condition> conditions_;
    std::int64_t height_ = 0;  // before the first of the payments
};

// By the seller's node: no share of these trades waits in escrow, and none can any more.
bool is_delivered_to_nobody(World& world, const std::set<Condition>& conditions);

}  // namespace lockstep::demo
