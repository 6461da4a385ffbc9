// The escrows of the account, as payer or payee: what the blocks and the node's pool show of each,
// and what of it was reported. Reports are the difference of the two, so that nothing is lost or
// told twice over a restart, whatever order things become known in.
//
// What is remembered: 'e' payer and id: the escrow; 'u' txid: a funding of ours whose payee is not
// known; 'n': the last cursor.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <utility>

#include "bitcoin/adapter/announcement.h"
#include "bitcoin/adapter/pool_watch.h"
#include "bitcoin/adapter/transactions.h"
#include "sdk/machine/adapter.h"
#include "sdk/machine/instruction.h"

namespace lockstep::bitcoin {

// How an escrow ended, or is about to.
struct EscrowEnd {
    EscrowState state = EscrowState::fulfilled;
    Txid by;
    std::optional<Bytes> preimage;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.state, s.by, s.preimage);
    }
};
// Height 0 stands for "not in a block": there are no escrows in a first block.
struct BookedEscrow {
    EscrowTerms terms;
    Txid funding;  // output 0; zero: none
    std::uint32_t funded_at = 0;
    bool funding_in_pool = false;
    std::optional<EscrowEnd> end;
    std::uint32_t ended_at = 0;
    std::optional<EscrowEnd> pool_end;
    // What was reported last.
    std::optional<Certainty> told;
    std::optional<EscrowState> told_end;
    std::optional<Certainty> told_end_as;
    std::uint64_t sequence = 0;  // cursor of the last report

    // Not remembered: what it waits for, as an EscrowBook's indexes have it.
    struct Waiting {
        std::uint32_t funding = 0;  // to be final, at this height
        std::uint32_t end = 0;
        std::optional<Timestamp> expiry;  // ours as payer, and open
        bool in_pool = false;
        Amount locked;                       // by us
        std::optional<Timestamp> to_forget;  // nothing more happens to it: its expiry
        friend bool operator==(const Waiting&, const Waiting&) = default;
    } waiting;

    bool is_there() const { return funded_at != 0 || funding_in_pool; }
    bool is_open() const { return funded_at != 0 && ended_at == 0; }
    OutPoint place() const { return {funding, 0}; }
    EscrowKey key() const { return {terms.payer, terms.id}; }
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.terms, s.funding, s.funded_at, s.funding_in_pool, s.end, s.ended_at, s.pool_end, s.told,
          s.told_end, s.told_end_as, s.sequence);
    }
};

struct EscrowSide {
    LedgerName name;
    ecdsa::CompressedKey account;
    std::int64_t depth = 6;
    // At the worst rate; what does not pay for its claim there is none of ours as payee.
    FeePerKvb worst = min_relay_fee;
    // How long after its expiry an escrow that is over is kept, for answers about it.
    Duration keep = max_instruction_life;
};

class EscrowBook {
public:
    // `others`: accounts that may be payees of ours. `pool`: what is in the node's pool; it is
    // another's and changes.
    EscrowBook(EscrowSide side, const std::vector<ecdsa::CompressedKey>& others,
               const PoolWatch& pool);

    static bool owns(ByteView key);
    void restore(ByteView key, ByteView value);
    void remember(std::vector<Put>& puts);

    struct Shown {
        std::optional<int> height;  // of its block; none: it is in the pool
        // The first input spends a coin of the account. That a witness shows the account's key
        // is no proof: a spend of Taproot may show any 33 bytes there.
        bool is_ours = false;
    };
    // The key of the escrow that it funds, where it funds one of ours.
    std::optional<EscrowKey> show(const Transaction& transaction, const Shown& shown);
    // What was in the pool and a block has something else instead of: should it come back, it must
    // be shown again.
    std::vector<Txid> take_displaced() { return std::exchange(displaced_, {}); }
    void disconnect(int back_to);
    // Everything in the pool has been shown: what was there and is not is gone. Not earlier, since
    // a newer version of the same may be what replaced it.
    void pool_is_shown();
    // Reports what has changed, as of this tip.
    void tell(int tip, Timestamp ledger_time, std::vector<Report>& reports);
    // A payee that the payer's commands or settings name.
    void learn_payee(const ecdsa::CompressedKey& payee);

