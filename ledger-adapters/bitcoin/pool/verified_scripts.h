// Transactions whose scripts were found good under the rules of relay, by their wtxids: one commits
// to its witnesses and to the outputs that it spends, which is all that its scripts depend on. So
// it changes no verdict, whatever it forgets.
#pragma once

#include <set>

#include "bitcoin/script/transaction.h"

namespace lockstep::bitcoin {

class VerifiedScripts {
public:
    // Two generations of this many are kept: some dozens of full blocks.
    static constexpr std::size_t generation = 65'536;

    bool contains(const Txid& wtxid) const {
        return young_.contains(wtxid) || old_.contains(wtxid);
    }
    void insert(const Txid& wtxid) {
        if (young_.size() >= generation) {
            old_ = std::move(young_);
            young_.clear();
        }
        young_.insert(wtxid);
    }
    std::size_t size() const { return young_.size() + old_.size(); }

private:
    std::set<Txid> young_;
    std::set<Txid> old_;
};

}  // namespace lockstep::bitcoin
