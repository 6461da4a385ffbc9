// What the escrows of an EscrowBook wait for, so that nothing walks through all of them.
#include "bitcoin/adapter/escrow_book.h"

namespace lockstep::bitcoin {

void EscrowBook::touch(BookedEscrow& escrow) {
    untold_.insert(escrow.key());
    changed_.insert(escrow.key());
    index(escrow);
}

void EscrowBook::index(BookedEscrow& escrow) {
    const bool is_own = escrow.terms.payer == own_;
    BookedEscrow::Waiting now;
    if (escrow.told == Certainty::seen) now.funding = escrow.funded_at;
    if (escrow.told_end_as == Certainty::seen) now.end = escrow.ended_at;
    if (is_own && escrow.is_open()) now.expiry = escrow.terms.expiry;
    now.in_pool = escrow.funding_in_pool || escrow.pool_end;
    if (is_own && escrow.is_there() && escrow.ended_at == 0) now.locked = escrow.terms.amount;
    if (escrow.told_end_as == Certainty::final_ || (!escrow.is_there() && !escrow.told))
        now.to_forget = escrow.terms.expiry;
    if (now != escrow.waiting) index_as(escrow, now);
}

void EscrowBook::index_as(BookedEscrow& escrow, const BookedEscrow::Waiting& now) {
    const EscrowKey key = escrow.key();
    const BookedEscrow::Waiting before = std::exchange(escrow.waiting, now);
    for (const std::uint32_t height : {before.funding, before.end})
        if (height != 0) confirming_.erase({height, key});
    for (const std::uint32_t height : {now.funding, now.end})
        if (height != 0) confirming_.insert({height, key});
    if (before.expiry) expiring_.erase({*before.expiry, key});
    if (now.expiry) expiring_.insert({*now.expiry, key});
    if (before.to_forget) over_.erase({*before.to_forget, key});
    if (now.to_forget) over_.insert({*now.to_forget, key});
    if (now.in_pool)
        in_pool_.insert(key);
    else
        in_pool_.erase(key);
    locked_ = locked_ - before.locked.units() + now.locked.units();
}

void EscrowBook::tell(int tip, Timestamp ledger_time, std::vector<Report>& reports) {
    for (const auto& [height, key] : confirming_) {
        if (!is_final(height, tip)) break;
        untold_.insert(key);
    }
    for (const EscrowKey& key : std::exchange(untold_, {})) {
        BookedEscrow& escrow = escrows_.at(key);
        tell_one(escrow, tip, ledger_time, reports);
        index(escrow);
    }
}

std::vector<EscrowKey> EscrowBook::refundable(Timestamp ledger_time) const {
    std::vector<EscrowKey> keys;
    for (const auto& [expiry, key] : expiring_) {
        if (!is_expired(ledger_time, expiry)) break;
        keys.push_back(key);
    }
    return keys;
}

void EscrowBook::forget(int height, Timestamp ledger_time,
                        const std::function<bool(const EscrowKey&)>& is_needed) {
    for (auto one = over_.begin(); one != over_.end();) {
        const auto [expiry, key] = *one++;
        if (!is_expired(ledger_time, expiry + side_.keep)) return;
        BookedEscrow& escrow = escrows_.at(key);
        if (static_cast<int>(escrow.ended_at) > height || is_needed(key)) continue;
        index_as(escrow, {});
        const auto place = places_.find(escrow.place());
        if (place != places_.end() && place->second == key) places_.erase(place);
        untold_.erase(key);
        changed_.insert(key);
        escrows_.erase(key);
    }
}

}  // namespace lockstep::bitcoin
