// How the pool follows the chain: what blocks include, what they give back, and what the new tip
// does not allow. Source: Bitcoin Core, validation.cpp, MaybeUpdateMempoolForReorg.
#include <algorithm>

#include "bitcoin/pool/acceptance.h"
#include "sdk/base/assert.h"

namespace lockstep::bitcoin {

void Mempool::include(const Block& block) {
    for (const Transaction& transaction : block.transactions) {
        const Txid txid = txid_of(transaction);
        if (find(txid) != nullptr) remove_included(txid);
        std::set<Txid> conflicts;
        for (const TxIn& input : transaction.inputs)
            if (const Entry* other = spender(input.prevout)) conflicts.insert(other->txid);
        remove_with_descendants(conflicts);
    }
}

// In the order of the blocks that left, so that each stands behind its parents.
std::set<Txid> Mempool::take_back(const ChainChange& change, std::int64_t now_s) {
    std::set<Txid> included;  // again, by the blocks that came
    for (const BlockId& id : change.joined)
        for (const Transaction& transaction : chain_.find(id)->block.transactions)
            included.insert(txid_of(transaction));
    std::set<Txid> returned;
    for (auto id = change.left.rbegin(); id != change.left.rend(); ++id) {
        for (const Transaction& transaction : chain_.find(*id)->block.transactions) {
            const Txid txid = txid_of(transaction);
            if (included.contains(txid)) continue;
            Acceptance acceptance(*this, transaction, now_s, Acceptance::Fees::any);
            if (!acceptance.run()) continue;  // what waits for it leaves with sweep()
            remove(acceptance.leaving());
            add(acceptance.take_entry(), acceptance.ancestors());
            returned.insert(txid);
        }
    }
    return returned;
}

bool Mempool::is_still_valid(const Entry& checked) const {
    const Context next = chain_.next();
    const Transaction& transaction = *checked.transaction;
    if (!is_final(transaction, next.height, next.median_time)) return false;
    std::vector<Coin> spent;
    for (const TxIn& input : transaction.inputs) {
        if (checked.parents.contains(input.prevout.txid)) {
            spent.push_back({{}, next.height, false});
            continue;
        }
        const Coin* found = chain_.coins().find(input.prevout);
        if (found == nullptr) return false;
        if (found->coinbase && next.height - found->height < chain_.params().coinbase_maturity)
            return false;
        spent.push_back(*found);
    }
    return has_sequence_locks(transaction, spent, next,
                              [this](int height) { return chain_.median_before(height); });
}

void Mempool::sweep() {
    std::set<Txid> doomed;
    for (const auto& [txid, one] : entries_)
        if (!is_still_valid(one)) doomed.insert(txid);
    remove_with_descendants(doomed);
}

void Mempool::follow(const ChainChange& change, std::int64_t now_s) {
    settle(now_s);
    for (const BlockId& id : change.joined) {
        const Chain::Entry* block = chain_.find(id);
        ASSERT(block != nullptr);
        include(block->block);
    }
    if (!change.joined.empty()) minimum_.start_falling(now_s);
    if (change.left.empty()) return;
    adopt(take_back(change, now_s));
    sweep();
    expire(now_s);
    evict();
}

}  // namespace lockstep::bitcoin
