// What each operation needs in order to succeed. Each is one ladder: form (the operation alone),
// then state (who asks, what is there), cheap guards first, one reason a guard; an operation that
// was done before is answered where the ladder finds that out; below the last guard nothing can
// fail.
#include "cash/machine/machine.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::cash {
namespace {

bool is_whole(Amount amount, Amount lot) {
    return amount.units() % lot.units() == 0;
}

}  // namespace

CashMachine::Effect CashMachine::run(const Caller& caller, const op::OpenAccount& op, Step& step) {
    if (!is_here(op.account)) return refuse(Reason::wrong_ledger);

    if (caller.signer != settings_.ledger_operator) return refuse(Reason::not_permitted);
    if (const auto account = book_.find(op.account)) {
        const Account& found = book_[*account];
        if (found.owner != op.owner) return refuse(Reason::account_exists);
        return found.sequence;
    }
    if (!caller.new_business) return refuse(Reason::disk_low);
    if (book_.accounts().size() >= settings_.limits.max_accounts)
        return refuse(Reason::limit_reached);

    book_.open(op.account, op.owner, ++sequence_);
    step.changed.accounts.push_back({op.account, op.owner});
    return sequence_;
}

CashMachine::Effect CashMachine::run(const Caller& caller, const op::RegisterAsset& op,
                                     Step& step) {
    if (op.lot.is_zero()) return refuse(Reason::zero_amount);

    if (caller.signer != settings_.ledger_operator) return refuse(Reason::not_permitted);
    if (const auto asset = book_.find_code(op.asset.code())) {
        const Asset& found = book_[*asset];
        if (found.id != op.asset || found.issuer != op.issuer || found.lot != op.lot)
            return refuse(Reason::asset_exists);
        return found.sequence;
    }
    if (!caller.new_business) return refuse(Reason::disk_low);
    if (book_.assets().size() >= settings_.limits.max_assets) return refuse(Reason::limit_reached);

    book_.add(op.asset, op.issuer, op.lot, ++sequence_);
    step.changed.issuers.push_back(op.issuer);
    return sequence_;
}

CashMachine::Effect CashMachine::run(const Caller& caller, const op::Issue& op, Step& step) {
    if (!is_here(op.account)) return refuse(Reason::wrong_ledger);
    if (op.amount.is_zero()) return refuse(Reason::zero_amount);

    const auto asset = book_.find(op.asset);
    if (!asset) return refuse(Reason::unknown_asset);
    if (book_[*asset].issuer != caller.signer) return refuse(Reason::not_permitted);
    const auto account = book_.find(op.account);
    if (!account) return refuse(Reason::unknown_account);
    if (!caller.new_business) return refuse(Reason::disk_low);
    if (!is_whole(op.amount, book_[*asset].lot)) return refuse(Reason::odd_lot);
    if (!book_.can_issue(*asset, op.amount)) return refuse(Reason::amount_overflow);

    book_.post(Place::issuance(), Place::free_of(*account), *asset, op.amount);
    ++sequence_;
    line({*account, StatementRow::Kind::issued, *asset, op.amount, std::nullopt,
          Hash{caller.id.array()}},
         step);
    return sequence_;
}

CashMachine::Effect CashMachine::run(const Caller& caller, const op::Redeem& op, Step& step) {
    if (!is_here(op.account)) return refuse(Reason::wrong_ledger);
    if (op.amount.is_zero()) return refuse(Reason::zero_amount);

    const auto account = book_.find(op.account);
    if (!account) return refuse(Reason::unknown_account);
    if (!owns(caller.signer, *account)) return refuse(Reason::not_permitted);
    const auto asset = book_.find(op.asset);
    if (!asset) return refuse(Reason::unknown_asset);
    if (!caller.new_business) return refuse(Reason::disk_low);
    if (!is_whole(op.amount, book_[*asset].lot)) return refuse(Reason::odd_lot);
    if (book_.holding(*account, *asset).free < op.amount) return refuse(Reason::insufficient_funds);

    book_.post(Place::free_of(*account), Place::issuance(), *asset, op.amount);
    ++sequence_;
    line({*account, StatementRow::Kind::redeemed, *asset, op.amount, std::nullopt,
          Hash{caller.id.array()}},
         step);
    return sequence_;
}

