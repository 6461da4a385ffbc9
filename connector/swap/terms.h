// What two parties agree on when they swap directly: the buyer's payment on one ledger against the
// seller's delivery on another, under one condition, with nobody in between. Everything else (the
// escrows' ids, until when each may be placed, what is checked) follows from the terms alone, so
// that both sides compute the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connector/core/ladder.h"
#include "sdk/machine/adapter.h"

namespace lockstep::swap {

enum class Role : std::uint8_t {
    buyer = 1,   // pays, holds the secret
    seller = 2,  // delivers
};
constexpr bool is_valid(Role role) {
    return role >= Role::buyer && role <= Role::seller;
}

enum class Side : std::uint8_t { payment = 1, delivery = 2 };
constexpr bool is_valid(Side side) {
    return side >= Side::payment && side <= Side::delivery;
}

// One of the two escrows.
struct Leg {
    Address ledger;
    Address payer;
    Address payee;
    AssetId asset;
    Amount amount;
    Timestamp expiry;           // from then on it goes back
    core::LedgerTiming timing;  // of the ledger, as the proposer reckons with it

    friend bool operator==(const Leg&, const Leg&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.payer, s.payee, s.asset, s.amount, s.expiry, s.timing);
    }
};

struct Terms {
    Leg payment;
    Leg delivery;
    Condition condition;
    core::Endurance buyer;  // what the buyer must survive between the delivery and its expiry
    Timestamp proposed;

    friend bool operator==(const Terms&, const Terms&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.payment, s.delivery, s.condition, s.buyer, s.proposed);
    }
    const Leg& leg(Side side) const { return side == Side::payment ? payment : delivery; }
    // The one that this role places, and the one that it is to have.
    const Leg& own(Role role) const { return role == Role::buyer ? payment : delivery; }
    const Leg& other(Role role) const { return role == Role::buyer ? delivery : payment; }
};

// SHA-256 of the terms: what the swap is called.
Hash swap_id(const Terms& terms);
// Of a swap's escrow on a side.
EscrowId escrow_id(const Hash& swap, Side side);
// The escrow of a side in every field.
EscrowTerms escrow_of(const Terms& terms, Side side);

// A delivery that is submitted before stands final while the buyer may still show the secret; a
// payment that is, is final before that. After them nobody places.
Timestamp delivery_place_by(const Terms& terms);
Timestamp payment_place_by(const Terms& terms);

// What a party knows of the two ledgers beside the terms.
struct OwnLedger {
    Address ledger;
    std::vector<Address> accounts;
    core::LedgerTiming timing;       // the worse of what is configured and what it declares
    std::optional<LedgerInfo> info;  // what it says of itself, once it has
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.accounts, s.timing, s.info);
    }
};
// nullptr where there is none; it lives as long as the ledgers.
const OwnLedger* find_ledger(const std::vector<OwnLedger>& ledgers, const Address& ledger);
struct OwnView {
    Role role = Role::buyer;
    core::Endurance endurance;
    std::vector<OwnLedger> ledgers;
    Timestamp now;
};

// The worse of both, value by value.
core::LedgerTiming worse(const core::LedgerTiming& a, const core::LedgerTiming& b);
// Of a leg's ledger: the worse of what the terms say and what this party knows.
core::LedgerTiming timing_of(const Leg& leg, const std::vector<OwnLedger>& ledgers);

// What the seller must have between the delivery's expiry and the payment's: the ladder's bound for
// the worse of the profiles in the terms and its own.
Duration margin_needed(const Terms& terms, const OwnView& view);

// Whether this party should enter into the terms now. The first objection of, in this order:
// malformed (sides on one ledger, an account of another ledger, nothing to swap, times that are
// negative, no condition, a payment that goes back before the delivery), wrong_ledger (a ledger of
// theirs is not ours), no_account (ours are not named as the role's), unknown_asset, odd_lot,
// amount_too_large, expiry_too_far (for a ledger), ladder_too_tight (with the arithmetic;
// or where no roll-back is reckoned with and one is declared),
// terms_lapsed.
std::optional<Failure> objection(const Terms& terms, const OwnView& view);

// "48 h", "24 h 30 min", "16 s"; what is below a second as a decimal.
std::string format_length(Duration length);
// The margin in its parts: "2 x 2 h 40 min to be seen and to claim + …".
std::string margin_arithmetic(const core::LedgerTiming& in, const core::LedgerTiming& out,
                              const core::Endurance& endurance);

}  // namespace lockstep::swap
