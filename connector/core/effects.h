// What one application of the machine produces: commands, messages, rows for readers, alarms. The
// parts of the machine write through here, so that each kind of output is made in one place.
#pragma once

#include "connector/core/node_machine.h"
#include "connector/core/state.h"

namespace lockstep::core {

class Effects {
public:
    Effects(State& state, Timestamp at, const Signer& signer, Outputs<NodeMachine>& out)
        : state_(state), at_(at), signer_(signer), out_(out) {}

    State& state() { return state_; }
    const State& state() const { return state_; }
    Timestamp at() const { return at_; }
    const PublicKey& self() const { return signer_.public_key(); }
    Signature sign(ByteView octets) const { return signer_.sign(octets); }

    void prepare(const Address& ledger, const EscrowTerms& terms, Timestamp not_after);
    void fulfil(const Address& ledger, const EscrowKey& escrow, const Bytes& preimage);
    void reject(const Address& ledger, const EscrowKey& escrow, const Address& payee);
    void pass_share(const Address& ledger, const EscrowKey& escrow, const Bytes& share);
    void to_peer(const PublicKey& peer, Message message);
    void make_condition(const Hash& context);
    void release_secret(const Hash& context, const Hash& entropy, const Condition& condition);
    void answer(std::uint64_t ticket, const CallerAnswer& answer);
    void refuse_caller(std::uint64_t ticket, Reason reason);

    // Writes the alarm's row and event besides.
    void alarm(std::string code, std::string detail);
    void write(TradeEntry& trade);
    void write(PaymentEntry& payment);
    void write(const InvoiceEntry& invoice);
    void write(const DealRecord& deal);
    void write_fee(const Deal& deal);
    void write(const AbortRecord& rate);
    void write_reference(const TradeName& name, const PlanId& plan);
    // Events only: a deal's row is written when it closes.
    void escrow_changed(const Deal& deal, const Leg& leg);
    void quote_changed(const Deal& deal, std::string_view state);

private:
    void write_order(RecordKind kind, Timestamp created, const PlanId& id, bool& listed);
    void event(EventKind kind, const Hash& id, std::string reference, std::string_view state,
               std::optional<Reason> reason, std::vector<EventLeg> legs = {});

    State& state_;
    Timestamp at_;
    const Signer& signer_;
    Outputs<NodeMachine>& out_;
};

// Ids derived from what a command is for: the same command after a crash has the same id, and an
// escrow of ours can be recognised without the journal.
EscrowId escrow_id(std::string_view role, ByteView of);
CommandId command_id(std::string_view what, const Address& ledger, const EscrowKey& escrow);

}  // namespace lockstep::core
