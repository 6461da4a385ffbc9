// A pool behind a chain whose coins anybody may spend.
#pragma once

#include "bitcoin/pool/mempool.h"
#include "tests/unit/bitcoin_world.h"

namespace lockstep::test {

class PoolWorld : public World {
public:
    // With `coins` coinbases that may be spent: those of the blocks 1, 2, ….
    explicit PoolWorld(bitcoin::PoolPolicy policy = {}, int coins = 20);

    bitcoin::Mempool pool;
    std::int64_t now_s = start_s;

    struct Wish {
        std::vector<bitcoin::OutPoint> from;
        bitcoin::Satoshi fee = 1'000;
        std::size_t outputs = 1;
        std::uint32_t sequence = bitcoin::final_sequence;
        std::size_t data = 0;  // so many octets behind OP_RETURN, where it is not 0
    };
    // What is left of the fee is cut into equal outputs.
    bitcoin::Transaction pay(const Wish& wish);
    bitcoin::OutPoint coinbase(int height);
    static bitcoin::OutPoint place(const bitcoin::Transaction& transaction,
                                   std::uint32_t index = 0);
    // The word, or "ok".
    std::string accept(const bitcoin::Transaction& transaction);
    std::string test(const bitcoin::Transaction& transaction) const;
    bool has(const bitcoin::Transaction& transaction) const;
    // A block with these on that one, or on the tip; the pool follows.
    std::string block(std::vector<bitcoin::Transaction> transactions = {});
    std::string block_on(const bitcoin::BlockId& parent,
                         std::vector<bitcoin::Transaction> transactions = {});
    // With what the pool selects; the coinbase takes the fees.
    std::string selected_block(std::size_t weight = 3'996'000);
    void invalidate(const bitcoin::BlockId& id);
    void reconsider(const bitcoin::BlockId& id);
    // All that the pool says of itself, computed from its transactions alone.
    void check() const;

private:
    void check_families() const;
    void check_order() const;
    bitcoin::Satoshi value(const bitcoin::OutPoint& place) const;

    std::map<bitcoin::Txid, bitcoin::Transaction> made_;
};

}  // namespace lockstep::test
