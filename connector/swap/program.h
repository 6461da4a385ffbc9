// One party of a direct swap as a program that a host runs: its machine, and the adapters of the
// two ledgers. No clock, socket, thread or disk.
//
// What always holds: an input is journalled in the turn that applies it; a command is in its
// adapter's puts in that same transaction, before any request leaves; the secret is derived only
// after the decision to show it is durable.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "connector/assembly/secret_keeper.h"
#include "connector/swap/machine.h"
#include "sdk/machine/ports.h"
#include "sdk/machine/program.h"

namespace lockstep::swap {

namespace event {

// To propose: as the buyer, with a condition that is made here (the one in the terms is ignored).
// To accept: as the seller.
struct Begin {
    Role role = Role::buyer;
    Terms terms;
    PublicKey proposer;
};
// From the ledger's transport: Reply, StreamFrame or StreamDown.
struct FromLedger {
    std::size_t ledger = 0;  // index in ProgramParts::ledgers
    AdapterInput input;
};
// An effect::Release has left, so the decision is durable: the same fields.
struct ReleaseDurable {
    output::Release release;
};

}  // namespace event
using Event = std::variant<event::Begin, event::FromLedger, event::ReleaseDurable>;

namespace effect {

struct ToLedger {
    std::size_t ledger = 0;
    Request request;
};
// Gives event::ReleaseDurable back, nothing else.
struct Release {
    output::Release release;
};
// The swap is in the journal, or it was refused and why.
struct Begun {
    Result<Terms> terms;
};
// A ledger is live, or is no more, or says more of itself.
struct LedgerChanged {
    std::size_t ledger = 0;
    report::Mode mode = report::Mode::catching_up;
    std::string detail;
    Timestamp ledger_time;  // zero: it has told none yet
};

}  // namespace effect
using Effect = std::variant<effect::ToLedger, effect::Release, effect::Begun, effect::LedgerChanged,
                            output::Told, output::Ended, output::Alarm>;

struct ProgramLedger {
    OwnLedger own;  // without info
    std::unique_ptr<LedgerAdapter> adapter;
};
struct ProgramParts {
    core::Endurance endurance;
    std::vector<ProgramLedger> ledgers;
    std::shared_ptr<const assembly::SecretKeeper> keeper;
    Random* random = nullptr;
};

class SwapProgram final : public Program<Event, Effect> {
public:
    explicit SwapProgram(ProgramParts parts);
    ~SwapProgram() override;

    Result<void, Failure> recover(const Recovered& recovered) override;
    void start(Timestamp at, Turn<Effect>& turn) override;
    void run(Timestamp at, std::vector<Event> events, Turn<Effect>& turn) override;
    std::optional<Timestamp> next_wake() const override;
    std::uint16_t rules() const override { return machine_.rules(); }
    Bytes snapshot() const override {
        return in_form(SwapMachine::snapshot_form, machine_.write_snapshot());
    }

    // --- views; they change nothing ---
    const SwapMachine& machine() const { return machine_; }
    // What is free on our accounts, as their ledgers said last.
    const std::map<std::pair<Address, AssetId>, Amount>& free() const { return free_; }

private:
    struct Ledger {
        OwnLedger own;
        std::unique_ptr<LedgerAdapter> adapter;
        std::uint16_t space = 0;  // of its puts; 0: not known before the first turn
        std::vector<Put> restored;
        std::vector<AdapterInput> inputs;    // for the next step
        bool woken = false;                  // stepped because it was due, in this turn
        std::optional<report::Health> told;  // that the machine heard
    };
    struct Context {
        Timestamp at;
        Turn<Effect>& turn;
    };

    void take(Context& context, event::Begin&& event);
    void take(Context& context, event::FromLedger&& event);
    void take(Context& context, event::ReleaseDurable&& event);
    void apply(Context& context, const MachineInput& input);
    void route(Context& context, MachineOutput&& output);
    void step_adapters(Context& context);
    void report(Context& context, std::size_t ledger, std::vector<Report>& reports);
    void hear(Context& context, std::size_t ledger, const report::Health& health);

    // --- program_recovery.cpp ---
    Result<void, Failure> replay(const std::vector<JournalRow>& rows);
    Result<void, Failure> check_configured() const;
    void restore(const std::vector<Put>& puts);
    void assign_spaces(std::vector<Put>& puts);

    ProgramParts parts_;
    SwapMachine machine_;
    std::vector<Ledger> ledgers_;
    std::map<Address, std::uint16_t> spaces_;
    std::map<std::pair<Address, AssetId>, Amount> free_;
};

}  // namespace lockstep::swap
