// A Bitcoin chain as the world reads it: whose each coin is, which escrows there are and how they
// ended, and what each account paid to miners. Read from the blocks of the active chain alone, and
// taken back with them; no adapter is asked.
#pragma once

#include <map>
#include <variant>
#include <vector>

#include "bitcoin/adapter/announcement.h"
#include "bitcoin/chain/chain.h"
#include "sdk/machine/instruction.h"
#include "sdk/machine/statement.h"

namespace lockstep::sim {

// What a transaction of an account left to miners.
struct FeePaid {
    Address account;
    Amount fee;
    std::size_t vsize = 0;
};

class BitcoinBooks {
public:
    struct News {
        struct Move {
            LedgerEvent event;
            // The block in which it moved so is not on the chain any more.
            bool is_taken_back = false;
            // How many blocks it had then, its own included.
            std::uint32_t blocks = 0;
        };
        std::vector<Move> moves;
        std::vector<FeePaid> fees;  // of blocks that came; of no bytes: locked in what is no escrow
        int taken_back = 0;         // blocks
    };

    // `keys`: of everybody who has an account.
    BitcoinBooks(bitcoin::LedgerName name, const std::vector<ecdsa::CompressedKey>& keys);

    // Goes on to the tip of that chain, which is the one of the call before as it has become.
    News follow(const bitcoin::Chain& chain);

    // The account's own coins, and what it has in escrows as payer.
    Balance balance(const Address& account) const;
    // What the account has paid to miners on this chain, or locked in what is no escrow.
    Amount fees(const Address& account) const;
    // Issued: what coinbases made, less the fees that nobody took.
    AssetTotals totals(const bitcoin::Chain& chain) const;
    // Takes an escrow that stands with its preimage.
    bool is_claim(const bitcoin::Transaction& transaction) const;
    // How the first escrow that it takes would end.
    std::optional<bitcoin::EscrowPath> path_of(const bitcoin::Transaction& transaction) const;
    // Of what became of an escrow last: its own block and those on top of it.
    std::uint32_t blocks_on(const EscrowKey& key) const;

private:
    struct Coin {
        Address owner;  // of an escrow: its payer
        bitcoin::Satoshi value = 0;
        std::optional<EscrowKey> escrow;
    };
    struct Escrow {
        EscrowTerms terms;
        Bytes script;
        EscrowState state = EscrowState::prepared;
        std::size_t funded_at = 0;  // heights
        std::size_t ended_at = 0;
    };
    struct Account {
        bitcoin::Satoshi free = 0;
        bitcoin::Satoshi escrowed = 0;
        bitcoin::Satoshi fees = 0;
    };
    // What a block did, in order, to be undone the other way round.
    struct CoinMade {
        bitcoin::OutPoint place;
    };
    struct CoinSpent {
        bitcoin::OutPoint place;
        Coin coin;
    };
    struct Paid {
        Address account;
        bitcoin::Satoshi fee = 0;
    };
    using Step = std::variant<CoinMade, CoinSpent, LedgerEvent, Paid>;
    struct Block {
        bitcoin::BlockId id;
        bitcoin::Satoshi made = 0;
        std::vector<Step> steps;
    };

    void connect(const bitcoin::Chain& chain, const bitcoin::Chain::Entry& entry, News& news);
    void disconnect(std::size_t height_before, News& news);
    void read(const bitcoin::Transaction& transaction, bitcoin::Satoshi fee, Timestamp at,
              Block& block, News& news);
    void spend(const bitcoin::TxIn& input, Timestamp at, Block& block, News& news);
    void fund(const bitcoin::Transaction& transaction, const Address& payer, Timestamp at,
              Block& block, News& news);
    void tell(LedgerEvent event, Block& block, News& news);
    void add(const bitcoin::OutPoint& place, Coin coin, Block& block);
    std::optional<bitcoin::EscrowPath> path_in(const bitcoin::TxIn& input) const;
    bitcoin::Satoshi& sum_of(const Coin& coin);

    bitcoin::LedgerName name_;
    std::vector<ecdsa::CompressedKey> keys_;
    std::map<Bytes, Address> homes_;  // by script
    std::map<Address, Account> accounts_;
    std::map<bitcoin::OutPoint, Coin> coins_;
    std::map<EscrowKey, Escrow> escrows_;
    std::vector<Block> blocks_;  // by height
    bitcoin::Satoshi made_ = 0;
    std::uint64_t moves_ = 0;
};

}  // namespace lockstep::sim