CashMachine::Effect CashMachine::run(const Caller& caller, const op::Transfer& op, Step& step) {
    if (!is_here(op.from) || !is_here(op.to)) return refuse(Reason::wrong_ledger);
    if (op.amount.is_zero()) return refuse(Reason::zero_amount);
    if (op.from == op.to) return refuse(Reason::same_account);

    const auto from = book_.find(op.from);
    if (!from) return refuse(Reason::unknown_account);
    if (!owns(caller.signer, *from)) return refuse(Reason::not_permitted);
    const auto to = book_.find(op.to);
    if (!to) return refuse(Reason::unknown_account);
    const auto asset = book_.find(op.asset);
    if (!asset) return refuse(Reason::unknown_asset);
    if (!caller.new_business) return refuse(Reason::disk_low);
    if (!is_whole(op.amount, book_[*asset].lot)) return refuse(Reason::odd_lot);
    if (now_ > op.not_after) return refuse(Reason::not_after_passed);
    if (op.not_after > now_ + max_instruction_life) return refuse(Reason::too_far_ahead);
    if (book_.holding(*from, *asset).free < op.amount) return refuse(Reason::insufficient_funds);

    book_.post(Place::free_of(*from), Place::free_of(*to), *asset, op.amount);
    ++sequence_;
    const Hash reference{caller.id.array()};
    line({*from, StatementRow::Kind::sent, *asset, op.amount, *to, reference}, step);
    line({*to, StatementRow::Kind::received, *asset, op.amount, *from, reference}, step);
    return sequence_;
}

CashMachine::Effect CashMachine::run(const Caller& caller, const op::Prepare& op, Step& step) {
    const EscrowTerms& terms = op.terms;
    if (!is_here(terms.payer) || !is_here(terms.payee)) return refuse(Reason::wrong_ledger);
    if (terms.amount.is_zero()) return refuse(Reason::zero_amount);
    if (terms.payer == terms.payee) return refuse(Reason::same_account);

    const auto payer = book_.find(terms.payer);
    if (!payer) return refuse(Reason::unknown_account);
    if (!owns(caller.signer, *payer)) return refuse(Reason::not_permitted);
    const auto payee = book_.find(terms.payee);
    if (!payee) return refuse(Reason::unknown_account);
    const auto asset = book_.find(terms.asset);
    if (!asset) return refuse(Reason::unknown_asset);
    Escrow escrow{
        *payee, *asset, terms.amount, terms.condition, terms.expiry, EscrowState::prepared,
        0,      0,      std::nullopt, Timestamp{}};
    const EscrowPlace place{*payer, terms.id};
    if (const Escrow* first = escrows_.find(place)) {
        if (!first->has_terms_of(escrow)) return refuse(Reason::id_reused);
        return first->prepared;
    }
    if (!caller.new_business) return refuse(Reason::disk_low);
    if (!is_whole(terms.amount, book_[*asset].lot)) return refuse(Reason::odd_lot);
    if (terms.amount > settings_.max_amount) return refuse(Reason::amount_too_large);
    if (is_expired(now_, terms.expiry)) return refuse(Reason::expiry_passed);
    if (terms.expiry > now_ + settings_.max_hold) return refuse(Reason::expiry_too_far);
    if (now_ > op.not_after) return refuse(Reason::not_after_passed);
    if (op.not_after > now_ + max_instruction_life) return refuse(Reason::too_far_ahead);
    if (escrows_.find(TombstonePlace{place, *payee})) return refuse(Reason::tombstoned);
    if (escrows_.open_count() >= settings_.limits.max_open_escrows ||
        escrows_.open_count(*payer) >= settings_.limits.max_open_escrows_of_payer) {
        return refuse(Reason::limit_reached);
    }
    if (book_.holding(*payer, *asset).free < terms.amount)
        return refuse(Reason::insufficient_funds);

    book_.post(Place::free_of(*payer), Place::escrow_of(*payer), *asset, terms.amount);
    escrow.prepared = escrow.changed = ++sequence_;
    const Escrow& opened = escrows_.open(place, escrow);
    line({*payer, StatementRow::Kind::locked, *asset, terms.amount, *payee, Hash{terms.id.array()}},
         step);
    event(place, opened, step);
    return sequence_;
}

