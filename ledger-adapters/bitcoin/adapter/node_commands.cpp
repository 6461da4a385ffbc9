// What is checked before a command becomes a transaction, in the order of sdk/base/reason.h.
#include "bitcoin/adapter/node_adapter.h"
#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {

void NodeAdapter::command(Timestamp at, const Command& command, AdapterOutputs& out) {
    switch (answers_.take(command)) {
        case CommandAnswers::Taken::other_contents:
            out.reports.emplace_back(
                report::Answer{command.id, report::Answer::Outcome::refused, Reason::id_reused});
            return;
        case CommandAnswers::Taken::again:
            // Business is answered as the first time. What ends an escrow is looked at again: a
            // reorganisation may have taken it back meanwhile.
            if (std::holds_alternative<command::Prepare>(command.body) ||
                std::holds_alternative<command::Transfer>(command.body)) {
                if (answers_.repeat(command.id, out.reports)) return;
                if (sender_.works_for(command.id)) return;
            }
            break;
        case CommandAnswers::Taken::anew:
            break;
    }
    const auto taken =
        std::visit([&](const auto& body) { return run(at, command.id, body, out); }, command.body);
    if (!taken) answers_.refused(command.id, taken.error(), out.reports);
}

Result<void> NodeAdapter::run(Timestamp, const CommandId& id, const command::Expect& c,
                              AdapterOutputs& out) {
    if (c.terms.payee != account_) return refuse(Reason::not_payee);
    answers_.done(id, out.reports);
    return {};
}

Result<void> NodeAdapter::check_terms(Timestamp at, const EscrowTerms& terms) const {
    if (terms.payer != account_) return refuse(Reason::not_permitted);
    const auto payee = key_of_account(setup_.ledger, terms.payee);
    if (!payee) return refuse(Reason::unknown_account);
    if (terms.asset != side_.name.asset) return refuse(Reason::unknown_asset);
    if (terms.amount.is_zero()) return refuse(Reason::zero_amount);
    if (terms.payee == account_) return refuse(Reason::same_account);
    if (terms.amount.units() > static_cast<std::uint64_t>(settings_.max_amount))
        return refuse(Reason::amount_too_large);
    const Timestamp now = std::max(at, chain_.ledger_time());
    if (is_expired(now, terms.expiry)) return refuse(Reason::expiry_passed);
    if (terms.expiry > now + settings_.max_hold) return refuse(Reason::expiry_too_far);
    // No locktime stands for it.
    if (!lock_of(setup_.ledger, terms)) return refuse(Reason::malformed);
    const auto amount = static_cast<Satoshi>(terms.amount.units());
    if (!is_worth_claiming(amount, script_pubkey_of(*payee), settings_.max_fee))
        return refuse(Reason::not_accepted);
    return {};
}

// New business needs a node that follows its network.
Result<void> NodeAdapter::check_business(Timestamp at, Timestamp not_after) const {
    if (at > not_after) return refuse(Reason::not_after_passed);
    if (chain_.standing() == ChainFollower::Standing::unknown) return refuse(Reason::unavailable);
    if (health(at).mode != report::Mode::live) return refuse(Reason::ledger_paused);
    return {};
}

Result<void> NodeAdapter::run(Timestamp at, const CommandId& id, const command::Prepare& c,
                              AdapterOutputs& out) {
    const EscrowKey key{c.terms.payer, c.terms.id};
    if (const BookedEscrow* const known = escrows_.find(key)) {
        if (known->terms != c.terms) return refuse(Reason::id_reused);
        if (known->is_there()) {
            answers_.done(id, out.reports);
            return {};
        }
    }
    if (const Job* const job = sender_.find(JobKind::fund, key)) {
        if (*job->terms != c.terms) return refuse(Reason::id_reused);
        sender_.join(JobKind::fund, key, id);
        return {};
    }
    if (const auto good = check_terms(at, c.terms); !good) return good;
    if (const auto good = check_business(at, c.not_after); !good) return good;
    // What was there under this name is gone, and may come back.
    if (escrows_.find(key) != nullptr) return refuse(Reason::id_reused);
    escrows_.learn_payee(*key_of_account(setup_.ledger, c.terms.payee));
    return sender_.fund(time(at), id, c);
}

Result<void> NodeAdapter::run(Timestamp at, const CommandId& id, const command::Fulfil& c,
                              AdapterOutputs& out) {
    const BookedEscrow* const escrow = escrows_.find(c.escrow);
    if (escrow == nullptr) return refuse(Reason::unknown_escrow);
    if (escrow->terms.payee != account_) return refuse(Reason::not_payee);
    if (!fulfils(c.preimage.view(), escrow->terms.condition)) return refuse(Reason::wrong_preimage);
    const bool is_over = escrow->ended_at != 0;
    if (is_over && escrow->end->state == EscrowState::fulfilled) {
        answers_.done(id, out.reports);
        return {};
    }
    if (is_over && escrow->told_end_as == Certainty::final_)
        return refuse(Reason::already_refunded);
    // Before a block has the funding, its payer can take it back and keep the preimage. A claim
    // that is under way waits until one has it again.
    if (escrow->funded_at == 0 && sender_.find(JobKind::claim, c.escrow) == nullptr)
        return refuse(Reason::unknown_escrow);
    return sender_.claim(time(at), id, c.escrow, c.preimage);
}

