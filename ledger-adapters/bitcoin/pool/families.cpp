// Parents and children in the pool, the sums over ancestors and descendants that every entry
// carries, and what comes and goes with them. Between two public calls every sum is that of its
// relatives. Walks keep a list: no chain of transactions is deep enough to fill the stack.
#include <algorithm>

#include "bitcoin/pool/mempool.h"
#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

LeavingRank leaving_rank(const Mempool::Entry& entry) {
    const FeeFraction alone{entry.fee, entry.size};
    const FeeFraction family{entry.with_descendants.fees, entry.with_descendants.size};
    return {std::max(alone, family), entry.sequence, entry.txid};
}

}  // namespace

MiningRank mining_rank(const Mempool::Entry& entry, const Mempool::Family& with_ancestors) {
    const FeeFraction alone{entry.fee, entry.size};
    const FeeFraction family{with_ancestors.fees, with_ancestors.size};
    return {std::min(alone, family), entry.txid};
}

Mempool::Family& Mempool::Family::operator+=(const Family& other) {
    count += other.count;
    size += other.size;
    fees += other.fees;
    sigop_cost += other.sigop_cost;
    return *this;
}

Mempool::Family& Mempool::Family::operator-=(const Family& other) {
    ASSERT(count >= other.count && size >= other.size && fees >= other.fees);
    count -= other.count;
    size -= other.size;
    fees -= other.fees;
    sigop_cost -= other.sigop_cost;
    return *this;
}

std::set<Txid> Mempool::walk(std::set<Txid> from, Relatives relatives) const {
    std::vector<Txid> open(from.begin(), from.end());
    while (!open.empty()) {
        const Entry* one = find(open.back());
        open.pop_back();
        if (one == nullptr) continue;
        for (const Txid& relative : one->*relatives)
            if (from.insert(relative).second) open.push_back(relative);
    }
    return from;
}

std::set<Txid> Mempool::ancestors(const Txid& txid) const {
    std::set<Txid> found = walk({txid}, &Entry::parents);
    found.erase(txid);
    return found;
}

std::set<Txid> Mempool::descendants(const Txid& txid) const {
    std::set<Txid> found = walk({txid}, &Entry::children);
    found.erase(txid);
    return found;
}

Mempool::Family Mempool::with_ancestors(const Txid& txid) const {
    const Entry* found = find(txid);
    return found == nullptr ? Family{} : found->with_ancestors;
}

Mempool::Family Mempool::with_descendants(const Txid& txid) const {
    const Entry* found = find(txid);
    return found == nullptr ? Family{} : found->with_descendants;
}

void Mempool::rank(const Entry& ranked) {
    leaving_.insert(leaving_rank(ranked));
    mining_.insert(mining_rank(ranked, ranked.with_ancestors));
}

void Mempool::unrank(const Entry& ranked) {
    leaving_.erase(leaving_rank(ranked));
    mining_.erase(mining_rank(ranked, ranked.with_ancestors));
}

// Nothing moves where the rate is the same, as of a parent whose children pay less.
void Mempool::move_rank(const LeavingRank& from, const LeavingRank& to) {
    if (compare(from.rate, to.rate) == 0) return;
    auto node = leaving_.extract(from);
    ASSERT(!node.empty());
    node.value() = to;
    leaving_.insert(std::move(node));
}

void Mempool::add(Entry added, const std::set<Txid>& ancestors) {
    added.sequence = next_sequence_++;
    for (const TxIn& input : added.transaction->inputs) {
        if (find(input.prevout.txid) != nullptr) added.parents.insert(input.prevout.txid);
        ASSERT(spent_.emplace(input.prevout, added.txid).second);
    }
    octets_ += added.octets;
    size_ += added.size;
    fees_ += added.fee;
    by_time_.emplace(added.time, added.txid);
    const Family alone = added.alone();
    added.with_ancestors = alone;
    added.with_descendants = alone;
    for (const Txid& parent : added.parents)
        entry(parent)->children.insert(added.txid);
    for (const Txid& one : ancestors) {
        Entry& ancestor = *entry(one);
        added.with_ancestors += ancestor.alone();
        const LeavingRank before = leaving_rank(ancestor);
        ancestor.with_descendants += alone;
        move_rank(before, leaving_rank(ancestor));
    }
    rank(added);
    const Txid txid = added.txid;
    ASSERT(entries_.emplace(txid, std::move(added)).second);
}

