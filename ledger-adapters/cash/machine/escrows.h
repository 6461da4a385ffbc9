// The ledger's escrows: those that are open, by expiry, and for a while those that are closed, so
// that a repeated command gets its first answer; and the tombstones of escrows that their payee
// refused before they were prepared. Moves no value.
//
// Closed escrows leave after a bounded time, and earlier where there are too many of them. That is
// safe because nothing that could act on one outlives it: the signed instructions that named it
// have passed their valid_until, or carry ids that are still remembered (see answers.h); a prepare
// has also passed its not_after. A late fulfil, reject or refund finds no escrow and changes
// nothing. Look-ups are answered from the records. Only its payer could make the id anew, with a
// new signature, and would lock its own money a second time. A tombstone stands for
// max_instruction_life, its last instant included, because each prepare that it must stop has a
// not_after no further ahead than that.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <vector>

#include "cash/machine/book.h"
#include "sdk/machine/escrow.h"

namespace lockstep::cash {

struct EscrowPlace {
    AccountNo payer{};
    EscrowId id;
    friend auto operator<=>(const EscrowPlace&, const EscrowPlace&) = default;

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.payer, self.id);
    }
};

using PreimageOctets = FixedBytes<preimage_size, struct PreimageOctetsTag>;

struct Escrow {
    AccountNo payee{};
    AssetNo asset{};
    Amount amount;
    Condition condition;
    Timestamp expiry;
    EscrowState state = EscrowState::prepared;
    std::uint64_t prepared = 0;              // sequence of its preparing
    std::uint64_t changed = 0;               // sequence of its last change
    std::optional<PreimageOctets> preimage;  // where fulfilled; public from then on
    Timestamp forget_at;                     // where closed

    bool is_open() const { return state == EscrowState::prepared; }
    bool has_terms_of(const Escrow& other) const {
        return payee == other.payee && asset == other.asset && amount == other.amount &&
               condition == other.condition && expiry == other.expiry;
    }

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.payee, self.asset, self.amount, self.condition, self.expiry, self.state,
          self.prepared, self.changed, self.preimage, self.forget_at);
    }
};

// The payee is part of the key, so that nobody can refuse an escrow that is not for him.
struct TombstonePlace {
    EscrowPlace escrow;
    AccountNo payee{};
    friend auto operator<=>(const TombstonePlace&, const TombstonePlace&) = default;

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.escrow, self.payee);
    }
};
struct Tombstone {
    std::uint64_t sequence = 0;
    Timestamp forget_at;  // the last instant at which it stands

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.sequence, self.forget_at);
    }
};

class Escrows {
public:
    const Escrow* find(const EscrowPlace& place) const;
    const Tombstone* find(const TombstonePlace& place) const;
    std::size_t open_count() const { return by_sequence_.size(); }
    std::size_t open_count(AccountNo payer) const;
    std::size_t tombstone_count(AccountNo payee) const;
    // Open ones of an account, as payer or as payee, in order of preparing, after this sequence; at
    // most `limit`. Takes no longer for what others have open.
    std::vector<EscrowPlace> open_of(AccountNo account, std::uint64_t after,
                                     std::size_t limit) const;
    std::optional<Timestamp> first_expiry() const;
    // The next that is due, in the order (expiry, payer, id).
    std::optional<EscrowPlace> due(Timestamp at) const;
    // Amounts of the open escrows by asset.
    std::vector<Amount> open_amounts(std::size_t assets) const;

    // Whether they fit together and into this book, for those that were read: accounts and assets
    // are there, what a payer has in escrow is the sum of its open ones, changes came before
    // `sequence`.
    bool is_sound(const Book& book, std::uint64_t sequence) const;

    const Escrow& open(const EscrowPlace& place, Escrow escrow);
    // An open escrow to one of the closed states; `forget_at` is when it may leave.
    const Escrow& close(const EscrowPlace& place, EscrowState state, std::uint64_t sequence,
                        Timestamp forget_at, std::optional<PreimageOctets> preimage = std::nullopt);
    void bury(const TombstonePlace& place, Tombstone tombstone);
    // Also, of more closed ones than `most`, those that would leave first.
    void forget_due(Timestamp at, std::size_t most);

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.escrows_, self.tombstones_);
        if constexpr (A::reading) self.index();
    }

private:
    template <class Place>
    struct Forget {
        Timestamp at;
        Place place;
        friend auto operator<=>(const Forget&, const Forget&) = default;
    };
    template <class Place>
    using ForgetQueue =
        std::priority_queue<Forget<Place>, std::vector<Forget<Place>>, std::greater<Forget<Place>>>;

    void index();
    void index(const EscrowPlace& place, const Escrow& escrow);

    std::map<EscrowPlace, Escrow> escrows_;
    std::map<TombstonePlace, Tombstone> tombstones_;
    // found again from the two above
    std::set<std::pair<Timestamp, EscrowPlace>> by_expiry_;
    std::map<std::uint64_t, EscrowPlace> by_sequence_;
    std::set<std::pair<AccountNo, std::uint64_t>> by_party_;  // both parties' keys to by_sequence_
    std::map<AccountNo, std::size_t> open_of_payer_;
    std::map<AccountNo, std::size_t> tombstones_of_payee_;
    ForgetQueue<EscrowPlace> closed_;
    ForgetQueue<TombstonePlace> buried_;
};

}  // namespace lockstep::cash
