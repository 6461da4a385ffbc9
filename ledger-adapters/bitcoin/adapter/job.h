// One thing that the adapter wants to be in a block: the funding of an escrow, a transfer, or the
// spend of an escrow, with the version of it that is sent.
#pragma once

#include <set>

#include "bitcoin/adapter/transactions.h"
#include "sdk/machine/adapter.h"

namespace lockstep::bitcoin {

enum class JobKind : std::uint8_t { fund = 1, transfer = 2, claim = 3, refund = 4, reject = 5 };
constexpr bool is_valid(JobKind kind) {
    return kind >= JobKind::fund && kind <= JobKind::reject;
}
// Pays with coins of the account, rather than with an escrow.
constexpr bool is_payment(JobKind kind) {
    return kind == JobKind::fund || kind == JobKind::transfer;
}

struct JobCoin {
    Txid txid;
    std::uint32_t index = 0;
    std::uint64_t value = 0;
    OutPoint place() const { return {txid, index}; }
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.txid, s.index, s.value);
    }
};
struct JobOutput {
    std::uint64_t value = 0;
    Bytes script;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.value, s.script);
    }
};

struct Job {
    JobKind kind = JobKind::fund;
    EscrowKey escrow;                  // not of a transfer
    std::vector<CommandId> commands;   // to be answered
    std::optional<EscrowTerms> terms;  // of a funding
    std::optional<Bytes> preimage;     // of a claim
    Timestamp not_after;               // of a payment

    // --- the version that is sent ---
    Bytes octets;
    std::uint64_t rate = 0;
    std::uint64_t fee = 0;
    std::uint64_t change = 0;
    std::uint32_t locktime = 0;
    std::vector<JobCoin> coins;      // of the account, by input
    std::vector<JobOutput> outputs;  // of a payment, change apart
    std::uint32_t height = 0;        // the tip's when it was made
    bool withdrawing = false;        // it pays all back

    std::set<Txid> versions;     // those that do what is wanted
    std::set<Txid> withdrawals;  // those that keep it from happening
    bool left = false;           // some version may have got out
    bool is_done = false;        // as it was answered

    // --- not remembered ---
    std::uint64_t request = 0;  // under way, 0 for none
    bool left_before = false;   // it, before that request
    Timestamp due;              // of the answer, or of the next sending
    bool is_waiting = true;     // to be sent when due; otherwise the node has it
    Timestamp accepted_at;
    unsigned attempts = 0;        // that failed
    int look_at = 0;              // the tip at which it is looked at again, where blocks decided it
    bool outbid = false;          // the node wants a higher fee
    Timestamp raised_at;          // when more was offered, or looked at, last
    std::uint64_t looked_at = 0;  // the highest rate that was going, as far as it was answered
    int withdraw_tried = -1;      // the tip at which its coins did not pay for the withdrawal
    bool is_late = false;         // a payment whose not_after was seen to pass
    int move_tried = -1;          // the tip at which its escrow did not pay for a spend elsewhere

    Timestamp expiry() const { return terms ? terms->expiry : Timestamp::never(); }
    // The place whose spending decides what becomes of a payment.
    OutPoint first_place() const { return coins.empty() ? OutPoint{} : coins[0].place(); }

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.kind, s.escrow, s.commands, s.terms, s.preimage, s.not_after, s.octets, s.rate, s.fee,
          s.change, s.locktime, s.coins, s.outputs, s.height, s.withdrawing, s.versions,
          s.withdrawals, s.left, s.is_done);
    }
};

// Between the job's fields and what builds transactions.
Payment payment_of(const Job& job, const Bytes& home);
void take_payment(Job& job, const Payment& payment);
void take_spend(Job& job, const EscrowSpend& spend, FeePerKvb rate,
                const std::vector<KeyCoin>& fee_coins);
PaidVersion paid_by(const Job& job);
// The version that is sent.
Txid version_of(const Job& job);
// The input that a spend of an escrow takes first.
std::optional<OutPoint> spent_by(const Job& job);

}  // namespace lockstep::bitcoin
