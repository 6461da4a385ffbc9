// The cash ledger in this process: its machine on a simulated host, an adapter for each party, and
// a clock that stands still unless the kit lets it go on.
#pragma once

#include "cash/machine/feed.h"
#include "sdk/machine/machine_program.h"
#include "sdk/machine/sim_host.h"
#include "tests/conformance/in_process.h"

namespace lockstep::conformance {

class CashInProcess final : public Bench {
public:
    using MakeAdapter = Result<std::unique_ptr<LedgerAdapter>, Failure> (*)(const AdapterSetup&);

    explicit CashInProcess(MakeAdapter make);

    const World& world() const override { return world_; }
    void pass(Duration time) override;
    Timestamp now() const override { return now_; }
    bool restart_ledger() override;
    bool claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                    Result<void>& answer) override;
    std::vector<Forgery> forgeries() const override { return {}; }
    bool roll_back(const EscrowKey&) override { return false; }

protected:
    std::unique_ptr<LedgerAdapter> make_adapter(Role role) override;
    void carry(Role role, const Request& request) override;
    void cut_stream(Role role) override;

private:
    using Program = MachineProgram<cash::CashMachine>;

    void start_ledger();
    void advance(Timestamp to);
    Result<std::vector<OpAnswer>> submit(ByteView octets);
    Result<Bytes> answer_query(ByteView octets);
    void subscribe(Role role, std::uint64_t cursor);
    void spread(const std::vector<MachineEffect<cash::CashMachine>>& effects);
    void beat();
    void flush(Role role);
    const cash::CashMachine& machine() const { return host_->program().machine(); }

    MakeAdapter make_;
    Keys keys_;
    World world_;
    Timestamp now_ = in_process_start;
    Timestamp next_beat_ = in_process_start;
    MemoryDisk disk_;
    std::unique_ptr<SimHost<Program>> host_;
    std::uint64_t last_ticket_ = 0;
    std::optional<cash::Feed> feeds_[role_count];
};

}  // namespace lockstep::conformance
