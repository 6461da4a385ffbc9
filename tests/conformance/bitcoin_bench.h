// A ledger of Bitcoin's kind for the conformance kit: a node that is reached by JSON-RPC, in this
// process or elsewhere, whose clock is ours and which makes a block when one is due. Its time is
// the median of the last eleven stamps. Where it has a peer, what is taken back for a while is
// taken back by that one's longer branch, and otherwise by invalidateblock.
#pragma once

#include "sdk/machine/conformance_bench.h"
#include "sdk/service/clock.h"
#include "tests/conformance/bitcoin_peer.h"

namespace lockstep::conformance {

struct BitcoinWorld {
    Address ledger;
    AssetId asset;
    const bitcoin::Network* network = nullptr;
    std::shared_ptr<const bitcoin::BitcoinSigner> signers[role_count];
    Hash run;
    Timestamp start;
    bool is_ours = true;  // the node's clock and its blocks; elsewhere time is real
    Duration block = Duration::seconds(10);  // between blocks
    std::int64_t height = 110;               // from there on the rules count that escrows need
    int coins = 12;                          // coinbases for each of those who pay
    Amount least{200'000};
    Amount fee_allowance{100'000};
};

class BitcoinBench : public Bench {
public:
    using MakeAdapter =
        std::function<Result<std::unique_ptr<LedgerAdapter>, Failure>(Role, const World&)>;

    BitcoinBench(BitcoinWorld settings, std::unique_ptr<BitcoinPort> port, MakeAdapter make);
    // Makes blocks until the parties have coins, and the adapters. Failure: the adapter's.
    Result<void, Failure> open();
    // Before it is opened: a second node, and where the first one reaches it (HOST:PORT).
    void connect(std::unique_ptr<BitcoinPort> peer, const std::string& address);

    const World& world() const override { return world_; }
    void give(Role role, AdapterInput input) override;
    void pass(Duration time) override;
    Timestamp now() const override;
    Timestamp ledger_now() const override { return median_; }
    void reach(Timestamp ledger_time) override;
    bool restart_ledger() override;
    bool claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                    Result<void>& answer) override;
    std::vector<Forgery> forgeries() const override { return {}; }
    bool roll_back(const EscrowKey& escrow) override;
    bool roll_back_for_now(const EscrowKey& escrow) override;

    // For tests of the bench itself: what an adapter would do, and how many blocks have it; 0: it
    // is in the pool, -1: nowhere.
    void fund(const EscrowTerms& terms);
    std::int64_t confirmations(const EscrowKey& escrow);

protected:
    std::unique_ptr<LedgerAdapter> make_adapter(Role role) override;
    void carry(Role role, const Request& request) override;
    bool is_instruction(const Request& request) const override;
    void cut_stream(Role) override {}

private:
    // A branch that others made and that will be left again.
    struct Detour {
        std::string theirs;  // its first block
        std::string ours;    // the block that comes again
        Timestamp ends;
    };
    // Who leaves the block of an escrow: each node there is, told to, or the peer alone, whose
    // branch the node then follows.
    enum class By { command, peer };
    const bitcoin::BitcoinSigner& signer(Role role) const;
    Bytes script_of(Role role) const;
    bitcoin::EscrowLock lock_of(const EscrowTerms& terms) const;
    // Where the escrow's output is; nullopt where nothing pays to its script.
    std::optional<BitcoinNode::Coin> place_of(const EscrowKey& escrow);
    void set_clocks();
    void mine();
    Result<void, Failure> prepare_chain();
    void advance(Timestamp to);
    void end_detour();
    void leave(const std::string& block, By by);
    std::optional<Detour> take_back(const EscrowKey& escrow, By by);

    BitcoinWorld settings_;
    World world_;
    BitcoinNode node_;
    std::unique_ptr<BitcoinPeer> peer_;
    MakeAdapter make_;
    service::LedgerClock clock_;
    Timestamp now_;
    Timestamp next_block_;
    Timestamp median_;
    std::map<EscrowKey, EscrowTerms> prepared_;
    std::optional<Detour> detour_;
};

}  // namespace lockstep::conformance
