// The transactions that wait for a block: what is taken, what it displaces, what leaves when the
// pool is full or the chain changes. It has no clock: whoever calls says what time it is. The same
// calls give the same pool.
// Priorities that a miner sets by hand are left out. Source: Bitcoin Core 27, txmempool.h,
// validation.cpp; BIP 125.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "bitcoin/chain/chain.h"
#include "bitcoin/pool/fee_order.h"
#include "bitcoin/pool/minimum_rate.h"
#include "bitcoin/pool/policy.h"
#include "bitcoin/pool/verified_scripts.h"

namespace lockstep::bitcoin {

class Mempool {
public:
    // The chain outlives it.
    Mempool(const Chain& chain, PoolPolicy policy)
        : chain_(chain), policy_(policy), minimum_(policy.incremental) {}
    Mempool& operator=(const Mempool&) = delete;

    // What a transaction and its relatives in the pool come to, itself included.
    struct Family {
        std::size_t count = 0;
        std::size_t size = 0;
        Satoshi fees = 0;
        std::size_t sigop_cost = 0;
        Family& operator+=(const Family& other);
        Family& operator-=(const Family& other);
        friend bool operator==(const Family&, const Family&) = default;
    };
    struct Entry {
        std::shared_ptr<const Transaction> transaction;
        Txid txid;
        Txid wtxid;
        Satoshi fee = 0;
        std::size_t weight = 0;
        std::size_t size = 0;    // virtual, with what its signatures count for
        std::size_t octets = 0;  // serialised
        std::size_t sigop_cost = 0;
        std::int64_t time = 0;  // seconds, when it came
        int height = 0;         // of the tip then
        std::uint64_t sequence = 0;
        std::set<Txid> parents;  // in the pool
        std::set<Txid> children;
        Family with_ancestors;
        Family with_descendants;
        Family alone() const { return {1, size, fee, sigop_cost}; }
    };

    struct Verdict {
        Fault fault;         // Bitcoin Core's word, "txn-mempool-conflict"
        std::string detail;  // more about it, or empty
        Txid txid;
        Txid wtxid;
        Satoshi fee = 0;
        std::size_t size = 0;
        std::vector<Txid> replaces;  // with the descendants of what it is in conflict with
        // The fault is "bad-txns-inputs-missingorspent", as sendrawtransaction says, and
        // testmempoolaccept says "missing-inputs" for it.
        bool is_missing_inputs = false;
        // As in a debug message: the word, a comma, the detail.
        std::string text() const;
    };
    // Whether it would be taken then, and why not; faults in the order in which they are checked:
    // those of check_transaction(), "coinbase", those of check_standard(), "non-final",
    // "txn-already-in-mempool", "txn-same-nonwitness-data-in-mempool", "txn-mempool-conflict",
    // "txn-already-known", "bad-txns-inputs-missingorspent", "non-BIP68-final", those of
    // check_inputs(), those of check_standard_inputs(), "bad-txns-too-many-sigops", "mempool min
    // fee not met", "min relay fee not met", "too-long-mempool-chain",
    // "bad-txns-spends-conflicting-tx", "insufficient fee", "too many potential replacements",
    // "replacement-adds-unconfirmed", "mandatory-script-verify-flag-failed (…)" and
    // "non-mandatory-script-verify-flag (…)".
    Verdict test(const Transaction& transaction, std::int64_t now_s) const;
    // At the latest time that it was told.
    Verdict test(const Transaction& transaction) const { return test(transaction, now_s_); }
    // Several at once, each behind its parents, none of which may replace anything. A fault of the
    // whole leaves no verdicts: "package-too-many-transactions", "package-too-large",
    // "package-not-sorted", "package-contains-duplicates", "conflict-in-package",
    // "package-mempool-limits". Otherwise there is none for those that were not judged to the end
    // because another one failed first. Source: Bitcoin Core 29, policy/packages.cpp.
    struct PackageVerdict {
        Fault fault;
        std::vector<std::optional<Verdict>> verdicts;
    };
    PackageVerdict test_package(const std::vector<Transaction>& package, std::int64_t now_s) const;
    // Takes it where test() finds no fault; what it replaces leaves, and what is too old or too
    // much. "mempool full" where it is itself what has to leave.
    Verdict accept(const Transaction& transaction, std::int64_t now_s);

    // After each change of the chain: what was included leaves with all that is in conflict with
    // it, what was in blocks that left comes back where it still may, and what the new tip does not
    // allow any more leaves. What comes back need not pay the lowest fee rate.
    void follow(const ChainChange& change, std::int64_t now_s);
    // What came too long ago leaves, with its descendants.
    void expire(std::int64_t now_s);

