// The outputs that are not spent, and how a block changes them: forth, and back again.
#pragma once

#include <map>

#include "bitcoin/chain/block.h"

namespace lockstep::bitcoin {

struct Coin {
    TxOut output;
    int height = 0;  // of the block that made it
    bool coinbase = false;
    friend bool operator==(const Coin&, const Coin&) = default;
};

// Scripts that nobody can ever satisfy leave no coin: OP_RETURN, and those that are too long.
bool is_spendable(ByteView script);

// What a block spent, in the order of its inputs, so that it can be taken back.
struct BlockUndo {
    std::vector<Coin> spent;
};

class Coins {
public:
    const Coin* find(const OutPoint& place) const;
    std::size_t size() const { return coins_.size(); }
    const std::map<OutPoint, Coin>& all() const { return coins_; }

    // Every input is there.
    void apply(const Transaction& transaction, int height, BlockUndo& undo);
    // Of the latest block that was applied.
    void take_back(const Block& block, BlockUndo undo);

    friend bool operator==(const Coins&, const Coins&) = default;

private:
    std::map<OutPoint, Coin> coins_;
};

}  // namespace lockstep::bitcoin
