#include "bitcoin/pool/mempool.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {

std::string Mempool::Verdict::text() const {
    if (!fault) return {};
    return detail.empty() ? *fault : *fault + ", " + detail;
}

const Mempool::Entry* Mempool::find(const Txid& txid) const {
    const auto found = entries_.find(txid);
    return found == entries_.end() ? nullptr : &found->second;
}

Mempool::Entry* Mempool::entry(const Txid& txid) {
    const auto found = entries_.find(txid);
    return found == entries_.end() ? nullptr : &found->second;
}

const Mempool::Entry* Mempool::spender(const OutPoint& place) const {
    const auto found = spent_.find(place);
    return found == spent_.end() ? nullptr : find(found->second);
}

bool Mempool::is_replaceable(const Txid& txid) const {
    const Entry* found = find(txid);
    if (found == nullptr) return false;
    if (policy_.full_rbf || signals_replacement(*found->transaction)) return true;
    const std::set<Txid> above = ancestors(txid);
    return std::any_of(above.begin(), above.end(), [&](const Txid& ancestor) {
        return signals_replacement(*find(ancestor)->transaction);
    });
}

bool Mempool::is_verified(const Transaction& transaction) const {
    return verified_.contains(wtxid_of(transaction));
}

std::vector<const Mempool::Entry*> Mempool::in_order() const {
    std::vector<const Entry*> ordered;
    ordered.reserve(entries_.size());
    std::map<std::uint64_t, const Entry*> ready;
    std::map<Txid, std::size_t> waiting;  // for so many parents
    for (const auto& [txid, one] : entries_) {
        if (one.parents.empty())
            ready.emplace(one.sequence, &one);
        else
            waiting[txid] = one.parents.size();
    }
    while (!ready.empty()) {
        const Entry* first = ready.begin()->second;
        ready.erase(ready.begin());
        ordered.push_back(first);
        for (const Txid& txid : first->children) {
            if (--waiting[txid] > 0) continue;
            const Entry* child = find(txid);
            ready.emplace(child->sequence, child);
        }
    }
    ASSERT(ordered.size() == entries_.size());
    return ordered;
}

FeeRate Mempool::min_rate(std::int64_t now_s) const {
    return std::max(policy_.min_relay, minimum_.at(moment(now_s)));
}

void Mempool::settle(std::int64_t now_s) {
    now_s_ = std::max(now_s_, now_s);
    minimum_.settle(moment(now_s));
}

void Mempool::expire(std::int64_t now_s) {
    settle(now_s);
    while (!by_time_.empty() && by_time_.begin()->first < now_s - policy_.expiry_s)
        remove_with_descendants({by_time_.begin()->second});
}

void Mempool::evict() {
    while (octets_ > policy_.max_octets) {
        const Entry& worst = *find(leaving_.begin()->txid);
        const Family& family = worst.with_descendants;
        minimum_.raise(rate_of(family.fees, family.size) + policy_.incremental);
        remove_with_descendants({worst.txid});
    }
}

}  // namespace lockstep::bitcoin