    const Entry* find(const Txid& txid) const;
    // The transaction of the pool that spends it; nullptr for none.
    const Entry* spender(const OutPoint& place) const;
    const std::map<Txid, Entry>& all() const { return entries_; }
    // Each behind its parents, otherwise in the order in which they came.
    std::vector<const Entry*> in_order() const;
    std::set<Txid> ancestors(const Txid& txid) const;    // without itself
    std::set<Txid> descendants(const Txid& txid) const;  // without itself
    Family with_ancestors(const Txid& txid) const;
    Family with_descendants(const Txid& txid) const;
    // It, or an ancestor in the pool, says that it may be replaced; or everything may be.
    bool is_replaceable(const Txid& txid) const;

    std::size_t octets() const { return octets_; }  // serialised
    std::size_t size() const { return size_; }      // virtual
    Satoshi fees() const { return fees_; }
    // Below it nothing is taken: the relay's, or more after evictions; decays with the time.
    FeeRate min_rate(std::int64_t now_s) const;
    const PoolPolicy& policy() const { return policy_; }

    // It was tested with these witnesses and found good, as far as that is remembered. For
    // Chain::skip_scripts_of().
    bool is_verified(const Transaction& transaction) const;

    // From here on; what is in the pool stays.
    void set_policy(const PoolPolicy& policy) {
        policy_ = policy;
        minimum_.set_incremental(policy.incremental);
    }

    // --- for snapshots: what a pool on the same chain is made again from ---
    struct Kept {
        Transaction transaction;
        std::int64_t time = 0;
        int height = 0;
        std::uint64_t sequence = 0;
    };
    struct State {
        std::int64_t now_s = 0;
        std::uint64_t next_sequence = 0;
        MinimumRate::State minimum;
    };
    State state() const { return {now_s_, next_sequence_, minimum_.state()}; }
    // What in_order() gave, in that order: it was accepted once, and is not judged again. Once, on
    // a new pool. False where something spends what is not there.
    bool restore(const std::vector<Kept>& kept, const State& state);

    // For a block on the tip: the packages with the highest fee rates that fit in, each transaction
    // behind its parents. `weight` and `sigop_cost`: what there is room for; a size counts as four
    // times its weight, as Bitcoin Core's BlockAssembler counts it.
    std::vector<const Entry*> select(std::size_t weight, std::size_t sigop_cost) const;

private:
    Mempool(const Mempool&) = default;  // for trials, test_package()
    class Acceptance;                   // acceptance.h
    class Selection;                    // selection.cpp

    Entry* entry(const Txid& txid);
    MinimumRate::Moment moment(std::int64_t now_s) const {
        return {now_s, octets_, policy_.max_octets};
    }
    // The first is the time of what comes next, too.
    void settle(std::int64_t now_s);
    void evict();

    // families.cpp: who belongs to whom, and the sums over that.
    using Relatives = std::set<Txid> Entry::*;
    std::set<Txid> walk(std::set<Txid> from, Relatives relatives) const;
    // Takes it in behind its parents; children in the pool do not count yet, see adopt().
    void add(Entry added, const std::set<Txid>& ancestors);
    // All of these, which contain their descendants.
    void remove(const std::set<Txid>& leaving);
    void remove_with_descendants(const std::set<Txid>& leaving);
    // One that was included, and has no parents any more.
    void remove_included(const Txid& txid);
    void erase(Entry& gone);
    // Links what came back from a block with its children in the pool; families that become too
    // large lose who is too far behind.
    void adopt(const std::set<Txid>& returned);
    bool has_too_many_ancestors(const Txid& txid) const;
    void rank(const Entry& ranked);
    void unrank(const Entry& ranked);
    void move_rank(const LeavingRank& from, const LeavingRank& to);

    // following.cpp
    void include(const Block& block);
    std::set<Txid> take_back(const ChainChange& change, std::int64_t now_s);
    void sweep();
    bool is_still_valid(const Entry& checked) const;

    const Chain& chain_;
    PoolPolicy policy_;
    std::map<Txid, Entry> entries_;
    std::map<OutPoint, Txid> spent_;
    std::set<LeavingRank> leaving_;
    std::set<MiningRank> mining_;
    std::set<std::pair<std::int64_t, Txid>> by_time_;
    std::size_t octets_ = 0;
    std::size_t size_ = 0;
    Satoshi fees_ = 0;
    std::uint64_t next_sequence_ = 0;
    std::int64_t now_s_ = 0;
    MinimumRate minimum_;
    mutable VerifiedScripts verified_;  // changes no verdict
};

// How a block takes one that stands behind ancestors of this sum.
MiningRank mining_rank(const Mempool::Entry& entry, const Mempool::Family& with_ancestors);

}  // namespace lockstep::bitcoin