// Here it is decided whether a preimage is taken: before the expiry, from the payee, 32 octets,
// once.
CashMachine::Effect CashMachine::run(const Caller& caller, const op::Fulfil& op, Step& step) {
    if (!is_here(op.escrow.payer)) return refuse(Reason::wrong_ledger);

    const auto place = find_place(op.escrow);
    const Escrow* escrow = place ? escrows_.find(*place) : nullptr;
    if (escrow == nullptr) return refuse(Reason::unknown_escrow);
    if (!owns(caller.signer, escrow->payee)) return refuse(Reason::not_payee);
    if (op.preimage.size() != preimage_size) return refuse(Reason::wrong_preimage_size);
    if (!fulfils(op.preimage, escrow->condition)) return refuse(Reason::wrong_preimage);
    switch (escrow->state) {
        case EscrowState::prepared:
            break;
        case EscrowState::fulfilled:
            return escrow->changed;  // the first answer, whenever it comes
        case EscrowState::refunded_expired:
            return refuse(Reason::escrow_expired);
        case EscrowState::refunded_rejected:
            return refuse(Reason::already_refunded);
    }
    // What has expired was given back before this operation's turn came: no fulfil at or after the
    // expiry gets here.
    ASSERT(!is_expired(now_, escrow->expiry));

    book_.post(Place::escrow_of(place->payer), Place::free_of(escrow->payee), escrow->asset,
               escrow->amount);
    escrows_.close(*place, EscrowState::fulfilled, ++sequence_, forget_at(*escrow),
                   PreimageOctets::from(op.preimage));
    const Hash reference{place->id.array()};
    line({place->payer, StatementRow::Kind::paid, escrow->asset, escrow->amount, escrow->payee,
          reference},
         step);
    line({escrow->payee, StatementRow::Kind::claimed, escrow->asset, escrow->amount, place->payer,
          reference},
         step);
    event(*place, *escrow, step);
    return sequence_;
}

CashMachine::Effect CashMachine::run(const Caller& caller, const op::Reject& op, Step& step) {
    if (!is_here(op.escrow.payer) || !is_here(op.payee)) return refuse(Reason::wrong_ledger);

    const auto place = find_place(op.escrow);
    const auto payee = book_.find(op.payee);
    if (!place || !payee) return refuse(Reason::unknown_account);
    if (!owns(caller.signer, *payee)) return refuse(Reason::not_payee);
    if (const Escrow* escrow = escrows_.find(*place)) {
        if (escrow->payee != *payee) return refuse(Reason::not_payee);
        switch (escrow->state) {
            case EscrowState::prepared:
                break;
            case EscrowState::fulfilled:
                return refuse(Reason::already_fulfilled);
            case EscrowState::refunded_expired:
                return refuse(Reason::already_refunded);
            case EscrowState::refunded_rejected:
                return escrow->changed;
        }

        give_back(*place, EscrowState::refunded_rejected, step);
        return sequence_;
    }
    const TombstonePlace grave{*place, *payee};
    if (const Tombstone* first = escrows_.find(grave)) return first->sequence;
    if (escrows_.tombstone_count(*payee) >= settings_.limits.max_tombstones_of_payee)
        return refuse(Reason::limit_reached);

    escrows_.bury(grave, {++sequence_, now_ + max_instruction_life});
    return sequence_;
}

CashMachine::Effect CashMachine::run(const Caller&, const op::Refund& op, Step&) {
    if (!is_here(op.escrow.payer)) return refuse(Reason::wrong_ledger);

    const auto place = find_place(op.escrow);
    const Escrow* escrow = place ? escrows_.find(*place) : nullptr;
    if (escrow == nullptr) return refuse(Reason::unknown_escrow);
    switch (escrow->state) {
        case EscrowState::prepared:
            return refuse(Reason::escrow_not_expired);
        case EscrowState::fulfilled:
            return refuse(Reason::already_fulfilled);
        case EscrowState::refunded_expired:
            return escrow->changed;  // the clock has done it
        case EscrowState::refunded_rejected:
            return refuse(Reason::already_refunded);
    }
    UNREACHABLE();
}

}  // namespace lockstep::cash