    const BookedEscrow* find(const EscrowKey& key) const;
    // Ours as payer, in a block, not spent by a block, and expired at this ledger time.
    std::vector<EscrowKey> refundable(Timestamp ledger_time) const;
    // What of ours is locked: in a block or the pool, and not spent by a block.
    Amount escrowed() const { return Amount{locked_}; }
    // Escrows that are over for so long that no command about them is young, and whose end, at this
    // height or below, will not be taken back. Their ids say nothing any more.
    void forget(int height, Timestamp ledger_time,
                const std::function<bool(const EscrowKey&)>& is_needed);
    // Something changed that was not remembered yet.
    bool has_changed() const { return !changed_.empty(); }
    const std::map<EscrowKey, BookedEscrow>& all() const { return escrows_; }
    bool is_final(std::uint32_t height, int tip) const {
        return height != 0 && tip - static_cast<int>(height) + 1 >= depth_;
    }
    std::uint64_t cursor() const { return cursor_; }
    // Fundings of ours whose payee nobody has named.
    std::size_t unresolved() const { return unresolved_.size(); }
    // A reorganisation took back what had been reported as final.
    bool is_contradicted() const { return contradicted_; }

private:
    struct Unresolved {
        Bytes transaction;
        std::uint32_t height = 0;
        std::optional<Bytes> spend;
        std::uint32_t spend_height = 0;
        template <class S, class A>
        static void fields(S& s, A& a) {
            a(s.transaction, s.height, s.spend, s.spend_height);
        }
    };

    std::optional<EscrowKey> show_funding(const Transaction& transaction, const Txid& txid,
                                          const Shown& shown);
    std::optional<EscrowTerms> terms_of(const AnnouncedFunding& funding) const;
    void show_spends(const Transaction& transaction, const Txid& txid, std::uint32_t height);
    // One that the chain shows, as long as there is room: what others put there is without end.
    void guess_payee(const ecdsa::CompressedKey& payee);
    void resolve();
    // After each change: there may be something to tell and to remember.
    void touch(BookedEscrow& escrow);
    void index(BookedEscrow& escrow);
    void index_as(BookedEscrow& escrow, const BookedEscrow::Waiting& now);
    void tell_one(BookedEscrow& escrow, int tip, Timestamp ledger_time,
                  std::vector<Report>& reports);
    void report_one(BookedEscrow& escrow, EscrowState state, Certainty certainty, int tip,
                    Timestamp ledger_time, std::vector<Report>& reports);

    const EscrowSide side_;
    const Address own_;
    const int depth_;
    const PoolWatch& pool_;
    std::map<EscrowKey, BookedEscrow> escrows_;
    std::map<OutPoint, EscrowKey> places_;
    std::set<EscrowKey> untold_;  // there may be something to tell
    std::set<EscrowKey> changed_;
    std::vector<Txid> displaced_;
    // What BookedEscrow::Waiting says, by what comes first, so that a step costs what happens in
    // it.
    std::set<std::pair<std::uint32_t, EscrowKey>> confirming_;
    std::set<std::pair<Timestamp, EscrowKey>> expiring_;
    std::set<EscrowKey> in_pool_;
    std::set<std::pair<Timestamp, EscrowKey>> over_;
    std::uint64_t locked_ = 0;  // the chain's 21 million coins at most
    // Keys with one hint can be made on purpose; which of them it is, the script says.
    std::set<std::pair<PayeeHint, ecdsa::CompressedKey>> payees_;
    std::map<Txid, Unresolved> unresolved_;
    std::set<Txid> changed_unresolved_;
    std::uint64_t cursor_ = 0;
    bool cursor_changed_ = false;
    bool contradicted_ = false;
};

}  // namespace lockstep::bitcoin