// Sums of relatives stay as they are.
void Mempool::erase(Entry& gone) {
    unrank(gone);
    by_time_.erase({gone.time, gone.txid});
    for (const TxIn& input : gone.transaction->inputs)
        spent_.erase(input.prevout);
    for (const Txid& parent : gone.parents)
        if (Entry* one = entry(parent)) one->children.erase(gone.txid);
    for (const Txid& child : gone.children)
        if (Entry* one = entry(child)) one->parents.erase(gone.txid);
    octets_ -= gone.octets;
    size_ -= gone.size;
    fees_ -= gone.fee;
    entries_.erase(Txid(gone.txid));
}

void Mempool::remove(const std::set<Txid>& leaving) {
    for (const Txid& txid : leaving) {
        const Family alone = find(txid)->alone();
        for (const Txid& one : ancestors(txid)) {
            if (leaving.contains(one)) continue;
            Entry& ancestor = *entry(one);
            const LeavingRank before = leaving_rank(ancestor);
            ancestor.with_descendants -= alone;
            move_rank(before, leaving_rank(ancestor));
        }
    }
    for (const Txid& txid : leaving)
        erase(*entry(txid));
}

void Mempool::remove_with_descendants(const std::set<Txid>& leaving) {
    remove(walk(leaving, &Entry::children));
}

void Mempool::remove_included(const Txid& txid) {
    Entry& included = *entry(txid);
    ASSERT(included.parents.empty());
    for (const Txid& one : descendants(txid)) {
        Entry& descendant = *entry(one);
        mining_.erase(mining_rank(descendant, descendant.with_ancestors));
        descendant.with_ancestors -= included.alone();
        mining_.insert(mining_rank(descendant, descendant.with_ancestors));
    }
    erase(included);
}

// Stops where the limit is passed, however many more there are.
bool Mempool::has_too_many_ancestors(const Txid& txid) const {
    std::set<Txid> seen{txid};
    std::vector<Txid> open{txid};
    std::size_t size = 0;
    while (!open.empty()) {
        const Entry& one = *find(open.back());
        open.pop_back();
        size += one.size;
        if (size > policy_.max_ancestor_size) return true;
        for (const Txid& parent : one.parents)
            if (seen.insert(parent).second) open.push_back(parent);
        if (seen.size() > policy_.max_ancestors) return true;
    }
    return false;
}

void Mempool::adopt(const std::set<Txid>& returned) {
    std::set<Txid> parents;  // of who was in the pool before
    for (const Txid& txid : returned) {
        Entry* parent = entry(txid);
        if (parent == nullptr) continue;
        for (std::size_t i = 0; i < parent->transaction->outputs.size(); ++i) {
            const auto found = spent_.find({txid, static_cast<std::uint32_t>(i)});
            if (found == spent_.end() || !parent->children.insert(found->second).second) continue;
            entry(found->second)->parents.insert(txid);
            parents.insert(txid);
        }
    }
    if (parents.empty()) return;
    // Whose sums over ancestors change, whose over descendants, and who counts for the latter.
    std::set<Txid> behind = walk(parents, &Entry::children);
    const std::set<Txid> before = walk(behind, &Entry::parents);
    std::set<Txid> too_far;
    for (const Txid& txid : behind)
        if (has_too_many_ancestors(txid)) too_far.insert(txid);
    for (const Txid& txid : walk(too_far, &Entry::children))
        erase(*entry(txid));
    for (const Txid& txid : before) {
        if (Entry* one = entry(txid)) {
            unrank(*one);
            one->with_descendants = one->alone();
        }
    }
    for (const Txid& txid : walk(before, &Entry::children)) {
        Entry* one = entry(txid);
        if (one == nullptr) continue;
        const std::set<Txid> above = ancestors(txid);
        if (before.contains(txid)) one->with_ancestors = one->alone();
        for (const Txid& other : above) {
            Entry& ancestor = *entry(other);
            if (before.contains(txid)) one->with_ancestors += ancestor.alone();
            if (before.contains(other)) ancestor.with_descendants += one->alone();
        }
    }
    for (const Txid& txid : before)
        if (const Entry* one = find(txid)) rank(*one);
}

}  // namespace lockstep::bitcoin
