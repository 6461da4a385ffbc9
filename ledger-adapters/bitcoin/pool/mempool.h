// The transactions that wait for a block: what is taken, what it displaces, what leaves when the
// pool is full or the chain changes. Source: Bitcoin Core, txmempool.h, validation.cpp; BIP 125.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "bitcoin/chain/chain.h"
#include "bitcoin/pool/policy.h"

namespace lockstep::bitcoin {

class Mempool {
public:
    // The chain outlives it.
    Mempool(const Chain& chain, PoolPolicy policy) : chain_(chain), policy_(policy) {}
    Mempool(const Mempool&) = delete;
    Mempool& operator=(const Mempool&) = delete;

    struct Entry {
        std::shared_ptr<const Transaction> transaction;
        Txid txid;
        Txid wtxid;
        Satoshi fee = 0;
        std::size_t weight = 0;
        std::size_t size = 0;  // virtual, with what its signatures count for
        std::size_t sigop_cost = 0;
        std::int64_t time = 0;  // seconds, when it came
        int height = 0;         // of the tip then
        std::uint64_t sequence = 0;
        std::set<Txid> parents;  // in the pool
        std::set<Txid> children;
    };
    // What a transaction and its relatives in the pool come to, itself included.
    struct Family {
        std::size_t count = 0;
        std::size_t size = 0;
        Satoshi fees = 0;
    };

    struct Verdict {
        Fault fault;         // Bitcoin Core's word, "txn-mempool-conflict"
        std::string detail;  // more about it, or empty
        Txid txid;
        Txid wtxid;
        Satoshi fee = 0;
        std::size_t size = 0;
        std::vector<Txid> replaces;  // with the descendants of what it is in conflict with
    };
    // Whether it would be taken now, and why not. "txn-already-in-mempool", "txn-already-known",
    // "missing-inputs", "insufficient fee", "too-long-mempool-chain", "min relay fee not met", …
    Verdict test(const Transaction& transaction) const;
    // Takes it where test() finds no fault; what it replaces leaves. "mempool full" where it is
    // itself what has to leave.
    Verdict accept(const Transaction& transaction, std::int64_t now_s);

    // After each change of the chain: what was included leaves with all that is in conflict with it,
    // what was in blocks that left comes back where it still may, and what the new tip does not
    // allow any more leaves.
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

    // For a block on the tip: the packages with the highest fee rates that fit in, each transaction
    // behind its parents. `weight` and `sigop_cost`: what there is room for.
    std::vector<const Entry*> select(std::size_t weight, std::size_t sigop_cost) const;

private:
    const Chain& chain_;
    PoolPolicy policy_;
    std::map<Txid, Entry> entries_;
    std::map<OutPoint, Txid> spent_;
    std::size_t octets_ = 0;
    std::size_t size_ = 0;
    Satoshi fees_ = 0;
    std::uint64_t next_sequence_ = 0;
};

}  // namespace lockstep::bitcoin
