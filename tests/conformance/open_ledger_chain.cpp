// The chain of the open ledger: what is sent, what a block takes, what is taken back.
#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "tests/conformance/in_process.h"
#include "tests/conformance/open_ledger.h"

namespace lockstep::conformance {
namespace {

constexpr Duration chain_block = Duration::seconds(10);
constexpr Duration chain_lag = Duration::seconds(60);
constexpr Duration chain_retry = Duration::seconds(2);
constexpr int chain_depth = 3;

}  // namespace

bool OpenLedger::is_pending(const Transaction& transaction) const {
    const Escrow& escrow = escrows_.at(transaction.key);
    if (transaction.kind == Kind::prepare)
        return !escrow.exists && !gone_.contains(transaction.key);
    return escrow.exists && escrow.state == EscrowState::prepared;
}

// What has not arrived is sent again after a while.
void OpenLedger::send(Role role, const Transaction& transaction) {
    Party& sender = party(role);
    const auto mishap = std::exchange(sender.mishap, std::nullopt);
    const bool is_held = mishap == Mishap::hold_request || sender.holds;
    if (is_held) sender.held.insert(transaction);
    if (is_held || mishap) again_.try_emplace({role, transaction}, now_ + chain_retry);
    if (is_held || mishap == Mishap::lose_request) return;
    if (transaction.kind == Kind::reject && vice_ != Vice::rejects_alone && keeps_) {
        kept_.insert(transaction.key);
    } else {
        pool_.insert(transaction);
    }
}

void OpenLedger::send_again() {
    for (const auto& [one, at] : std::exchange(again_, {})) {
        if (at > now_) {
            again_.try_emplace(one, at);
        } else if (is_pending(one.second)) {
            send(one.first, one.second);
        }
    }
}

void OpenLedger::release(Role role) {
    party(role).holds = false;
    for (const Transaction& one : std::exchange(party(role).held, {}))
        send(role, one);
}

bool OpenLedger::keep_releases(bool kept) {
    keeps_ = kept;
    if (!kept)
        for (const EscrowKey& key : std::exchange(kept_, {}))
            pool_.insert({Kind::reject, key});
    return true;
}

void OpenLedger::tell(Escrow& escrow, Certainty certainty) {
    if (escrow.is_silent) return;
    report::Escrow event{++cursor_, escrow.terms, escrow.state,
                         certainty, std::nullopt, ledger_now_};
    if (escrow.state == EscrowState::fulfilled) event.preimage = escrow.preimage;
    if (certainty != Certainty::rolled_back && vice_ != Vice::says_nowhere)
        event.locator = "height " + std::to_string(height_);
    for (const Role role :
         {payer_of({escrow.terms.payer, escrow.terms.id}), *owner(escrow.terms.payee)}) {
        party(role).reports.emplace_back(event);
        party(role).told.push_back(event);
    }
}

void OpenLedger::include(const Transaction& transaction) {
    Escrow& escrow = escrows_.at(transaction.key);
    Party& payer = party(payer_of(transaction.key));
    Party& payee = party(*owner(escrow.terms.payee));
    const std::uint64_t amount = escrow.terms.amount.units();
    const std::uint64_t fee = vice_ == Vice::charges_too_much ? 101 : 50;
    if (transaction.kind == Kind::prepare) {
        if (escrow.exists || gone_.contains(transaction.key)) return;
        escrow.exists = true;
        payer.free = Amount{payer.free.units() - amount - fee};
    } else {
        if (!escrow.exists || escrow.state != EscrowState::prepared) return;
        const bool is_claim = transaction.kind == Kind::claim;
        Party& to = is_claim ? payee : payer;
        to.free = Amount{to.free.units() + amount - fee};
        escrow.state = is_claim                           ? EscrowState::fulfilled
                       : transaction.kind == Kind::reject ? EscrowState::refunded_rejected
                                                          : EscrowState::refunded_expired;
    }
    escrow.changed = height_;
    escrow.is_final = false;
    if (vice_ != Vice::is_final_at_once) tell(escrow, Certainty::seen);
}

void OpenLedger::block() {
    ++height_;
    const Duration early = vice_ == Vice::refunds_early ? chain_block : Duration{};
    for (auto& [key, escrow] : escrows_) {
        const bool is_due = escrow.exists && escrow.state == EscrowState::prepared &&
                            ledger_now_ + early >= escrow.terms.expiry;
        const bool is_sent = pool_.contains({Kind::refund, key});
        if (is_due && !is_sent && vice_ != Vice::refunds_never)
            send(payer_of(key), {Kind::refund, key});
    }
    for (const Transaction& one : std::exchange(pool_, {}))
        include(one);
    for (auto& [key, escrow] : escrows_) {
        if (!escrow.exists || escrow.is_final || escrow.changed + chain_depth > height_ + 1)
            continue;
        escrow.is_final = true;
        tell(escrow, Certainty::final_);
    }
}

bool OpenLedger::take_back(const EscrowKey& key, bool comes_again) {
    const auto found = escrows_.find(key);
    if (found == escrows_.end() || !found->second.exists) return false;
    Escrow& escrow = found->second;
    tell(escrow, Certainty::rolled_back);
    escrow.exists = false;
    Party& payer = party(payer_of(key));
    payer.free = Amount{payer.free.units() + escrow.terms.amount.units()};
    if (!comes_again) gone_.insert(key);
    if (comes_again) pool_.insert({Kind::prepare, key});
    escrow.is_silent = comes_again && vice_ == Vice::forgets_what_returns;
    return true;
}

bool OpenLedger::claim_with(Role, const EscrowKey& key, const Bytes& preimage,
                            Result<void>& answer) {
    Escrow& escrow = escrows_.at(key);
    const bool is_taken = preimage.size() == preimage_size || vice_ == Vice::takes_any_preimage;
    answer = is_taken ? Result<void>() : refuse(Reason::not_accepted);
    if (!is_taken) return true;
    escrow.preimage = preimage;
    pool_.insert({Kind::claim, key});
    return true;
}

// --- time ---

void OpenLedger::pass(Duration time) {
    const Timestamp end = now_ + time;
    while (now_ < end) {
        now_ = std::min(end, next_block_);
        send_again();
        if (now_ < next_block_) continue;
        block();
        next_block_ = next_block_ + chain_block;
        ledger_now_ = std::max(ledger_now_, now_ - chain_lag);
    }
}

void OpenLedger::reach(Timestamp ledger_time) {
    if (now_ < ledger_time) pass(ledger_time - now_);
    ledger_now_ = std::max(ledger_now_, ledger_time);
}

}  // namespace lockstep::conformance
