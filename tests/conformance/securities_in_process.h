// The securities ledger in this process: four validators on simulated hosts and a network with a
// delay, readers served from the first validator's blocks, an adapter for each party.
#pragma once

#include <set>

#include "sdk/machine/sim_host.h"
#include "securities/machine/light_client.h"
#include "securities/machine/validator_program.h"
#include "tests/conformance/in_process.h"

namespace lockstep::conformance {

class SecuritiesInProcess final : public Bench {
public:
    using MakeAdapter = Result<std::unique_ptr<LedgerAdapter>, Failure> (*)(const AdapterSetup&);

    explicit SecuritiesInProcess(MakeAdapter make);

    const World& world() const override { return world_; }
    void pass(Duration time) override;
    Timestamp now() const override { return now_; }
    bool restart_ledger() override;
    bool claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                    Result<void>& answer) override;
    std::vector<Forgery> forgeries() const override;
    bool roll_back(const EscrowKey&) override { return false; }

protected:
    std::unique_ptr<LedgerAdapter> make_adapter(Role role) override;
    void carry(Role role, const Request& request) override;
    void cut_stream(Role role) override;

private:
    using Host = SimHost<securities::ValidatorProgram>;
    using Answered = std::function<void(Result<std::vector<OpAnswer>>)>;
    struct Node {
        MemoryDisk disk;
        std::unique_ptr<Host> host;
    };
    struct Waiting {
        std::vector<Answered> callbacks;
        std::size_t refusals = 0;  // validators that will not have it
    };
    struct Message {
        std::size_t to = 0;
        securities::ValidatorInput input;
    };

    void start_validators();
    void submit(ByteView octets, Answered done);
    std::vector<OpAnswer> submit_and_wait(ByteView octets);
    Result<Bytes> answer_query(ByteView octets) const;
    void subscribe(Role role, std::uint64_t cursor);
    void serve(Role role);
    void run_validator(std::size_t index, std::vector<securities::ValidatorInput> inputs);
    void let_out(std::size_t from, std::vector<securities::ValidatorEffect> effects);
    void send(std::size_t to, Bytes octets, std::size_t from);
    void settle(const Hash& transaction, const Result<std::vector<OpAnswer>>& answers);
    // The next thing that happens not after `limit`; false when there is none.
    bool happen(Timestamp limit);
    const securities::Ledger& ledger() const;
    // The last leaf before this height that concerns the payee, with its proof.
    std::optional<securities::ProvenLeaf> leaf_before(std::uint64_t height) const;
    std::optional<Bytes> block(std::size_t validator, std::uint64_t height) const;

    MakeAdapter make_;
    Keys keys_;
    World world_;
    Timestamp now_ = in_process_start;
    securities::Genesis genesis_;
    std::vector<std::shared_ptr<const Signer>> signers_;
    std::vector<Node> nodes_;
    std::multimap<std::pair<Timestamp, std::uint64_t>, Message> messages_;
    std::uint64_t order_ = 0;
    std::map<Hash, Waiting> waiting_;
    std::optional<std::uint64_t> heights_[role_count];  // that each reader has
};

}  // namespace lockstep::conformance