Result<void> NodeAdapter::run(Timestamp, const CommandId& id, const command::Reject& c,
                              AdapterOutputs& out) {
    const BookedEscrow* const escrow = escrows_.find(c.escrow);
    if (escrow == nullptr || escrow->funded_at == 0) return refuse(Reason::unknown_escrow);
    if (escrow->terms.payee != account_ || c.payee != account_) return refuse(Reason::not_payee);
    const auto is_fulfilled = [](const std::optional<EscrowEnd>& end) {
        return end && end->state == EscrowState::fulfilled;
    };
    const bool is_claimed = is_fulfilled(escrow->end) || is_fulfilled(escrow->pool_end) ||
                            sender_.find(JobKind::claim, c.escrow) != nullptr;
    if (is_claimed) return refuse(Reason::already_fulfilled);
    if (escrow->end) {
        answers_.done(id, out.reports);
        return {};
    }
    Release& release = releases_[c.escrow];
    if (release.octets.empty() || release.funding != escrow->funding) {
        const auto lock = lock_of(setup_.ledger, escrow->terms);
        const auto payer = key_of_account(setup_.ledger, escrow->terms.payer);
        SpendPlan plan;
        plan.escrow = {escrow->place(), static_cast<Satoshi>(escrow->terms.amount.units()), *lock};
        plan.destination = script_pubkey_of(*payer);
        // Neither side can offer more later without the other.
        const FeePerKvb rate = first_rate({settings_.min_fee, settings_.max_fee}, estimate_);
        plan.rate = std::min(FeePerKvb{2 * rate.satoshi}, settings_.max_fee);
        const auto partial = offer_reject(
            plan, EscrowKeyName{setup_.ledger, c.escrow.payer, c.escrow.id, EscrowRole::payee},
            *signer_);
        if (!partial) {
            releases_.erase(c.escrow);
            return refuse(reason_of(partial.error()));
        }
        release = {serialize(*partial), escrow->funding};
        changed_releases_.insert(c.escrow);
    }
    out.reports.emplace_back(report::Release{c.escrow, escrow->terms.payer, release.octets});
    answers_.done(id, out.reports);
    return {};
}

// Nothing of what comes is believed, and what does not fit changes nothing: the refund at the
// expiry does not depend on it.
void NodeAdapter::released(Timestamp at, const Released& released) {
    const BookedEscrow* const escrow = escrows_.find(released.escrow);
    if (escrow == nullptr || !escrow->is_open() || escrow->terms.payer != account_) return;
    const auto partial = parse_partial_reject(released.octets);
    if (!partial) return;
    RejectTerms terms;
    terms.escrow = {escrow->place(), static_cast<Satoshi>(escrow->terms.amount.units()),
                    *lock_of(setup_.ledger, escrow->terms)};
    terms.destination = home_;
    // What is dearer than four times the day's rate, or a tenth of the escrow, is not worth having
    // it back early: the payee does not pay for it.
    const FeePerKvb day = first_rate({settings_.min_fee, settings_.max_fee}, estimate_);
    const auto most = fee_for(std::min(FeePerKvb{4 * day.satoshi}, settings_.max_fee),
                              spend_vsize(terms.escrow.lock, EscrowPath::reject, home_, 0));
    terms.most_fee = std::min(most.value_or(0), terms.escrow.value / 10);
    const auto spend = complete_reject(
        *partial, terms,
        EscrowKeyName{setup_.ledger, account_, released.escrow.id, EscrowRole::payer}, *signer_);
    if (spend) sender_.reject(time(at), released.escrow, *spend);
}

Result<void> NodeAdapter::run(Timestamp at, const CommandId& id, const command::Refund& c,
                              AdapterOutputs& out) {
    const BookedEscrow* const escrow = escrows_.find(c.escrow);
    if (escrow == nullptr || escrow->funded_at == 0) return refuse(Reason::unknown_escrow);
    if (escrow->terms.payer != account_) return refuse(Reason::not_permitted);
    if (escrow->end && escrow->end->state != EscrowState::fulfilled) {
        answers_.done(id, out.reports);
        return {};
    }
    if (escrow->end && escrow->told_end_as == Certainty::final_)
        return refuse(Reason::already_fulfilled);
    if (!is_expired(chain_.ledger_time(), escrow->terms.expiry))
        return refuse(Reason::escrow_not_expired);
    return sender_.refund(time(at), id, c.escrow);
}

Result<void> NodeAdapter::run(Timestamp at, const CommandId& id, const command::Transfer& c,
                              AdapterOutputs&) {
    if (c.from != account_) return refuse(Reason::not_permitted);
    if (!key_of_account(setup_.ledger, c.to)) return refuse(Reason::unknown_account);
    if (c.asset != side_.name.asset) return refuse(Reason::unknown_asset);
    if (c.amount.is_zero()) return refuse(Reason::zero_amount);
    if (c.from == c.to) return refuse(Reason::same_account);
    if (c.amount.units() > static_cast<std::uint64_t>(max_money))
        return refuse(Reason::amount_overflow);
    if (const auto good = check_business(at, c.not_after); !good) return good;
    return sender_.transfer(time(at), id, c);
}

}  // namespace lockstep::bitcoin
