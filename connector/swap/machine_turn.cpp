// What is noted of what came.
#include "connector/swap/machine_turn.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::swap {
namespace {

// Longest that a ledger still takes an instruction that names a swap that is over.
constexpr Duration past_kept = max_instruction_life;

// A refused claim is made again after as long as the ledger may take to include one, and after
// more of it each time.
constexpr Duration shortest_pause = Duration::seconds(1);
constexpr Duration longest_pause = Duration::seconds(60);

// By these a ledger says that there is nothing to claim any more.
bool is_last_word(Reason reason) {
    return reason == Reason::already_fulfilled || reason == Reason::already_refunded ||
           reason == Reason::escrow_expired;
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

void note_info(OwnLedger& ledger, const std::optional<LedgerInfo>& info) {
    if (!info) return;
    ledger.info = *info;
    ledger.timing = worse(ledger.timing, {info->profile, info->expiry_rule});
}

}  // namespace

void SwapMachine::Turn::take(const input::Configure& in) {
    std::vector<OwnLedger> ledgers = in.ledgers;
    // What a ledger has said of itself stays known.
    for (OwnLedger& ledger : ledgers)
        if (const OwnLedger* const before = find_ledger(state_.ledgers, ledger.ledger))
            note_info(ledger, before->info);
    state_.endurance = in.endurance;
    state_.ledgers = std::move(ledgers);
}

void SwapMachine::Turn::take(const input::Started&) {
    state_.modes.clear();
    if (state_.swap) state_.swap->claim_again.reset();
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
    if (in.id == command_id("prepare", id))
        prepare_refused(in.reason);
    else if (in.id == command_id(claim_name(swap()), id) && swap().claim_sent)
        claim_refused(in.reason);
}

// By the ledger's word it is not there and cannot come. Where it was seen nevertheless, the word
// holds once the sight is gone.
void SwapMachine::Turn::prepare_refused(Reason reason) {
    const Step own = placing(own_side(swap().role));
    if (swap().placement != Placement::sent || swap().is_final(own)) return;
    if (swap().find(own) != nullptr) {
        swap().place_refusal = reason;
        return;
    }
    swap().placement = Placement::absent;
    give_up(reason);
}

// Told once for each reason.
void SwapMachine::Turn::claim_refused(Reason reason) {
    const Side side = other_side(swap().role);
    const Leg& leg = swap().terms.leg(side);
    if (!is_last_word(reason)) {
        swap().claim_sent = false;
        const Duration inclusion = timing_of(leg, state_.ledgers).profile.inclusion;
        const auto times = static_cast<std::int64_t>(++swap().claims_refused);
        swap().claim_again = at_ + std::clamp(std::min(inclusion, longest_pause) * times,
                                              shortest_pause, longest_pause);
    }
    // What is in no block cannot be claimed yet.
    const bool waits = reason == Reason::unknown_escrow && !swap().is_final(placing(side));
    if (waits || reason == Reason::already_fulfilled || swap().claim_refusal == reason) return;
    swap().claim_refusal = reason;
    alarm("claim_refused", "the claim of " + format_amount(leg.amount, leg.asset.scale()) + " " +
                               leg.asset.code() + " on " + leg.ledger.text() +
                               " was refused: " + std::string(describe(reason)));
}

void SwapMachine::Turn::learn(const input::Reported& in) {
    if (!in.preimage || !fulfils(*in.preimage, swap().terms.condition)) return;
    swap().preimage = in.preimage;
    swap().secret_out = true;
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
            note_impostor(in, side);
            return true;
        }
        const bool own = side == own_side(swap().role);
        if (own && swap().placement != Placement::sent) note_own_escrow(in.ledger);
        learn(in);
        const Step step = step_of(side, in.state);
        Sight sight{in.certainty, in.locator, in.ledger_time,
                    in.state == EscrowState::refunded_rejected};
        const Sight* const known = swap().find(step);
        if (in.certainty == Certainty::rolled_back) {
            if (known == nullptr) return true;
            note_gone(step, own);
        } else {
            // Events come at least once; what is final is no news again.
            if (known != nullptr &&
                (known->certainty == Certainty::final_ ||
                 (known->certainty == sight.certainty && known->locator == sight.locator)))
                return true;
            swap().sights[step] = sight;
            if (own && swap().is_final(placing(side))) swap().place_refusal.reset();
        }
        // Whatever a claim was refused for may be otherwise now.
        swap().claim_again.reset();
        out_.push_back(output::Told{step, std::move(sight)});
        return true;
    }
    return false;
}

