#include "bitcoin/adapter/pool_watch.h"

#include <algorithm>

namespace lockstep::bitcoin {

void PoolWatch::list_is(const std::vector<Txid>& ids) {
    ids_ = {ids.begin(), ids.end()};
    for (auto one = seen_.begin(); one != seen_.end();)
        one = ids_.contains(*one) ? std::next(one) : seen_.erase(one);
    wanted_.clear();
    for (const Txid& id : ids)
        if (!seen_.contains(id)) wanted_.push_back(id);
}

RpcBatch PoolWatch::ask() {
    RpcBatch batch;
    asked_.clear();
    for (std::size_t i = 0; i < std::min(wanted_.size(), batch_); ++i) {
        asked_.push_back(wanted_[i]);
        batch.add("getrawtransaction", Json::array().push(to_text(wanted_[i])).push(false));
    }
    return batch;
}

std::vector<Transaction> PoolWatch::take(const std::vector<RpcResult>& results) {
    std::vector<Transaction> found;
    for (std::size_t i = 0; i < std::min(results.size(), asked_.size()); ++i) {
        const auto octets = results[i] ? octets_of(*results[i]) : std::nullopt;
        auto transaction = octets ? parse_transaction(*octets) : std::nullopt;
        // One that has left meanwhile may come back, and is looked at then.
        if (!transaction || txid_of(*transaction) != asked_[i]) continue;
        seen_.insert(asked_[i]);
        found.push_back(std::move(*transaction));
    }
    const std::set<Txid> asked(asked_.begin(), asked_.end());
    std::erase_if(wanted_, [&](const Txid& id) { return asked.contains(id); });
    asked_.clear();
    return found;
}

}  // namespace lockstep::bitcoin
