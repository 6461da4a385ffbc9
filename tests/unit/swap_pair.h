// Two parties of a swap on simulated hosts, and two ledgers, an open one that may take back what is
// not final and a strict one, that do what they are told to as soon as it reaches them: time,
// deliveries, crashes and their persistence points are the test's.
#pragma once

#include <map>
#include <memory>
#include <random>

#include "connector/swap/program.h"
#include "sdk/machine/sim_host.h"
#include "tests/unit/swap_story.h"

namespace lockstep::test {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : random_(seed) {}
    void fill(std::span<std::uint8_t> bytes) override {
        for (std::uint8_t& byte : bytes)
            byte = static_cast<std::uint8_t>(random_());
    }

private:
    std::mt19937_64 random_;
};

struct ModelRules {
    bool open = false;  // takes a claim until the payer has sent the refund; else it refunds itself
    Duration until_final;  // from the first sight on, and may take back what is not
};

class ModelLedger {
public:
    explicit ModelLedger(ModelRules rules) : rules_(rules) {}

    std::optional<Reason> run(Timestamp now, const Op& op);
    void pass(Timestamp now);
    // The last change that is not final is gone, and comes again when time passes if it still may.
    // False where there is none.
    bool roll_back(Timestamp now);
    const std::vector<report::Escrow>& events() const { return events_; }
    std::optional<EscrowState> state() const;
    // Whether more than one escrow was ever made.
    std::size_t escrows() const { return escrows_.size(); }
    bool is_open() const { return rules_.open; }

private:
    struct Escrow {
        EscrowTerms terms;
        EscrowState state = EscrowState::prepared;
    };
    struct Change {
        Escrow escrow;
        std::optional<Bytes> preimage;
        Timestamp final_at;
    };
    void change(Timestamp now, const Escrow& escrow, std::optional<Bytes> preimage);
    void tell(Timestamp now, const Change& change, Certainty certainty);

    const ModelRules rules_;
    std::map<EscrowKey, Escrow> escrows_;
    std::vector<Change> pending_;  // seen, oldest first
    std::optional<Change> gone_;
    std::vector<report::Escrow> events_;
};

// Remembers a command until its answer came, and how many events it has told of. Sends the refund
// of its account's escrows where the ledger does not.
class ModelAdapter final : public LedgerAdapter {
public:
    ModelAdapter(LedgerInfo info, Address account, const ModelLedger& ledger)
        : info_(std::move(info)), account_(std::move(account)), ledger_(ledger) {}
    void restore(const std::vector<Put>& puts) override;
    void step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) override;
    std::optional<Timestamp> next_wake() const override { return std::nullopt; }

private:
    void send(const Bytes& octets, AdapterOutputs& out);
    void refund(Timestamp at, AdapterOutputs& out);

    const LedgerInfo info_;
    const Address account_;
    const ModelLedger& ledger_;
    std::map<CommandId, Bytes> open_;
    std::map<std::uint64_t, CommandId> asked_;
    std::uint64_t next_request_ = 0;
    std::uint64_t told_ = 0;
};

class SwapPair {
public:
    explicit SwapPair(std::uint64_t seed);

    using Host = SimHost<swap::SwapProgram>;
    struct Party {
        MemoryDisk disk;
        std::unique_ptr<Host> host;
        std::vector<std::pair<std::size_t, Request>> to_ledgers;  // on the way
        std::vector<swap::Event> to_host;                         // on the way back
        std::optional<swap::End> end;
        bool gone = false;  // for good
    };
    Party buyer, seller;
    // As their profiles in the terms say.
    ModelLedger payment{{true, chain_profile.finality}}, delivery{{false, Duration{}}};
    unsigned rollbacks = 1;  // of the payment's ledger that are still to come
    Timestamp now = swap_start;

    // Until both have ended or are gone, or everything has expired long since. Parties die at
    // persistence points at most `crashes` times, each for less than a second.
    void run(unsigned crashes);
    // The same in parts: so many turns from the start, one turn, to the end.
    void run_until_turn(std::size_t turns);
    void turn(unsigned crashes);
    void run_on(unsigned crashes);
    // Whoever has left does not see the last expiry; the ledgers do.
    void expire();
    // A host that has not begun, started.
    void start(Party& party, Role role);
    void begin(Party& party, Role role);
    // Dies, and comes back from the disk of another time.
    void restore(Party& party, Role role, const MemoryDisk& disk);
    // What leaves in a turn, given further.
    void take(Party& party, std::vector<swap::Effect> effects);
    std::size_t below(std::size_t count) { return random_() % count; }
    swap::ProgramParts parts(Role role);
    // As it is before its first start.
    std::unique_ptr<swap::SwapProgram> make(Role role);

private:
    void work(Party& party, Role role);
    void deliver(Party& party);

    std::mt19937_64 random_;
    std::unique_ptr<Random> entropy_;
    std::optional<swap::Terms> agreed_;
    std::map<Party*, Timestamp> down_until_;
    unsigned crashed_ = 0;
};

}  // namespace lockstep::test
