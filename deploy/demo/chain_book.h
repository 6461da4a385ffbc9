// What became of every escrow and every satoshi on the Bitcoin chain, read from its blocks alone:
// nobody's word but the chain's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bitcoin/adapter/announcement.h"
#include "bitcoin/chain/block_rules.h"
#include "bitcoin/client/rpc_client.h"

namespace lockstep::demo {

// Whose outputs and escrows are told apart.
struct ChainParty {
    std::string name;
    ecdsa::CompressedKey key;
};

// An escrow that a block announces.
struct ChainEscrow {
    bitcoin::Txid funding;
    std::uint32_t height = 0;
    Condition condition;
    bitcoin::Satoshi amount = 0;
    std::string payer, payee;  // names
    struct Spend {
        bitcoin::Txid txid;
        std::uint32_t height = 0;
        bitcoin::Satoshi fee = 0;
        // A claim shows the preimage: anything else is a mistake.
        bitcoin::EscrowPath path = bitcoin::EscrowPath::claim;
    };
    std::optional<Spend> spend;
};

class ChainBook {
public:
    ChainBook(bitcoin::LedgerName ledger, std::vector<ChainParty> parties,
              const bitcoin::ChainParams& params = bitcoin::regtest_params);

    // The next one, from the genesis block on, whose coin nobody can spend and which is not
    // counted.
    void add(const bitcoin::Block& block);

    std::uint32_t height() const { return next_ - 1; }
    const std::vector<ChainEscrow>& escrows() const { return escrows_; }
    // What a party's unspent outputs come to, by name; escrows are nobody's.
    bitcoin::Satoshi balance(const std::string& name) const;
    // What it was paid by claims of escrows for it, and paid by claims of its own escrows.
    bitcoin::Satoshi earned(const std::string& name) const;
    bitcoin::Satoshi spent(const std::string& name) const;
    // What blocks paid a party.
    bitcoin::Satoshi mined_by(const std::string& name) const;
    // The fees of transactions that the party sent: for a claim the payee, else who paid in.
    bitcoin::Satoshi fees_of(const std::string& name) const;
    bitcoin::Satoshi mined() const { return mined_; }  // by all blocks, the fees that they took too
    bitcoin::Satoshi fees() const { return fees_; }
    // What is not as it must be, a line each: blocks out of order, or against a rule of the chain
    // (work, the root of their transactions, what the coinbase takes, locktimes, every script and
    // signature); spends of what is not there; escrows for nobody, spent by no path of theirs, with
    // a script that their output does not pay to, or refunded before they expired; balances and
    // fees that do not come to what was mined; a party that has anything else than what was mined
    // for it and what claims moved, less its fees.
    std::vector<std::string> mistakes() const;

private:
    struct Output {
        bitcoin::TxOut out;
        std::optional<std::size_t> escrow;  // index of escrows_
    };
    struct EscrowInput {
        std::size_t escrow = 0;  // index of escrows_
        const bitcoin::TxIn* input = nullptr;
        Bytes script;  // of the output
    };

    void check(const bitcoin::Block& block);
    // Of the stamps of the eleven blocks up to that height.
    std::int64_t median_at(int height) const;
    void add(const bitcoin::Transaction& transaction, bool coinbase);
    void announce(const bitcoin::Transaction& transaction, const bitcoin::Txid& txid,
                  bitcoin::Satoshi fee);
    void spend(const EscrowInput& spent, const bitcoin::Txid& txid, bitcoin::Satoshi fee);
    std::optional<std::string> owner_of(const Bytes& script) const;
    void mistake(std::string text);

    bitcoin::LedgerName ledger_;
    std::vector<ChainParty> parties_;
    bitcoin::ChainParams params_;
    std::vector<std::int64_t> stamps_;  // of every block, in seconds
    bitcoin::Coins coins_;              // as the rules see them
    std::map<Bytes, std::string> by_script_;
    std::map<bitcoin::OutPoint, Output> unspent_;
    std::vector<ChainEscrow> escrows_;
    std::map<std::string, bitcoin::Satoshi> fees_by_;
    std::map<std::string, bitcoin::Satoshi> mined_by_;
    bitcoin::Satoshi mined_ = 0;
    bitcoin::Satoshi fees_ = 0;
    bitcoin::BlockId tip_;
    std::uint32_t next_ = 0;  // height of the block to come
    std::vector<std::string> mistakes_;
};

// Up to the node's tip. Codes: those of RpcClient; malformed for what is no block.
Result<void, Failure> read_chain(bitcoin::RpcClient& node, ChainBook& book);

}  // namespace lockstep::demo
