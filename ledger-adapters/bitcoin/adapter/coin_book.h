// The coins of the account, as the blocks show them: what is not spent, and what was spent so
// lately that a reorganisation may give it back. What waits in a pool is not in it.
//
// What is remembered: 'c' place: the coin.
#pragma once

#include <map>

#include "bitcoin/adapter/coin_selection.h"
#include "bitcoin/chain/block.h"
#include "sdk/machine/escrow.h"
#include "sdk/machine/store.h"

namespace lockstep::bitcoin {

struct BookedCoin {
    Satoshi value = 0;
    int height = 0;
    bool coinbase = false;
    // Set aside for the fee of this escrow's refund.
    std::optional<EscrowKey> reserve_of;
    struct Spent {
        int height = 0;
        Txid by;
    };
    std::optional<Spent> spent;
};

class CoinBook {
public:
    // `home`: the script of the account's coins.
    explicit CoinBook(Bytes home) : home_(std::move(home)) {}

    static bool owns(ByteView key);
    void restore(ByteView key, ByteView value);
    void remember(std::vector<Put>& puts);

    // `reserve_of`: whose reserve an output of just `reserve` is.
    struct Funding {
        EscrowKey escrow;
        Satoshi reserve = 0;
    };
    void connect(const Transaction& transaction, int height, const std::optional<Funding>& funding);
    void disconnect(int back_to);
    // What was spent at this height or below will not come back.
    void forget(int height);
    // From a scan of the node's unspent outputs.
    void add(const OutPoint& place, const BookedCoin& coin);

    // Something changed that was not remembered yet.
    bool has_changed() const { return !changed_.empty(); }

    // Not spent, and at this tip a coinbase may be spent.
    std::vector<KeyCoin> available(int tip) const;
    std::optional<KeyCoin> reserve_of(const EscrowKey& escrow) const;
    const BookedCoin* find(const OutPoint& place) const;
    const std::map<OutPoint, BookedCoin>& all() const { return coins_; }

private:
    Bytes home_;
    std::map<OutPoint, BookedCoin> coins_;
    std::set<OutPoint> changed_;
};

}  // namespace lockstep::bitcoin
