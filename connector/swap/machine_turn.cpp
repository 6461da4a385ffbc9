#include "connector/swap/machine_turn.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::swap {
namespace {

// Longest that a ledger still takes an instruction that names a swap that is over.
constexpr Duration past_kept = max_instruction_life;

CommandId command_id(std::string_view what, const Hash& swap) {
    Bytes message;
    append(message, as_bytes("lockstep/swap/command/v1"));
    message.push_back(0);
    append(message, as_bytes(what));
    message.push_back(0);
    append(message, swap.view());
    return CommandId{sha256(message).array()};
}

EscrowKey key_of(const EscrowTerms& terms) {
    return {terms.payer, terms.id};
}

Side own_side(Role role) {
    return role == Role::buyer ? Side::payment : Side::delivery;
}
Side other_side(Role role) {
    return role == Role::buyer ? Side::delivery : Side::payment;
}
Step placing(Side side) {
    return side == Side::payment ? Step::payment : Step::delivery;
}
Step refunding(Side side) {
    return side == Side::payment ? Step::payment_refund : Step::delivery_refund;
}
Step claiming(Side side) {
    return side == Side::payment ? Step::payment_claim : Step::delivery_claim;
}
Step step_of(Side side, EscrowState state) {
    switch (state) {
        case EscrowState::prepared:
            return placing(side);
        case EscrowState::fulfilled:
            return claiming(side);
        case EscrowState::refunded_expired:
        case EscrowState::refunded_rejected:
            return refunding(side);
    }
    UNREACHABLE();
}

// In escrow, final, and neither claimed nor given back as far as anybody has seen.
bool stands(const Swap& swap, Side side) {
    return swap.is_final(placing(side)) && swap.find(claiming(side)) == nullptr &&
           swap.find(refunding(side)) == nullptr;
}

}  // namespace

namespace {

void note_info(OwnLedger& ledger, const std::optional<LedgerInfo>& info) {
    if (!info) return;
    ledger.info = *info;
    ledger.timing = worse(ledger.timing, {info->profile, info->expiry_rule});
}

}  // namespace

// --- what is noted ---

void SwapMachine::Turn::take(const input::Configure& in) {
    std::vector<OwnLedger> ledgers = in.ledgers;
    // What a ledger has said of itself stays known.
    for (OwnLedger& ledger : ledgers)
        if (const OwnLedger* const before = find_ledger(state_.ledgers, ledger.ledger))
            note_info(ledger, before->info);
    state_.endurance = in.endurance;
    state_.ledgers = std::move(ledgers);
}

void SwapMachine::Turn::take(const input::Begin& in) {
    if (state_.swap) forget(*state_.swap);
    Swap& begun = state_.swap.emplace();
    begun.role = in.role;
    begun.terms = in.terms;
    begun.proposer = in.proposer;
    begun.entropy = in.entropy;
    const Side other = other_side(in.role);
    send("expect", other, command::Expect{escrow_of(in.terms, other)});
    take_strays();
}

void SwapMachine::Turn::take(const input::Health& in) {
    note_time(in.ledger, in.ledger_time);
    state_.modes[in.ledger] = in.mode;
}

void SwapMachine::Turn::take(const input::Described& in) {
    for (OwnLedger& ledger : state_.ledgers)
        if (ledger.ledger == in.info.ledger) note_info(ledger, in.info);
}

void SwapMachine::Turn::take(const input::Released& in) {
    if (!state_.swap || !state_.swap->released) return;
    if (fulfils(in.preimage, state_.swap->terms.condition)) state_.swap->preimage = in.preimage;
}

void SwapMachine::Turn::take(const input::Answered& in) {
    if (!state_.swap || in.outcome != static_cast<std::uint8_t>(report::Answer::Outcome::refused))
        return;
    const Hash id = swap_id(swap().terms);
    if (in.id == command_id("prepare", id)) {
        // By the ledger's word it is not there and cannot come.
        if (swap().placement != Placement::sent || swap().find(placing(own_side(swap().role))))
            return;
        swap().placement = Placement::absent;
        give_up(in.reason);
    } else if (in.id == command_id("fulfil", id) && in.reason != Reason::already_fulfilled) {
        const Leg& leg = swap().terms.other(swap().role);
        alarm("claim_refused", "the claim of " + format_amount(leg.amount, leg.asset.scale()) +
                                   " " + leg.asset.code() + " on " + leg.ledger.text() +
                                   " was refused: " + std::string(describe(in.reason)));
    }
}

