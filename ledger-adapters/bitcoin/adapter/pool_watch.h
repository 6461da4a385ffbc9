// What waits in the node's pool: the ids as the node lists them, and the transactions that were not
// looked at yet. Nothing of it is remembered.
#pragma once

#include <deque>
#include <set>

#include "bitcoin/adapter/rpc_batch.h"

namespace lockstep::bitcoin {

class PoolWatch {
public:
    explicit PoolWatch(std::size_t batch) : batch_(batch) {}

    void list_is(const std::vector<Txid>& ids);
    const std::set<Txid>& ids() const { return ids_; }
    // Blocks were taken back: what returned to the pool is looked at again.
    void forget() { seen_.clear(); }

    bool has_more() const { return !wanted_.empty(); }
    RpcBatch ask();
    std::vector<Transaction> take(const std::vector<RpcResult>& results);

private:
    const std::size_t batch_;
    std::set<Txid> ids_;
    std::set<Txid> seen_;
    std::deque<Txid> wanted_;  // in the node's order: what is spent before what spends it
    std::vector<Txid> asked_;
};

}  // namespace lockstep::bitcoin
