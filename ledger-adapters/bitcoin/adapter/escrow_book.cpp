#include "bitcoin/adapter/escrow_book.h"

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint8_t escrow_mark = 'e';
constexpr std::uint8_t unresolved_mark = 'u';
constexpr std::uint8_t cursor_mark = 'n';
// Payees that are kept in mind for fundings to be found; a payer's own and those seen on the chain.
constexpr std::size_t max_payees = 100'000;

Bytes key_of_escrow(const EscrowKey& key) {
    Bytes bytes{escrow_mark};
    append(bytes, key.id.view());
    append(bytes, as_bytes(key.payer.text()));
    return bytes;
}

Bytes key_of_unresolved(const Txid& txid) {
    Bytes bytes{unresolved_mark};
    append(bytes, txid.view());
    return bytes;
}

EscrowState state_after(EscrowPath path) {
    switch (path) {
        case EscrowPath::claim:
            return EscrowState::fulfilled;
        case EscrowPath::refund:
            return EscrowState::refunded_expired;
        case EscrowPath::reject:
            return EscrowState::refunded_rejected;
    }
    UNREACHABLE();
}

}  // namespace

EscrowBook::EscrowBook(EscrowSide side, const std::vector<ecdsa::CompressedKey>& others,
                       const PoolWatch& pool)
    : side_(std::move(side)),
      own_(account_address(side_.name.ledger, side_.account)),
      depth_(static_cast<int>(side_.depth)),
      pool_(pool) {
    for (const ecdsa::CompressedKey& other : others)
        learn_payee(other);
}

bool EscrowBook::owns(ByteView key) {
    return !key.empty() &&
           (key[0] == escrow_mark || key[0] == unresolved_mark || key[0] == cursor_mark);
}

void EscrowBook::restore(ByteView key, ByteView value) {
    if (key[0] == cursor_mark) {
        cursor_ = OerReader(value).u64();
        return;
    }
    if (key[0] == unresolved_mark) {
        const auto saved = decode_fields<Unresolved>(value);
        ASSERT(saved);
        unresolved_[*Txid::from(key.subspan(1))] = *saved;
        return;
    }
    auto escrow = decode_fields<BookedEscrow>(value);
    ASSERT(escrow);
    const EscrowKey name = escrow->key();
    if (escrow->is_there()) places_[escrow->place()] = name;
    if (const auto payee = key_of_account(side_.name.ledger, escrow->terms.payee))
        learn_payee(*payee);
    untold_.insert(name);
    index(escrows_[name] = std::move(*escrow));
}

void EscrowBook::remember(std::vector<Put>& puts) {
    for (const EscrowKey& key : changed_) {
        std::optional<Bytes> value;
        if (const BookedEscrow* const escrow = find(key)) value = encode_fields(*escrow);
        puts.push_back({0, key_of_escrow(key), std::move(value)});
    }
    changed_.clear();
    for (const Txid& txid : changed_unresolved_) {
        const auto found = unresolved_.find(txid);
        std::optional<Bytes> value;
        if (found != unresolved_.end()) value = encode_fields(found->second);
        puts.push_back({0, key_of_unresolved(txid), std::move(value)});
    }
    changed_unresolved_.clear();
    if (std::exchange(cursor_changed_, false))
        puts.push_back({0, Bytes{cursor_mark}, OerWriter().u64(cursor_).take()});
}

const BookedEscrow* EscrowBook::find(const EscrowKey& key) const {
    const auto found = escrows_.find(key);
    return found == escrows_.end() ? nullptr : &found->second;
}

void EscrowBook::guess_payee(const ecdsa::CompressedKey& payee) {
    if (payees_.size() < max_payees) learn_payee(payee);
}

void EscrowBook::learn_payee(const ecdsa::CompressedKey& payee) {
    if (payee == side_.account) return;
    if (payees_.emplace(hint_of(payee), payee).second && !unresolved_.empty()) resolve();
}

// --- what is shown ---

std::optional<EscrowKey> EscrowBook::show(const Transaction& transaction, const Shown& shown) {
    const Txid txid = txid_of(transaction);
    show_spends(transaction, txid, static_cast<std::uint32_t>(shown.height.value_or(0)));
    return show_funding(transaction, txid, shown);
}

// To us, or from us to somebody who is known.
std::optional<EscrowTerms> EscrowBook::terms_of(const AnnouncedFunding& funding) const {
    if (is_worth_claiming(funding.escrow.value, script_pubkey_of(side_.account), side_.worst))
        if (auto terms = terms_for(side_.name, funding, side_.account)) return terms;
    if (funding.payer != side_.account) return std::nullopt;
    const PayeeHint& hint = funding.announcement.payee;
    for (auto payee = payees_.lower_bound({hint, ecdsa::CompressedKey{}});
         payee != payees_.end() && payee->first == hint; ++payee)
        if (auto terms = terms_for(side_.name, funding, payee->second)) return terms;
    return std::nullopt;
}

