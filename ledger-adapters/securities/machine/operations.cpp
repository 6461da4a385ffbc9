// The rules of each operation. Guards stand in the order of their reasons in the tables of
// tests/unit/securities_ledger_test.cpp.
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "securities/machine/execution.h"

namespace lockstep::securities {

Execution::Outcome Execution::apply(const op::OpenAccount& op) {
    if (signer_ != genesis_.operator_key) return refuse(Reason::not_permitted);
    if (!is_here(op.account)) return refuse(Reason::wrong_ledger);
    if (const Account* existing = state_.accounts.find(op.account)) {
        if (existing->owner != op.owner) return refuse(Reason::account_exists);
        return Done{existing->sequence, std::nullopt};
    }
    if (state_.accounts.size() >= max_accounts) return refuse(Reason::limit_reached);

    Effect& effect = begin(EffectKind::open_account, AssetId{}, Amount{});
    effect.to = op.account;
    effect.key = op.owner;
    state_.accounts.set(op.account, {op.owner, effect.sequence});
    state_.add_key(op.owner);
    return Done{effect.sequence, std::nullopt};
}

Execution::Outcome Execution::apply(const op::RegisterAsset& op) {
    if (signer_ != genesis_.operator_key) return refuse(Reason::not_permitted);
    if (op.lot.is_zero()) return refuse(Reason::zero_amount);
    if (const Asset* existing = state_.assets.find(op.asset)) {
        if (existing->issuer != op.issuer || existing->lot != op.lot)
            return refuse(Reason::asset_exists);
        return Done{existing->sequence, std::nullopt};
    }
    if (state_.assets.size() >= max_assets) return refuse(Reason::limit_reached);

    Effect& effect = begin(EffectKind::register_asset, op.asset, op.lot);
    effect.key = op.issuer;
    state_.assets.set(op.asset, {op.issuer, op.lot, Amount{}, Amount{}, effect.sequence});
    state_.add_key(op.issuer);
    return Done{effect.sequence, std::nullopt};
}

Execution::Outcome Execution::apply(const op::Issue& op) {
    if (!is_here(op.account)) return refuse(Reason::wrong_ledger);
    if (!state_.accounts.find(op.account)) return refuse(Reason::unknown_account);
    if (const auto ok = check_quantity(op.asset, op.amount); !ok) return refuse(ok.error());
    Asset asset = *state_.assets.find(op.asset);
    if (signer_ != asset.issuer) return refuse(Reason::not_permitted);
    const auto issued = checked_add(asset.issued, op.amount);
    if (!issued) return refuse(Reason::amount_overflow);

    asset.issued = *issued;
    state_.assets.set(op.asset, asset);
    Effect& effect = begin(EffectKind::issue, op.asset, op.amount);
    effect.to = op.account;
    make(effect, op.account, op.amount, std::nullopt);
    move(op.account, op.asset, {op.amount, Amount{}}, {});
    add_line(effect, op.account);
    return Done{effect.sequence, std::nullopt};
}

Execution::Outcome Execution::apply(const op::Redeem& op) {
    if (!is_here(op.account)) return refuse(Reason::wrong_ledger);
    if (const auto ok = check_owner(op.account); !ok) return refuse(ok.error());
    if (const auto ok = check_quantity(op.asset, op.amount); !ok) return refuse(ok.error());
    const auto inputs = select(op.account, op.asset, op.amount);
    if (!inputs) return refuse(inputs.error());

    Asset asset = *state_.assets.find(op.asset);
    const auto redeemed = checked_add(asset.redeemed, op.amount);
    ASSERT(redeemed.has_value());  // never more than was issued
    asset.redeemed = *redeemed;
    state_.assets.set(op.asset, asset);
    Effect& effect = begin(EffectKind::redeem, op.asset, op.amount);
    effect.from = op.account;
    spend(effect, op.account, *inputs);
    move(op.account, op.asset, {}, {op.amount, Amount{}});
    add_line(effect, op.account);
    return Done{effect.sequence, std::nullopt};
}

Execution::Outcome Execution::apply(const op::Transfer& op) {
    if (!is_here(op.from) || !is_here(op.to)) return refuse(Reason::wrong_ledger);
    if (op.from == op.to) return refuse(Reason::same_account);
    if (const auto ok = check_owner(op.from); !ok) return refuse(ok.error());
    if (!state_.accounts.find(op.to)) return refuse(Reason::unknown_account);
    if (const auto ok = check_quantity(op.asset, op.amount); !ok) return refuse(ok.error());
    if (const auto ok = check_not_after(op.not_after); !ok) return refuse(ok.error());
    const auto inputs = select(op.from, op.asset, op.amount);
    if (!inputs) return refuse(inputs.error());

    Effect& effect = begin(EffectKind::transfer, op.asset, op.amount);
    effect.from = op.from;
    effect.to = op.to;
    spend(effect, op.from, *inputs);
    make(effect, op.to, op.amount, std::nullopt);
    move(op.from, op.asset, {}, {op.amount, Amount{}});
    move(op.to, op.asset, {op.amount, Amount{}}, {});
    add_line(effect, op.from);
    add_line(effect, op.to);
    return Done{effect.sequence, std::nullopt};
}

Execution::Outcome Execution::apply(const op::Prepare& op) {
    const EscrowTerms& terms = op.terms;
    const EscrowRef ref{terms.id, terms.payer};
    if (!is_here(terms.payer) || !is_here(terms.payee)) return refuse(Reason::wrong_ledger);
    if (terms.payer == terms.payee) return refuse(Reason::same_account);
    if (const auto ok = check_owner(terms.payer); !ok) return refuse(ok.error());
    // Asked again, in any later instruction: the first answer, whatever became of it since.
    if (const Escrow* existing = state_.escrows.find(ref)) {
        if (existing->terms != terms) return refuse(Reason::id_reused);
        return Done{existing->prepared_at, std::nullopt};
    }
    if (state_.tombstones.find({ref, terms.payee})) return refuse(Reason::tombstoned);
    if (!state_.accounts.find(terms.payee)) return refuse(Reason::unknown_account);
    if (const auto ok = check_quantity(terms.asset, terms.amount); !ok) return refuse(ok.error());
    if (is_expired(state_.time, terms.expiry)) return refuse(Reason::expiry_passed);
    if (terms.expiry > state_.time + max_hold) return refuse(Reason::expiry_too_far);
    if (const auto ok = check_not_after(op.not_after); !ok) return refuse(ok.error());
    if (state_.expiries.size() >= limits_.open_escrows ||
        state_.open_count(terms.payer) >= limits_.open_escrows_of_payer)
        return refuse(Reason::limit_reached);
    const auto inputs = select(terms.payer, terms.asset, terms.amount);
    if (!inputs) return refuse(inputs.error());

    Effect& effect = begin(EffectKind::prepare, terms.asset, terms.amount);
    effect.from = terms.payer;
    effect.to = terms.payee;
    effect.escrow = ref;
    effect.reference = Hash{terms.id.array()};
    spend(effect, terms.payer, *inputs);
    Escrow escrow;
    escrow.terms = terms;
    escrow.prepared_at = effect.sequence;
    escrow.sequence = effect.sequence;
    escrow.lock = make(effect, terms.payer, terms.amount, ref);
    escrow.remember_until = valid_until_;
    move(terms.payer, terms.asset, {Amount{}, terms.amount}, {terms.amount, Amount{}});
    add_line(effect, terms.payer);
    LedgerEvent event = event_of(escrow);
    state_.put_escrow(std::move(escrow));
    return Done{event.sequence, std::move(event)};
}

Execution::Outcome Execution::apply(const op::Fulfil& op) {
    if (!is_here(op.escrow.payer)) return refuse(Reason::wrong_ledger);
    const EscrowRef ref = ref_of(op.escrow);
    const Escrow* escrow = state_.escrows.find(ref);
    if (!escrow) return refuse(Reason::unknown_escrow);
    if (state_.accounts.find(escrow->terms.payee)->owner != signer_)
        return refuse(Reason::not_payee);
    if (op.preimage.size() != preimage_size) return refuse(Reason::wrong_preimage_size);
    if (!fulfils(op.preimage, escrow->terms.condition)) return refuse(Reason::wrong_preimage);
    switch (escrow->state) {
        case EscrowState::prepared:
            break;
        case EscrowState::fulfilled:
            return Done{escrow->sequence, std::nullopt};
        case EscrowState::refunded_expired:
            return refuse(Reason::escrow_expired);
        case EscrowState::refunded_rejected:
            return refuse(Reason::already_refunded);
    }
    // it waits for a later block to refund it
    if (is_expired(state_.time, escrow->terms.expiry)) return refuse(Reason::escrow_expired);

    LedgerEvent event = close(ref, EscrowState::fulfilled, *Hash::from(op.preimage));
    return Done{event.sequence, std::move(event)};
}

Execution::Outcome Execution::apply(const op::Reject& op) {
    if (!is_here(op.escrow.payer) || !is_here(op.payee)) return refuse(Reason::wrong_ledger);
    const EscrowRef ref = ref_of(op.escrow);
    const Escrow* escrow = state_.escrows.find(ref);
    if (!escrow) return refuse_ahead(op);
    if (state_.accounts.find(escrow->terms.payee)->owner != signer_)
        return refuse(Reason::not_payee);
    switch (escrow->state) {
        case EscrowState::prepared:
            break;
        case EscrowState::fulfilled:
            return refuse(Reason::already_fulfilled);
        case EscrowState::refunded_expired:
            return refuse(Reason::already_refunded);
        case EscrowState::refunded_rejected:
            return Done{escrow->sequence, std::nullopt};
    }

    LedgerEvent event = close(ref, EscrowState::refunded_rejected, std::nullopt);
    return Done{event.sequence, std::move(event)};
}

Execution::Outcome Execution::refuse_ahead(const op::Reject& op) {
    const Account* payee = state_.accounts.find(op.payee);
    if (!payee || !state_.accounts.find(op.escrow.payer)) return refuse(Reason::unknown_account);
    if (payee->owner != signer_) return refuse(Reason::not_payee);
    const TombstoneRef ref{ref_of(op.escrow), op.payee};
    if (const Tombstone* existing = state_.tombstones.find(ref))
        return Done{existing->sequence, std::nullopt};
    const std::uint64_t* count = state_.tombstones_of.find(op.payee);
    if (count && *count >= max_tombstones_of_payee) return refuse(Reason::limit_reached);

    Effect& effect = begin(EffectKind::tombstone, AssetId{}, Amount{});
    effect.to = op.payee;
    effect.escrow = ref.first;
    // A prepare that was signed before this one may still come for as long as it is valid, the last
    // instant included.
    state_.put_tombstone(ref, {effect.sequence, state_.time + max_instruction_life +
                                                    client_clock_error + Duration{1}});
    return Done{effect.sequence, std::nullopt};
}

Execution::Outcome Execution::apply(const op::Refund& op) {
    if (!is_here(op.escrow.payer)) return refuse(Reason::wrong_ledger);
    const Escrow* escrow = state_.escrows.find(ref_of(op.escrow));
    if (!escrow) return refuse(Reason::unknown_escrow);
    switch (escrow->state) {
        case EscrowState::prepared: {
            if (!is_expired(state_.time, escrow->terms.expiry))
                return refuse(Reason::escrow_not_expired);
            LedgerEvent event =
                close(ref_of(op.escrow), EscrowState::refunded_expired, std::nullopt);
            return Done{event.sequence, std::move(event)};
        }
        case EscrowState::fulfilled:
            return refuse(Reason::already_fulfilled);
        case EscrowState::refunded_rejected:
            return refuse(Reason::already_refunded);
        case EscrowState::refunded_expired:
            break;  // time has done it
    }
    return Done{escrow->sequence, std::nullopt};
}

}  // namespace lockstep::securities
