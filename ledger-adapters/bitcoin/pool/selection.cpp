// What a block takes: again and again the package, a transaction with those of its ancestors that
// are not in the block yet, that pays the highest rate.
// Source: Bitcoin Core 27, node/miner.cpp, addPackageTxs.
#include <algorithm>

#include "bitcoin/pool/mempool.h"

namespace lockstep::bitcoin {
namespace {

// When the block is nearly full and so many packages in a row did not fit, no more are looked at.
constexpr std::size_t max_misses = 1'000;
constexpr std::size_t nearly_full_weight = 4'000;

}  // namespace

class Mempool::Selection {
public:
    Selection(const Mempool& pool, std::size_t weight, std::size_t sigop_cost)
        : pool_(pool), next_(pool.chain_.next()), weight_left_(weight), sigops_left_(sigop_cost) {}

    std::vector<const Entry*> run() {
        auto untouched = pool_.mining_.begin();
        std::size_t misses = 0;
        while (const Entry* best = pop_best(untouched)) {
            const Family package = package_of(*best);
            if (package.fees < fee_at(pool_.policy_.block_min, package.size)) break;
            if (package.size * witness_scale > weight_left_ || package.sigop_cost > sigops_left_) {
                if (++misses > max_misses && weight_left_ < nearly_full_weight) break;
                continue;
            }
            const std::vector<const Entry*> members = members_of(*best);
            if (!std::all_of(members.begin(), members.end(), [&](const Entry* one) {
                    return is_final(*one->transaction, next_.height, next_.median_time);
                }))
                continue;
            misses = 0;
            take(members);
        }
        return std::move(taken_);
    }

private:
    // The next of the pool, or of those whose ancestors are in the block in part. Each is looked at
    // once, and again when more of its ancestors are in.
    const Entry* pop_best(std::set<MiningRank>::const_iterator& untouched) {
        while (untouched != pool_.mining_.end() && is_done(untouched->txid))
            ++untouched;
        const bool is_reduced = !reduced_order_.empty() && (untouched == pool_.mining_.end() ||
                                                            *reduced_order_.begin() < *untouched);
        if (!is_reduced) {
            if (untouched == pool_.mining_.end()) return nullptr;
            return pool_.find((untouched++)->txid);
        }
        const Entry* best = pool_.find(reduced_order_.begin()->txid);
        reduced_order_.erase(reduced_order_.begin());
        return best;
    }
    bool is_done(const Txid& txid) const {
        return in_block_.contains(txid) || reduced_.contains(txid);
    }
    Family package_of(const Entry& entry) const {
        const auto found = reduced_.find(entry.txid);
        return found == reduced_.end() ? entry.with_ancestors : found->second;
    }
    // Who has fewer ancestors stands before its descendants.
    std::vector<const Entry*> members_of(const Entry& entry) const {
        std::vector<const Entry*> members{&entry};
        for (const Txid& txid : pool_.ancestors(entry.txid))
            if (!in_block_.contains(txid)) members.push_back(pool_.find(txid));
        std::sort(members.begin(), members.end(), [](const Entry* a, const Entry* b) {
            if (a->with_ancestors.count != b->with_ancestors.count)
                return a->with_ancestors.count < b->with_ancestors.count;
            return a->txid < b->txid;
        });
        return members;
    }
    void take(const std::vector<const Entry*>& members) {
        for (const Entry* one : members) {
            weight_left_ -= one->size * witness_scale;
            sigops_left_ -= one->sigop_cost;
            in_block_.insert(one->txid);
            taken_.push_back(one);
            forget_reduced(*one);
        }
        for (const Entry* one : members) {
            for (const Txid& txid : pool_.descendants(one->txid)) {
                if (in_block_.contains(txid)) continue;
                const Entry& descendant = *pool_.find(txid);
                Family rest = package_of(descendant);
                forget_reduced(descendant);
                rest -= one->alone();
                reduced_[txid] = rest;
                reduced_order_.insert(mining_rank(descendant, rest));
            }
        }
    }
    void forget_reduced(const Entry& entry) {
        const auto found = reduced_.find(entry.txid);
        if (found == reduced_.end()) return;
        reduced_order_.erase(mining_rank(entry, found->second));
        reduced_.erase(found);
    }

    const Mempool& pool_;
    Context next_;
    std::size_t weight_left_;
    std::size_t sigops_left_;
    std::vector<const Entry*> taken_;
    std::set<Txid> in_block_;
    std::map<Txid, Family> reduced_;  // packages of which a part is in the block
    std::set<MiningRank> reduced_order_;
};

std::vector<const Mempool::Entry*> Mempool::select(std::size_t weight,
                                                   std::size_t sigop_cost) const {
    return Selection(*this, weight, sigop_cost).run();
}

}  // namespace lockstep::bitcoin
