// What a party decides. Each decision follows from the state alone, whatever input led to it.
#include <algorithm>

#include "connector/swap/machine_turn.h"
#include "sdk/crypto/hash.h"

namespace lockstep::swap {
namespace {

// In escrow, final, and neither claimed nor given back as far as anybody has seen.
bool stands(const Swap& swap, Side side) {
    return swap.is_final(placing(side)) && swap.find(claiming(side)) == nullptr &&
           swap.find(refunding(side)) == nullptr;
}

}  // namespace

CommandId command_id(std::string_view what, const Hash& swap) {
    Bytes message;
    append(message, as_bytes("lockstep/swap/command/v1"));
    message.push_back(0);
    append(message, as_bytes(what));
    message.push_back(0);
    append(message, swap.view());
    return CommandId{sha256(message).array()};
}

std::string claim_name(const Swap& swap) {
    return swap.claims_refused == 0 ? "fulfil" : "fulfil/" + std::to_string(swap.claims_refused);
}

void SwapMachine::Turn::note_time(const Address& ledger, Timestamp time) {
    Timestamp& known = state_.times[ledger];
    known = std::max(known, time);
}

Timestamp SwapMachine::Turn::now(const Address& ledger) const {
    const auto found = state_.times.find(ledger);
    return found == state_.times.end() ? at_ : std::max(at_, found->second);
}

bool SwapMachine::Turn::both_live() const {
    const Terms& terms = state_.swap->terms;
    return machine_.is_live(terms.payment.ledger) && machine_.is_live(terms.delivery.ledger);
}

void SwapMachine::Turn::send(std::string_view what, Side side, output::ToLedger::Body body) {
    const Terms& terms = swap().terms;
    out_.push_back(output::ToLedger{terms.leg(side).ledger, command_id(what, swap_id(terms)),
                                    std::move(body)});
}

// What is not there by not_after is never there; a ledger takes no instruction that may come later
// than its longest life.
void SwapMachine::Turn::place(Side side, Timestamp place_by) {
    swap().placement = Placement::sent;
    const Timestamp not_after = std::min(place_by, at_ + Duration{max_instruction_life.us() / 2});
    send("prepare", side, op::Prepare{escrow_of(swap().terms, side), not_after});
}

void SwapMachine::Turn::give_up(Reason reason) {
    swap().given_up = true;
    if (!swap().reason) swap().reason = reason;
}

void SwapMachine::Turn::alarm(std::string code, std::string detail) {
    output::Alarm alarm{std::move(code), std::move(detail)};
    if (state_.swap) state_.swap->alarm = alarm;
    out_.push_back(std::move(alarm));
}

void SwapMachine::Turn::advance() {
    if (!state_.swap || state_.swap->end) return;
    claim();
    if (swap().role == Role::buyer)
        buy();
    else
        sell();
    finish();
}

// With the secret whatever else has happened, and however late it is: the ledger decides. Only the
// first to show it looks whether the delivery still stands, on a ledger that is live.
void SwapMachine::Turn::claim() {
    Swap& swap = this->swap();
    if (swap.claim_again) {
        if (at_ < *swap.claim_again) return;
        swap.claim_again.reset();
    }
    const Side side = other_side(swap.role);
    if (!swap.preimage || swap.claim_sent) return;
    if (swap.find(placing(side)) == nullptr || swap.is_final(claiming(side)) ||
        swap.is_final(refunding(side)))
        return;
    if (!swap.secret_out && !(stands(swap, side) && machine_.is_live(swap.terms.leg(side).ledger)))
        return;
    swap.secret_out = true;
    swap.claim_sent = true;
    send(claim_name(swap), side, op::Fulfil{key_of(escrow_of(swap.terms, side)), *swap.preimage});
}

// Until both ledgers are live an older disk may have lost what was placed: neither is anything
// placed then nor is it given up.
void SwapMachine::Turn::buy() {
    const Terms& terms = swap().terms;
    if (swap().placement == Placement::none && !swap().given_up && both_live()) {
        if (is_expired(now(terms.payment.ledger), payment_place_by(terms)))
            give_up(Reason::place_by_passed);
        else if (swap().impostors.empty())
            place(Side::payment, payment_place_by(terms));
    }
    if (!swap().released && !swap().given_up && !swap().preimage) reveal();
    if (!swap().released && swap().given_up) give_back();
}

// Only for a delivery that is final and exact on a ledger that is live, and only while the guard
// holds: from here on there is no way back.
void SwapMachine::Turn::reveal() {
    const Leg& delivery = swap().terms.delivery;
    if (!machine_.is_live(delivery.ledger)) return;
    if (!core::may_reveal(now(delivery.ledger), delivery.expiry,
                          timing_of(delivery, state_.ledgers), state_.endurance)) {
        const bool is_there = swap().find(Step::delivery) != nullptr;
        return give_up(is_there ? Reason::reveal_guard : Reason::delivery_not_placed);
    }
    if (!stands(swap(), Side::delivery) || !swap().impostors.empty()) return;
    swap().released = true;
    out_.push_back(output::Release{swap_id(swap().terms), swap().entropy, swap().terms.condition});
}

// Nobody will take the delivery any more: where the ledger lets the payee give it back alone, the
// seller need not wait for the expiry.
void SwapMachine::Turn::give_back() {
    const Leg& delivery = swap().terms.delivery;
    const OwnLedger* const ledger = find_ledger(state_.ledgers, delivery.ledger);
    const bool can = ledger != nullptr && ledger->info && ledger->info->reject == RejectRule::yes;
    if (!can || swap().preimage || swap().reject_sent || !both_live()) return;
    if (!stands(swap(), Side::delivery)) return;
    swap().reject_sent = true;
    send("reject", Side::delivery,
         op::Reject{key_of(escrow_of(swap().terms, Side::delivery)), delivery.payee});
}

void SwapMachine::Turn::sell() {
    const Terms& terms = swap().terms;
    if (swap().placement != Placement::none || swap().given_up || !both_live()) return;
    if (is_expired(std::max(now(terms.delivery.ledger), now(terms.payment.ledger)),
                   delivery_place_by(terms)))
        return give_up(swap().find(Step::payment) ? Reason::place_by_passed
                                                  : Reason::payment_not_placed);
    // It went back, or somebody took it without the secret being shown to us.
    if (swap().find(Step::payment_refund) || swap().find(Step::payment_claim))
        return give_up(Reason::payment_not_placed);
    if (!stands(swap(), Side::payment) || !swap().impostors.empty()) return;
    // A ledger may have become slower since the terms were accepted.
    const OwnView view = machine_.view(Role::seller, at_);
    if (terms.payment.expiry - terms.delivery.expiry < margin_needed(terms, view))
        return give_up(Reason::ladder_too_tight);
    place(Side::delivery, delivery_place_by(terms));
}

std::optional<End> SwapMachine::Turn::end_of() const {
    const Swap& swap = *state_.swap;
    const bool paid = swap.is_final(Step::payment_claim);
    const bool paid_back = swap.is_final(Step::payment_refund);
    const bool delivered = swap.is_final(Step::delivery_claim);
    const bool delivered_back = swap.is_final(Step::delivery_refund);
    if (paid && delivered) return End::settled;
    if ((paid && delivered_back) || (paid_back && delivered)) return End::broken;
    const bool own_never = swap.placement == Placement::absent ||
                           (swap.placement == Placement::none && swap.given_up && both_live());
    const bool touched =
        swap.find(Step::payment) != nullptr || swap.find(Step::delivery) != nullptr;
    if (own_never) return touched ? End::unwound : End::declined;
    return swap.role == Role::seller ? end_of_seller() : end_of_buyer();
}

// Has its delivery back. With the secret it claims until the payment is one way or the other, or is
// in no block and past its refund.
std::optional<End> SwapMachine::Turn::end_of_seller() const {
    const Swap& swap = *state_.swap;
    if (!swap.is_final(Step::delivery_refund)) return std::nullopt;
    const Leg& payment = swap.terms.payment;
    const bool gone = swap.find(Step::payment) == nullptr && machine_.is_live(payment.ledger) &&
                      is_expired(now(payment.ledger), payment.expiry);
    if (swap.preimage && !gone && !swap.is_final(Step::payment_refund)) return std::nullopt;
    return End::unwound;
}

// Has its money back. What it showed the secret for it goes on claiming until the delivery is over
// too; what is not there is over only by the word of a ledger that is live.
std::optional<End> SwapMachine::Turn::end_of_buyer() const {
    const Swap& swap = *state_.swap;
    const bool not_delivered =
        swap.find(Step::delivery) == nullptr && machine_.is_live(swap.terms.delivery.ledger);
    // Taken with a secret that was never shown here, and nothing came for it.
    if (swap.is_final(Step::payment_claim) && not_delivered) return End::broken;
    if (!swap.is_final(Step::payment_refund)) return std::nullopt;
    const bool claims = swap.released || swap.preimage;
    if (!claims || not_delivered || swap.is_final(Step::delivery_refund)) return End::unwound;
    return std::nullopt;
}

void SwapMachine::Turn::finish() {
    const auto end = end_of();
    if (!end) return;
    swap().end = *end;
    if (*end == End::settled) swap().reason.reset();
    if (*end == End::broken) {
        const bool seller_lost = swap().is_final(Step::payment_refund);
        alarm("broken", seller_lost ? "the delivery was claimed and the payment went back: the "
                                      "seller bears it"
                                    : "the payment was claimed and the delivery went back: the "
                                      "buyer bears it");
    }
    if (*end != End::settled && !swap().reason) {
        const Sight* const back = swap().find(refunding(own_side(swap().role)));
        swap().reason =
            back != nullptr && back->rejected ? Reason::escrow_rejected : Reason::escrow_expired;
    }
    out_.push_back(output::Ended{*end, swap().reason});
}

}  // namespace lockstep::swap