std::optional<EscrowKey> EscrowBook::show_funding(const Transaction& transaction, const Txid& txid,
                                                  const Shown& shown) {
    const auto height = static_cast<std::uint32_t>(shown.height.value_or(0));
    const auto funding = announced_in(transaction);
    if (!funding) {
        // Somebody who spends a coin shows its key: it may be the payee that is looked for.
        if (const auto key = unresolved_.empty() ? std::nullopt : first_key_of(transaction))
            guess_payee(*key);
        return std::nullopt;
    }
    const bool is_own = funding->payer == side_.account;
    // Somebody else's, in our name.
    if (is_own && !shown.is_ours) return std::nullopt;
    if (!is_own) guess_payee(funding->payer);
    auto terms = terms_of(*funding);
    if (!terms) {
        if (!is_own || height == 0) return std::nullopt;
        unresolved_[txid] = {serialize(transaction), height, std::nullopt, 0};
        changed_unresolved_.insert(txid);
        return std::nullopt;
    }
    const EscrowKey key{terms->payer, terms->id};
    BookedEscrow& escrow = escrows_[key];
    // One that stands is not displaced by another of its name; a block displaces the pool.
    const bool is_same = escrow.funding == txid;
    const bool is_waiting = escrow.funding_in_pool && pool_.contains(escrow.funding);
    if (!is_same && (escrow.funded_at != 0 || (is_waiting && height == 0))) return std::nullopt;
    if (!is_same) {
        places_.erase(escrow.place());
        displaced_.push_back(escrow.funding);
        if (escrow.pool_end) displaced_.push_back(escrow.pool_end->by);
        escrow.funding = txid;
        escrow.end.reset();
        escrow.ended_at = 0;
        escrow.pool_end.reset();
    }
    if (!escrow.told) escrow.terms = *terms;
    if (escrow.terms != *terms) {
        // Told of already with other terms. Those are void, and a payer that gives two escrows one
        // name is served with neither.
        escrow.funding = Txid{};
        escrow.funding_in_pool = false;
        touch(escrow);
        return std::nullopt;
    }
    if (height != 0) {
        escrow.funded_at = height;
        escrow.funding_in_pool = false;
    } else if (escrow.funded_at == 0) {
        escrow.funding_in_pool = true;
    }
    places_[escrow.place()] = key;
    touch(escrow);
    return key;
}

void EscrowBook::show_spends(const Transaction& transaction, const Txid& txid,
                             std::uint32_t height) {
    for (const TxIn& input : transaction.inputs) {
        const auto unresolved = unresolved_.find(input.prevout.txid);
        if (height != 0 && unresolved != unresolved_.end() && input.prevout.index == 0) {
            unresolved->second.spend = serialize(transaction);
            unresolved->second.spend_height = height;
            changed_unresolved_.insert(unresolved->first);
        }
        const auto place = places_.find(input.prevout);
        if (place == places_.end()) continue;
        BookedEscrow& escrow = escrows_.at(place->second);
        const auto lock = lock_of(side_.name.ledger, escrow.terms);
        ASSERT(lock.has_value());
        const Bytes script = *escrow_script(*lock);
        const auto path = path_of(input.witness, script);
        // A transaction in a pool or a block was checked by the node.
        if (!path) continue;
        EscrowEnd end{state_after(*path), txid, std::nullopt};
        if (*path == EscrowPath::claim) {
            // No ledger takes it without: whoever passed it on has altered its witness.
            const auto preimage = preimage_of(input.witness, script);
            if (!preimage) continue;
            end.preimage = Bytes(preimage->view().begin(), preimage->view().end());
        }
        if (height != 0) {
            escrow.end = std::move(end);
            escrow.ended_at = height;
            if (escrow.pool_end) displaced_.push_back(escrow.pool_end->by);
            escrow.pool_end.reset();
        } else if (escrow.ended_at == 0) {
            escrow.pool_end = std::move(end);
        }
        touch(escrow);
    }
}

// Fundings of before whose payee has become known, and what spent them since.
void EscrowBook::resolve() {
    std::vector<std::pair<Txid, Unresolved>> waiting(unresolved_.begin(), unresolved_.end());
    for (const auto& [txid, one] : waiting) {
        const auto transaction = parse_transaction(one.transaction);
        const auto funding = transaction ? announced_in(*transaction) : std::nullopt;
        if (!funding || !terms_of(*funding)) continue;
        unresolved_.erase(txid);
        changed_unresolved_.insert(txid);
        show_funding(*transaction, txid, {static_cast<int>(one.height), true});
        const auto spend = one.spend ? parse_transaction(*one.spend) : std::nullopt;
        if (spend) show_spends(*spend, txid_of(*spend), one.spend_height);
    }
}

void EscrowBook::disconnect(int back_to) {
    const auto last = static_cast<std::uint32_t>(back_to);
    for (auto& [key, escrow] : escrows_) {
        if (escrow.ended_at <= last && escrow.funded_at <= last) continue;
        if (escrow.ended_at > last) {
            escrow.end.reset();
            escrow.ended_at = 0;
        }
        if (escrow.funded_at > last) escrow.funded_at = 0;
        touch(escrow);
    }
    for (auto one = unresolved_.begin(); one != unresolved_.end();) {
        if (one->second.spend_height > last) {
            one->second.spend.reset();
            one->second.spend_height = 0;
            changed_unresolved_.insert(one->first);
        }
        if (one->second.height > last) {
            changed_unresolved_.insert(one->first);
            one = unresolved_.erase(one);
        } else {
            ++one;
        }
    }
}

void EscrowBook::pool_is_shown() {
    const std::set<EscrowKey> were_there = in_pool_;
    for (const EscrowKey& key : were_there) {
        BookedEscrow& escrow = escrows_.at(key);
        const bool is_funding_gone =
            escrow.funded_at == 0 && escrow.funding_in_pool && !pool_.contains(escrow.funding);
        const bool is_end_gone = escrow.pool_end && !pool_.contains(escrow.pool_end->by);
        if (is_funding_gone) escrow.funding_in_pool = false;
        if (is_end_gone) escrow.pool_end.reset();
        if (is_funding_gone || is_end_gone) touch(escrow);
    }
}

}  // namespace lockstep::bitcoin