// Another escrow under this one's name. It is none of this swap's, nothing is placed or shown
// beside it, and once it is final the true one cannot come any more.
void SwapMachine::Turn::note_impostor(const input::Reported& in, Side side) {
    if (in.certainty == Certainty::rolled_back) {
        swap().impostors.erase(side);
        return;
    }
    const bool known = !swap().impostors.insert(side).second;
    if (in.certainty != Certainty::final_ || (known && swap().reason == Reason::escrow_mismatch))
        return;
    give_up(Reason::escrow_mismatch);
    alarm("escrow_mismatch", "the escrow on " + in.ledger.text() +
                                 " is not the one that was agreed; nothing is placed against it");
}

// The journal does not have that it was placed: the data directory is older than that. It is ours
// by its id, and what was ended without it goes on.
void SwapMachine::Turn::note_own_escrow(const Address& ledger) {
    const bool refused = std::exchange(swap().placement, Placement::sent) == Placement::absent;
    swap().end.reset();
    if (refused)
        alarm("ledger_contradicts",
              "the escrow of this swap on " + ledger.text() + " was refused before and is there");
    else
        alarm("unknown_escrow", "the escrow of this swap on " + ledger.text() +
                                    " is not in the journal: the data directory is older than it; "
                                    "the swap goes on");
}

void SwapMachine::Turn::note_gone(Step step, bool own) {
    swap().sights.erase(step);
    // What was done about it is gone with it, and is done again when it comes again.
    if (!own) swap().claim_sent = false;
    if (own && step == placing(own_side(swap().role)) && swap().place_refusal)
        prepare_refused(*std::exchange(swap().place_refusal, std::nullopt));
}

void SwapMachine::Turn::forget(const Swap& over) {
    state_.past[swap_id(over.terms)] = {over.terms.condition,
                                        over.terms.payment.expiry + past_kept};
    std::erase_if(state_.past, [&](const auto& one) { return is_expired(at_, one.second.until); });
}

bool SwapMachine::Turn::is_past(const EscrowId& escrow) const {
    return std::any_of(state_.past.begin(), state_.past.end(), [&](const auto& one) {
        return escrow == escrow_id(one.first, Side::payment) ||
               escrow == escrow_id(one.first, Side::delivery);
    });
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
    if (in.certainty == Certainty::rolled_back && !state_.strays.contains(place)) return;
    std::vector<input::Reported>& told = state_.strays[place];
    const OwnLedger* const ledger = find_ledger(state_.ledgers, in.ledger);
    const bool is_ours =
        ledger != nullptr && std::find(ledger->accounts.begin(), ledger->accounts.end(),
                                       in.terms.payer) != ledger->accounts.end();
    if (told.empty() && is_ours && !is_past(in.terms.id))
        alarm("unknown_escrow",
              "an escrow of " + in.terms.payer.text() +
                  " is in no journal of this directory: it is older than the escrow, or others "
                  "spend from this account");
    std::erase_if(told, [&](const auto& one) { return one.state == in.state; });
    if (in.certainty != Certainty::rolled_back) told.push_back(in);
    std::sort(told.begin(), told.end(),
              [](const auto& a, const auto& b) { return a.state < b.state; });
    if (told.empty()) state_.strays.erase(place);
    if (state_.strays.size() > max_strays) drop_stray();
}

// Who sends many loses his own, and the first to expire first.
void SwapMachine::Turn::drop_stray() {
    std::map<std::pair<Address, Address>, std::size_t> counts;  // by ledger and payer
    const auto sender = [](const auto& one) {
        return std::pair{one.first.first, one.first.second.payer};
    };
    for (const auto& one : state_.strays)
        ++counts[sender(one)];
    const auto order = [&](const auto& one) {
        return std::pair{-static_cast<std::int64_t>(counts.at(sender(one))),
                         one.second.front().terms.expiry};
    };
    state_.strays.erase(
        std::min_element(state_.strays.begin(), state_.strays.end(),
                         [&](const auto& a, const auto& b) { return order(a) < order(b); }));
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

}  // namespace lockstep::swap