void SwapMachine::Turn::learn(const input::Reported& in) {
    if (!in.preimage || swap().preimage) return;
    if (fulfils(*in.preimage, swap().terms.condition)) swap().preimage = in.preimage;
}

void SwapMachine::Turn::take(const input::Reported& in) {
    note_time(in.ledger, in.ledger_time);
    if (!state_.swap || !take_own(in)) keep_stray(in);
}

bool SwapMachine::Turn::take_own(const input::Reported& in) {
    for (const Side side : {Side::payment, Side::delivery}) {
        const EscrowTerms expected = escrow_of(swap().terms, side);
        if (in.ledger != swap().terms.leg(side).ledger || key_of(in.terms) != key_of(expected))
            continue;
        if (in.terms != expected) {
            // Another escrow under this one's name. It is none of this swap's, and the true one
            // cannot come any more.
            give_up(Reason::escrow_mismatch);
            alarm("escrow_mismatch",
                  "the escrow on " + in.ledger.text() +
                      " is not the one that was agreed; nothing is placed against it");
            return true;
        }
        const bool own = side == own_side(swap().role);
        // A data directory that was lost or is older than this: the escrow is ours by its id.
        if (own && swap().placement != Placement::sent) swap().placement = Placement::sent;
        learn(in);
        const Step step = step_of(side, in.state);
        Sight sight{in.certainty, in.locator, in.ledger_time,
                    in.state == EscrowState::refunded_rejected};
        const Sight* const known = swap().find(step);
        if (in.certainty == Certainty::rolled_back) {
            if (known == nullptr) return true;
            swap().sights.erase(step);
            // What was done about it is gone with it, and is done again when it comes again.
            if (!own) swap().claim_sent = false;
        } else {
            // Events come at least once; what is final is no news again.
            if (known != nullptr &&
                (known->certainty == Certainty::final_ ||
                 (known->certainty == sight.certainty && known->locator == sight.locator)))
                return true;
            swap().sights[step] = sight;
        }
        out_.push_back(output::Told{step, std::move(sight)});
        return true;
    }
    return false;
}

// Of several states each is kept as it was told last, so that what is taken later is what would
// have been taken then. One that is over is of no use to anybody.
void SwapMachine::Turn::keep_stray(const input::Reported& in) {
    const auto place = std::pair{in.ledger, key_of(in.terms)};
    const bool is_over = in.certainty == Certainty::final_ && in.state != EscrowState::prepared;
    std::erase_if(state_.strays, [&](const auto& one) {
        return is_expired(at_, one.second.front().terms.expiry + past_kept);
    });
    if (is_over) {
        state_.strays.erase(place);
        return;
    }
    std::vector<input::Reported>& told = state_.strays[place];
    std::erase_if(told, [&](const auto& one) { return one.state == in.state; });
    if (in.certainty != Certainty::rolled_back) told.push_back(in);
    std::sort(told.begin(), told.end(),
              [](const auto& a, const auto& b) { return a.state < b.state; });
    if (told.empty()) state_.strays.erase(place);
    if (state_.strays.size() <= max_strays) return;
    state_.strays.erase(std::min_element(
        state_.strays.begin(), state_.strays.end(), [](const auto& a, const auto& b) {
            return a.second.front().terms.expiry < b.second.front().terms.expiry;
        }));
}

void SwapMachine::Turn::take_strays() {
    for (const Side side : {Side::payment, Side::delivery}) {
        const auto found = state_.strays.find(
            {swap().terms.leg(side).ledger, key_of(escrow_of(swap().terms, side))});
        if (found == state_.strays.end()) continue;
        const std::vector<input::Reported> told = std::move(found->second);
        state_.strays.erase(found);
        for (const input::Reported& one : told)
            take_own(one);
    }
}

