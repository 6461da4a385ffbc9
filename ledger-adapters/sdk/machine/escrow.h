// Tour 1/5: the escrow vocabulary. What is locked, for whom, under which condition and until when,
// is written down once here; ledgers, adapters and nodes use these words and no others.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sdk/base/address.h"
#include "sdk/base/amount.h"
#include "sdk/base/ids.h"
#include "sdk/base/time.h"
#include "sdk/codec/oer.h"

namespace lockstep {

// Value that a payer locks on a ledger for a payee under a condition until an expiry.
struct EscrowTerms {
    EscrowId id;  // chosen by the payer, unique per (ledger, payer)
    Address payer;
    Address payee;
    AssetId asset;
    Amount amount;
    Condition condition;
    Timestamp expiry;  // ledger time; see is_expired

    friend auto operator<=>(const EscrowTerms&, const EscrowTerms&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.id, s.payer, s.payee, s.asset, s.amount, s.condition, s.expiry);
    }
};

// An escrow is keyed by payer and id on its ledger, never by its condition.
struct EscrowKey {
    Address payer;
    EscrowId id;
    friend auto operator<=>(const EscrowKey&, const EscrowKey&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.payer, s.id);
    }
};

enum class EscrowState : std::uint8_t {
    prepared = 1,
    fulfilled = 2,
    refunded_expired = 3,   // given back because the expiry passed
    refunded_rejected = 4,  // given back early by the payee
};
std::string_view to_string(EscrowState state);
constexpr bool is_valid(EscrowState state) {
    return state >= EscrowState::prepared && state <= EscrowState::refunded_rejected;
}

// How sure an event is under the ledger's stated profile.
enum class Certainty : std::uint8_t {
    seen = 1,         // observed, may still be taken back
    final_ = 2,       // the ledger will not take it back
    rolled_back = 3,  // what was seen is gone
};
constexpr bool is_valid(Certainty certainty) {
    return certainty >= Certainty::seen && certainty <= Certainty::rolled_back;
}

// How a ledger behaves in time. All in microseconds; the worst cases the operator answers for.
struct TimingProfile {
    Duration inclusion;  // D: from submitting a valid transaction to its being observed, the
                         // ledger's restarts included
    Duration finality;   // F: from observed to final
    Duration rollback;   // R: window in which an event can be taken back
    Duration late;       // how far the ledger's clock may lag true time
    Duration early;      // how far it may lead true time
    Duration block;      // longest interval between blocks; zero where there are none

    friend bool operator==(const TimingProfile&, const TimingProfile&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.inclusion, s.finality, s.rollback, s.late, s.early, s.block);
    }
};

enum class ExpiryRule : std::uint8_t {
    strict = 1,  // a late fulfil is refused
    open = 2,    // a claim stays possible until the refund is included
};
enum class RefundRule : std::uint8_t { automatic = 1, by_anyone = 2, by_payer = 3 };
enum class RejectRule : std::uint8_t { yes = 1, cooperative = 2, no = 3 };
constexpr bool is_valid(ExpiryRule rule) {
    return rule >= ExpiryRule::strict && rule <= ExpiryRule::open;
}
constexpr bool is_valid(RefundRule rule) {
    return rule >= RefundRule::automatic && rule <= RefundRule::by_payer;
}
constexpr bool is_valid(RejectRule rule) {
    return rule >= RejectRule::yes && rule <= RejectRule::no;
}

void write_terms(OerWriter& to, const EscrowTerms& terms);
EscrowTerms read_terms(OerReader& from);
void write_profile(OerWriter& to, const TimingProfile& profile);
TimingProfile read_profile(OerReader& from);

}  // namespace lockstep
