// The tree of blocks and the chain with the most work: what comes is checked, the best branch is
// connected, and another one takes its place when it has more work or the first is called invalid.
#pragma once

#include <set>

#include "bitcoin/chain/block_rules.h"

namespace lockstep::bitcoin {

// The block with which every regtest chain begins.
Block regtest_genesis();

// What became of the active chain: blocks that left it, the highest first, and then those that
// came.
struct ChainChange {
    std::vector<BlockId> left;
    std::vector<BlockId> joined;
};

class Chain {
public:
    Chain(const ChainParams& params, const Block& genesis);
    Chain(const Chain&) = delete;  // its parts point at each other
    Chain& operator=(const Chain&) = delete;

    // Whose scripts were verified before, as a pool knows it. What it asks lives as long as the
    // chain, or is taken out with {} first. It changes no verdict, only how long one takes.
    void skip_scripts_of(IsVerified is_verified) { is_verified_ = std::move(is_verified); }

    struct Entry {
        Block block;
        BlockId id;
        int height = 0;
        std::size_t octets = 0;      // serialised
        std::uint64_t sequence = 0;  // in which order they came
        bool invalid = false;        // it, or one before it
        Fault fault;                 // why it could not be connected
        BlockUndo undo;              // while it is active
    };

    // "duplicate", "duplicate-invalid", "prev-blk-not-found", "bad-prevblk", or what is wrong with
    // it. A block that stands on a branch of less work is taken and not connected; one that turns
    // out wrong when it is connected is a fault here where it would be the new tip.
    Fault accept(const Block& block, std::int64_t now_s, ChainChange& change);
    // What accept() would find wrong with it before it takes it into the tree.
    Fault check(const Block& block, std::int64_t now_s) const;
    // Whether a block on the tip, without looking at its work, would be the next one. Copies the
    // coins: for whoever asks now and then.
    Fault test(const Block& block) const;
    // Never on the active chain again, nor what stands on it; false for an unknown one or the
    // first.
    bool invalidate(const BlockId& id, ChainChange& change);
    // Takes that back for it, what stands on it and what it stands on.
    bool reconsider(const BlockId& id, ChainChange& change);

    const Entry* find(const BlockId& id) const;
    const Entry& tip() const { return *active_.back(); }
    int height() const { return tip().height; }
    // nullptr above the tip.
    const Entry* at(int height) const;
    bool is_active(const BlockId& id) const;
    // Of those branches that end nowhere else.
    std::vector<const Entry*> tips() const;
    // All of them, each behind its parent, as they came.
    std::vector<const Entry*> in_order() const;
    // Puts back what in_order() gave of a chain with these parameters: the blocks behind the first
    // one, which were checked when they came, with what was known of them. Once, on a new chain.
    // False where they make no tree.
    struct Kept {
        Block block;
        bool invalid = false;
        Fault fault;
    };
    bool restore(std::vector<Kept> blocks);
    const Coins& coins() const { return coins_; }
    const ChainParams& params() const { return params_; }

    // Of the block and the ten before it.
    std::int64_t median_time(const Entry& entry) const;
    // For the block that would come next.
    Context next() const { return {height() + 1, median_time(tip())}; }
    // Of the block below `height` on the active chain.
    std::int64_t median_before(int height) const;

private:
    Entry* entry(const BlockId& id);
    Entry& add(const Block& block, const Entry& parent);
    // It and what stands on it, each behind its parent.
    std::vector<Entry*> branch(const Entry& from);
    // The valid ones, the best first: the target is the same for all, so that height is work; of
    // several with as much the first that came.
    struct Rank {
        int height = 0;
        std::uint64_t sequence = 0;
        friend bool operator<(const Rank& a, const Rank& b) {
            return a.height != b.height ? a.height > b.height : a.sequence < b.sequence;
        }
    };
    static Rank rank_of(const Entry& entry) { return {entry.height, entry.sequence}; }
    void activate(ChainChange& change);
    void disconnect_tip(ChainChange& change);
    bool connect(Entry& next, ChainChange& change);
    void mark_invalid(const Entry& from);

    ChainParams params_;
    std::map<BlockId, Entry> entries_;
    std::map<Rank, Entry*> valid_;
    std::vector<Entry*> active_;  // by height
    Coins coins_;
    std::uint64_t next_sequence_ = 0;
    IsVerified is_verified_;
};

}  // namespace lockstep::bitcoin
