#include "cash/machine/escrows.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::cash {
namespace {

void count_down(std::map<AccountNo, std::size_t>& counts, AccountNo account) {
    const auto found = counts.find(account);
    ASSERT(found != counts.end() && found->second > 0);
    if (--found->second == 0) counts.erase(found);
}
std::size_t count_of(const std::map<AccountNo, std::size_t>& counts, AccountNo account) {
    const auto found = counts.find(account);
    return found == counts.end() ? 0 : found->second;
}

}  // namespace

const Escrow* Escrows::find(const EscrowPlace& place) const {
    const auto found = escrows_.find(place);
    return found == escrows_.end() ? nullptr : &found->second;
}

const Tombstone* Escrows::find(const TombstonePlace& place) const {
    const auto found = tombstones_.find(place);
    return found == tombstones_.end() ? nullptr : &found->second;
}

std::size_t Escrows::open_count(AccountNo payer) const {
    return count_of(open_of_payer_, payer);
}
std::size_t Escrows::tombstone_count(AccountNo payee) const {
    return count_of(tombstones_of_payee_, payee);
}

std::vector<EscrowPlace> Escrows::open_of(AccountNo account, std::uint64_t after,
                                          std::size_t limit) const {
    std::vector<EscrowPlace> places;
    for (auto next = by_party_.upper_bound({account, after});
         next != by_party_.end() && next->first == account && places.size() < limit; ++next)
        places.push_back(by_sequence_.at(next->second));
    return places;
}

std::optional<Timestamp> Escrows::first_expiry() const {
    if (by_expiry_.empty()) return std::nullopt;
    return by_expiry_.begin()->first;
}

std::optional<EscrowPlace> Escrows::due(Timestamp at) const {
    if (by_expiry_.empty() || !is_expired(at, by_expiry_.begin()->first)) return std::nullopt;
    return by_expiry_.begin()->second;
}

std::vector<Amount> Escrows::open_amounts(std::size_t assets) const {
    std::vector<Amount> sums(assets);
    for (const auto& [sequence, place] : by_sequence_) {
        const Escrow& escrow = escrows_.at(place);
        const auto asset = static_cast<std::size_t>(escrow.asset);
        ASSERT(asset < assets);
        const auto sum = checked_add(sums[asset], escrow.amount);
        ASSERT(sum);
        sums[asset] = *sum;
    }
    return sums;
}

bool Escrows::is_sound(const Book& book, std::uint64_t sequence) const {
    const auto is_account = [&](AccountNo account) {
        return static_cast<std::size_t>(account) < book.accounts().size();
    };
    std::map<std::pair<AccountNo, AssetNo>, Amount> locked;
    std::size_t open = 0;
    for (const auto& [place, escrow] : escrows_) {
        if (!is_account(place.payer) || !is_account(escrow.payee) ||
            static_cast<std::size_t>(escrow.asset) >= book.assets().size())
            return false;
        if (escrow.prepared > escrow.changed || escrow.changed > sequence ||
            escrow.preimage.has_value() != (escrow.state == EscrowState::fulfilled))
            return false;
        if (!escrow.is_open()) continue;
        ++open;
        Amount& sum = locked[{place.payer, escrow.asset}];
        const auto more = checked_add(sum, escrow.amount);
        if (!more) return false;
        sum = *more;
    }
    if (open != by_sequence_.size()) return false;  // two with one sequence
    for (std::size_t i = 0; i < book.accounts().size(); ++i) {
        const auto account = static_cast<AccountNo>(i);
        for (const Holding& holding : book[account].holdings) {
            const auto found = locked.find({account, holding.asset});
            if (holding.escrowed != (found == locked.end() ? Amount{} : found->second))
                return false;
            if (found != locked.end()) locked.erase(found);
        }
    }
    return locked.empty() &&
           std::all_of(tombstones_.begin(), tombstones_.end(), [&](const auto& entry) {
               return is_account(entry.first.escrow.payer) && is_account(entry.first.payee) &&
                      entry.second.sequence <= sequence;
           });
}

const Escrow& Escrows::open(const EscrowPlace& place, Escrow escrow) {
    ASSERT(escrow.is_open());
    const auto [where, is_new] = escrows_.emplace(place, std::move(escrow));
    ASSERT(is_new);
    index(place, where->second);
    return where->second;
}

const Escrow& Escrows::close(const EscrowPlace& place, EscrowState state, std::uint64_t sequence,
                             Timestamp forget_at, std::optional<PreimageOctets> preimage) {
    const auto found = escrows_.find(place);
    ASSERT(found != escrows_.end() && found->second.is_open());
    ASSERT(state != EscrowState::prepared);
    ASSERT((state == EscrowState::fulfilled) == preimage.has_value());
    Escrow& escrow = found->second;
    by_expiry_.erase({escrow.expiry, place});
    by_sequence_.erase(escrow.prepared);
    by_party_.erase({place.payer, escrow.prepared});
    by_party_.erase({escrow.payee, escrow.prepared});
    count_down(open_of_payer_, place.payer);
    escrow.state = state;
    escrow.changed = sequence;
    escrow.preimage = preimage;
    escrow.forget_at = forget_at;
    closed_.push({forget_at, place});
    return escrow;
}

void Escrows::bury(const TombstonePlace& place, Tombstone tombstone) {
    const bool is_new = tombstones_.emplace(place, tombstone).second;
    ASSERT(is_new);
    ++tombstones_of_payee_[place.payee];
    buried_.push({tombstone.forget_at, place});
}

void Escrows::forget_due(Timestamp at, std::size_t most) {
    for (; !closed_.empty() && (closed_.top().at <= at || closed_.size() > most); closed_.pop())
        escrows_.erase(closed_.top().place);
    // A prepare is taken at its not_after; so long must a tombstone stand.
    for (; !buried_.empty() && buried_.top().at < at; buried_.pop()) {
        count_down(tombstones_of_payee_, buried_.top().place.payee);
        tombstones_.erase(buried_.top().place);
    }
}

void Escrows::index(const EscrowPlace& place, const Escrow& escrow) {
    if (!escrow.is_open()) {
        closed_.push({escrow.forget_at, place});
        return;
    }
    by_expiry_.emplace(escrow.expiry, place);
    by_sequence_.emplace_hint(by_sequence_.end(), escrow.prepared, place);
    by_party_.emplace(place.payer, escrow.prepared);
    by_party_.emplace(escrow.payee, escrow.prepared);
    ++open_of_payer_[place.payer];
}

void Escrows::index() {
    by_expiry_.clear();
    by_sequence_.clear();
    by_party_.clear();
    open_of_payer_.clear();
    tombstones_of_payee_.clear();
    closed_ = {};
    buried_ = {};
    for (const auto& [place, escrow] : escrows_)
        index(place, escrow);
    for (const auto& [place, tombstone] : tombstones_) {
        ++tombstones_of_payee_[place.payee];
        buried_.push({tombstone.forget_at, place});
    }
}

}  // namespace lockstep::cash
