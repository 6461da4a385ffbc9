// A node of Bitcoin's kind as the conformance kit needs it: the calls by which time passes, blocks
// are made and taken back, and coins are found. All of them are in Bitcoin Core 0.21 and 29.
#pragma once

#include <memory>

#include "bitcoin/adapter/transactions.h"
#include "sdk/codec/json.h"

namespace lockstep::conformance {

// What carries a body to a node and its answer back; of any HTTP status, as long as it is JSON-RPC.
class BitcoinPort {
public:
    virtual ~BitcoinPort() = default;
    virtual Result<std::string> post(const std::string& body) = 0;
    // The node dies and starts again; false where that is not ours to do.
    virtual bool restart() { return false; }
};

class BitcoinNode {
public:
    explicit BitcoinNode(std::unique_ptr<BitcoinPort> port, const bitcoin::Network& network)
        : port_(std::move(port)), network_(network) {}

    BitcoinPort& port() { return *port_; }
    const bitcoin::Network& network() const { return network_; }

    // The node's error is the failure: its code as text, and its words.
    Result<Json, Failure> call(const std::string& method, Json params);
    // A failure ends the process: the kit cannot go on.
    Json must(const std::string& method, Json params);

    struct Tip {
        std::string block;
        std::int64_t height = 0;
        Timestamp median;  // the ledger's time
    };
    Tip tip();
    // The node's clock, which stands still between calls.
    void set_time(Timestamp at);
    void mine(int blocks, ByteView script);
    // With these and nothing else.
    Result<void, Failure> mine_only(const std::vector<bitcoin::Transaction>& transactions,
                                    ByteView script);
    Result<void, Failure> send(const bitcoin::Transaction& transaction);

    struct Coin {
        bitcoin::OutPoint place;
        bitcoin::Satoshi value = 0;
        std::int64_t height = 0;  // 0: in the pool
    };
    // The unspent ones that are in a block.
    std::vector<Coin> coins(ByteView script);
    // With those in the pool.
    std::vector<Coin> coins_and_pool(ByteView script);
    // Of a block, or of the pool where there is no block.
    std::optional<bitcoin::Transaction> transaction(const bitcoin::Txid& id,
                                                    const std::optional<std::string>& block);
    std::string block_at(std::int64_t height);

private:
    std::unique_ptr<BitcoinPort> port_;
    const bitcoin::Network& network_;
};

}  // namespace lockstep::conformance
