// The node as a program that a host runs: its machine, an adapter for each ledger, a link to each
// peer and the secret keeper. No clock, socket, thread or disk: the simulator runs this very class.
//
// What always holds: an input is journalled in the turn that applies it; a command is recorded, and
// is in its adapter's puts, in that same transaction, before any request leaves; a message of a
// peer counts as received only together with what it changed; a preimage is derived only after the
// decision to release it is durable.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "connector/assembly/node_events.h"
#include "connector/assembly/secret_keeper.h"
#include "connector/assembly/step_watch.h"
#include "connector/core/node_machine.h"
#include "sdk/machine/ports.h"
#include "sdk/machine/program.h"

namespace lockstep::assembly {

// Spaces of puts: this node's own, the outbox and inbox (peer_link.h), and one for each adapter.
constexpr std::uint16_t node_space = 1;
constexpr std::uint16_t first_adapter_space = 16;

struct NodeParts {
    core::NodeConfig config;
    // One for each of config.ledgers, in that order.
    std::vector<std::unique_ptr<LedgerAdapter>> adapters;
    std::shared_ptr<const Signer> signer;
    std::shared_ptr<const SignatureScheme> scheme;
    std::shared_ptr<const SecretKeeper> keeper;
    Random* random = nullptr;
    StepWatch* watch = nullptr;  // null: nobody watches
    // Ledgers whose adapter an earlier process was ended for; effect::StallsNoted says when that is
    // in the journal.
    std::vector<Address> stalled;
};

struct NodeCounters {
    std::uint64_t inputs = 0;    // of the machine
    std::uint64_t commands = 0;  // recorded for ledgers
    std::uint64_t messages_sent = 0;
    std::uint64_t messages_taken = 0;
    std::uint64_t messages_repeated = 0;  // came before
    std::uint64_t messages_refused = 0;   // malformed, or without a signature that they need
    std::uint64_t messages_dropped = 0;   // the outbox was full
};

struct PeerStanding {
    PublicKey key;
    std::size_t waiting = 0;  // messages that it has not acknowledged
    bool reachable = true;
};

class Node final : public Program<NodeEvent, NodeEffect> {
public:
    using Input = NodeEvent;
    using Effect = NodeEffect;

    explicit Node(NodeParts parts);
    ~Node() override;

    Result<void, Failure> recover(const Recovered& recovered) override;
    void start(Timestamp at, Turn<NodeEffect>& turn) override;
    void run(Timestamp at, std::vector<NodeEvent> events, Turn<NodeEffect>& turn) override;
    std::optional<Timestamp> next_wake() const override;
    std::uint16_t rules() const override { return machine_.rules(); }
    Bytes snapshot() const override {
        return in_form(core::NodeMachine::snapshot_form, machine_.write_snapshot());
    }

    // --- views; they change nothing ---
    const core::NodeMachine& machine() const { return machine_; }
    const core::NodeConfig& config() const { return parts_.config; }
    const NodeCounters& counters() const { return counters_; }
    std::vector<PeerStanding> peers() const;
    std::uint64_t epoch() const { return epoch_; }

private:
    struct Ledger {
        Address address;
        std::unique_ptr<LedgerAdapter> adapter;
        std::uint16_t space = 0;  // 0: not known before the first turn
        std::vector<Put> restored;
        std::vector<AdapterInput> inputs;  // for the next step
        bool refused = false;              // what it says could not be verified
        bool woken = false;                // stepped because it was due, in this turn
    };
    struct Context;  // of one turn

    // --- node.cpp ---
    void take(Context& turn, event::ForCore&& event);
    void take(Context& turn, event::PeerBatchArrived&& event);
    void take(Context& turn, event::PeerReplied&& event);
    void take(Context& turn, event::FromLedger&& event);
    void take(Context& turn, event::ReleaseDurable&& event);
    void apply(Context& turn, core::NodeInput input);
    void apply_one(Context& turn, const core::NodeInput& input);
    void route(Context& turn, core::NodeOutput&& output);
    void make_condition(Context& turn, const Hash& context);
    void send(Context& turn, const PublicKey& peer, const core::Message& message);
    void receive(Context& turn, const PublicKey& peer, core::Message&& message);
    bool is_admissible(const PublicKey& peer, const core::Message& message) const;
    void step_adapters(Context& turn);
    void report(Context& turn, Ledger& ledger, std::vector<Report>& reports);
    void finish(Context& turn);
    PeerLink& link(const PublicKey& peer);
    Ledger* find_ledger(const Address& address);

    // --- node_recovery.cpp ---
    Result<void, Failure> replay(const std::vector<JournalRow>& rows);
    void restore(const std::vector<Put>& puts);
    void assign_spaces(std::vector<Put>& puts);

    NodeParts parts_;
    core::NodeMachine machine_;
    std::vector<Ledger> ledgers_;
    std::map<PublicKey, PeerLink> links_;
    std::map<PublicKey, PeerInbox> inboxes_;
    std::map<Address, std::uint16_t> spaces_;
    std::uint64_t epoch_ = 0;
    std::uint64_t life_ = 0;
    NodeCounters counters_;
    bool disk_low_ = false;
};

}  // namespace lockstep::assembly
