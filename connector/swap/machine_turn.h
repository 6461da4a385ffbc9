// What one input does to a party: what is noted of it, and every decision in a function of its own.
// Only machine.cpp makes a turn.
#pragma once

#include "connector/swap/machine.h"

namespace lockstep::swap {

CommandId command_id(std::string_view what, const Hash& swap);
// A ledger answers a command that it has refused as it did, so the next claim has another id.
std::string claim_name(const Swap& swap);

inline EscrowKey key_of(const EscrowTerms& terms) {
    return {terms.payer, terms.id};
}

constexpr Side own_side(Role role) {
    return role == Role::buyer ? Side::payment : Side::delivery;
}
constexpr Side other_side(Role role) {
    return role == Role::buyer ? Side::delivery : Side::payment;
}
constexpr Step placing(Side side) {
    return side == Side::payment ? Step::payment : Step::delivery;
}
constexpr Step refunding(Side side) {
    return side == Side::payment ? Step::payment_refund : Step::delivery_refund;
}
constexpr Step claiming(Side side) {
    return side == Side::payment ? Step::payment_claim : Step::delivery_claim;
}

class SwapMachine::Turn {
public:
    Turn(SwapMachine& machine, Timestamp at, Outputs<SwapMachine>& out)
        : machine_(machine), state_(machine.state_), at_(at), out_(out.outputs) {}

    void take(const input::Configure& in);
    void take(const input::Started&);
    void take(const input::Wake&) {}
    void take(const input::Begin& in);
    void take(const input::Answered& in);
    void take(const input::Reported& in);
    void take(const input::Health& in);
    void take(const input::Described& in);
    void take(const input::Released& in);
    // Whatever came, everything that follows from the state is done.
    void advance();

private:
    Swap& swap() { return *state_.swap; }
    void note_time(const Address& ledger, Timestamp time);
    // The later of our clock and the ledger's: who is late by either is late.
    Timestamp now(const Address& ledger) const;
    bool both_live() const;
    void forget(const Swap& over);
    bool is_past(const EscrowId& escrow) const;
    void note_own_escrow(const Address& ledger);
    void note_impostor(const input::Reported& in, Side side);
    void note_gone(Step step, bool own);
    // What a ledger says of one of the swap's escrows; false where it is of none.
    bool take_own(const input::Reported& in);
    void prepare_refused(Reason reason);
    void claim_refused(Reason reason);
    void learn(const input::Reported& in);
    void keep_stray(const input::Reported& in);
    void drop_stray();
    void take_strays();

    void send(std::string_view what, Side side, output::ToLedger::Body body);
    void place(Side side, Timestamp place_by);
    void give_up(Reason reason);
    void alarm(std::string code, std::string detail);

    void claim();
    void buy();
    void reveal();
    void give_back();
    void sell();
    std::optional<End> end_of() const;
    std::optional<End> end_of_seller() const;
    std::optional<End> end_of_buyer() const;
    void finish();

    SwapMachine& machine_;
    State& state_;
    const Timestamp at_;
    std::vector<MachineOutput>& out_;
};

}  // namespace lockstep::swap
