// The node's machine: forwarding, settlements, payments, quotes, liquidity, risk. Pure and
// deterministic; the folder's other files are its parts. It believes ledgers, never messages; it
// records a command before the command leaves; it rejects upstream only on proof.
#pragma once

#include <memory>

#include "connector/core/records.h"
#include "sdk/crypto/signature.h"
#include "sdk/machine/machine.h"

namespace lockstep::core {

struct State;

// What can be lost this second, per asset: outgoing escrows whose incoming one is not yet claimed,
// and what a receiver is not paid yet although its preimage may be known.
struct Exposure {
    AssetId asset;
    Amount at_risk;   // outgoing sent, held or fulfilled while the incoming is not fulfilled; a
                      // receiver's incoming from the record of its release until it is fulfilled
    Amount incoming;  // value of other incoming escrows held for us
    Amount reserved;  // by quotes and accepted terms that are not placed yet
    std::uint32_t deals = 0;
};
struct AccountView {
    Address ledger;
    Address account;
    AssetId asset;
    Amount free;
    Amount escrowed;
    Amount available;  // free less what is reserved or on its way
};
struct LedgerView {
    Address ledger;
    Timestamp ledger_time;
    std::uint8_t mode = 0;  // report::Mode
    std::optional<Timestamp> paused_since;
};

// A promise of this node as connector that nobody has used yet; the outgoing amount is reserved.
struct QuoteView {
    Hash id;
    Hash ask;
    PublicKey peer;  // who asked
    Condition condition;
    PlannedHop in;
    PlannedHop out;
    Timestamp lapse;
};

// Why a loud stop cannot be acknowledged yet, and in which ledger or escrow the cause is.
struct StopCause {
    Reason reason;
    std::string detail;
};

class NodeMachine {
public:
    using Input = NodeInput;
    using Output = NodeOutput;

    // The signer signs terms and quotes with the node's key; its signatures are deterministic, so a
    // replay computes the same ones.
    explicit NodeMachine(const Signer& signer);
    ~NodeMachine();

    // Refuses only calls of the API (an answer, not journalled); everything else is accepted and
    // what is wrong with it ignored or alarmed.
    Result<void> check(Timestamp at, const NodeInput& in) const;
    void apply(Timestamp at, const NodeInput& in, Outputs<NodeMachine>& out);
    std::optional<Timestamp> next_wake() const;

    static NodeInput wake() { return input::Wake{}; }
    static Bytes encode_input(const NodeInput& in) { return encode_node_input(in); }
    static Result<NodeInput> decode_input(ByteView octets) { return decode_node_input(octets); }
    std::uint16_t rules() const { return 1; }
    static constexpr SnapshotForm snapshot_form{"node", 3};
    Bytes write_snapshot() const;
    Result<void> read_snapshot(ByteView octets);

    // --- views for readers; they change nothing ---
    std::vector<Exposure> exposure() const;
    std::vector<AccountView> accounts() const;
    std::vector<LedgerView> ledgers() const;
    // True when a drain was asked for and nothing is open that an outage could harm.
    bool drained() const;
    bool draining() const;
    // No new business until an operator has acknowledged what the alarms say.
    bool loud_stop() const;
    // The number of the newest event, 0 before the first.
    std::uint64_t last_event() const;
    bool disk_low() const;
    // What keeps the operator from doing so.
    std::optional<StopCause> stop_cause() const;
    std::size_t open_deals() const;
    // Open deals as they stand, in the order of their ids, after that one.
    std::vector<DealRecord> deals(const std::optional<Hash>& after, std::size_t limit) const;
    // Open quotes, in the order of their ids, after that one.
    std::vector<QuoteView> quotes(const std::optional<Hash>& after, std::size_t limit) const;
    // The question a quote answers, for whoever verifies its signature; null where none is open.
    const message::QuoteAsk* pending_ask(const Hash& ask) const;
    const NodeConfig* config() const;
    // Releases that are recorded and whose preimage has not come back yet: after a restart the
    // secret keeper is asked again.
    std::vector<output::ReleaseSecret> unfinished_releases() const;
    std::size_t open_trades() const;
    const State& state() const { return *state_; }

private:
    const Signer& signer_;
    std::unique_ptr<State> state_;
};

}  // namespace lockstep::core