// --- what is done ---

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

void SwapMachine::Turn::forget(const Swap& over) {
    state_.past[swap_id(over.terms)] = over.terms.payment.expiry + past_kept;
    std::erase_if(state_.past, [&](const auto& one) { return is_expired(at_, one.second); });
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
    out_.push_back(output::Alarm{std::move(code), std::move(detail)});
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

// With the secret whatever else has happened, and however late it is: the ledger decides.
void SwapMachine::Turn::claim() {
    const Side side = other_side(swap().role);
    if (!swap().preimage || swap().claim_sent || !stands(swap(), side)) return;
    swap().claim_sent = true;
    send("fulfil", side, op::Fulfil{key_of(escrow_of(swap().terms, side)), *swap().preimage});
}

void SwapMachine::Turn::buy() {
    const Terms& terms = swap().terms;
    if (swap().placement == Placement::none && !swap().given_up) {
        if (is_expired(now(terms.payment.ledger), payment_place_by(terms)))
            give_up(Reason::place_by_passed);
        else if (both_live())
            place(Side::payment, payment_place_by(terms));
    }
    if (!swap().released && !swap().given_up) reveal();
    if (!swap().released && swap().given_up) give_back();
}

// Only for a delivery that is final and exact on a ledger that is live, and only while the guard
// holds: from here on there is no way back.
void SwapMachine::Turn::reveal() {
    const Leg& delivery = swap().terms.delivery;
    if (!core::may_reveal(now(delivery.ledger), delivery.expiry,
                          timing_of(delivery, state_.ledgers), state_.endurance)) {
        const bool is_there = swap().find(Step::delivery) != nullptr;
        return give_up(is_there ? Reason::reveal_guard : Reason::delivery_not_placed);
    }
    if (!stands(swap(), Side::delivery) || !machine_.is_live(delivery.ledger)) return;
    swap().released = true;
    out_.push_back(output::Release{swap_id(swap().terms), swap().entropy, swap().terms.condition});
}

// Nobody will take the delivery any more: where the ledger lets the payee give it back alone, the
// seller need not wait for the expiry.
void SwapMachine::Turn::give_back() {
    const Leg& delivery = swap().terms.delivery;
    const OwnLedger* const ledger = find_ledger(state_.ledgers, delivery.ledger);
    const bool can = ledger != nullptr && ledger->info && ledger->info->reject == RejectRule::yes;
    if (!can || swap().preimage || swap().reject_sent || !stands(swap(), Side::delivery)) return;
    swap().reject_sent = true;
    send("reject", Side::delivery,
         op::Reject{key_of(escrow_of(swap().terms, Side::delivery)), delivery.payee});
}

void SwapMachine::Turn::sell() {
    const Terms& terms = swap().terms;
    if (swap().placement != Placement::none || swap().given_up) return;
    if (is_expired(std::max(now(terms.delivery.ledger), now(terms.payment.ledger)),
                   delivery_place_by(terms)))
        return give_up(swap().find(Step::payment) ? Reason::place_by_passed
                                                  : Reason::payment_not_placed);
    // It went back, or somebody took it without the secret being shown to us.
    if (swap().find(Step::payment_refund) || swap().find(Step::payment_claim))
        return give_up(Reason::payment_not_placed);
    if (!stands(swap(), Side::payment) || !both_live()) return;
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
    const bool own_never =
        swap.placement == Placement::absent || (swap.placement == Placement::none && swap.given_up);
    const bool touched =
        swap.find(Step::payment) != nullptr || swap.find(Step::delivery) != nullptr;
    if (own_never) return touched ? End::unwound : End::declined;
    if (swap.role == Role::seller) {
        if (delivered_back) return End::unwound;
        return std::nullopt;
    }
    // Taken with a secret that was never shown here, and nothing came for it.
    if (paid && swap.find(Step::delivery) == nullptr) return End::broken;
    // The buyer has its money back. What it decided to take it goes on claiming until the delivery
    // is over too.
    if (paid_back && (!swap.released || swap.find(Step::delivery) == nullptr)) return End::unwound;
    if (paid_back && delivered_back) return End::unwound;
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
