// How a Sender comes to its jobs, and how their transactions are built and built again.
#include <algorithm>

#include "bitcoin/adapter/sender.h"
#include "sdk/base/assert.h"

namespace lockstep::bitcoin {

Reason reason_of(BuildFault fault) {
    switch (fault) {
        case BuildFault::insufficient_funds:
        case BuildFault::too_many_inputs:
            return Reason::insufficient_funds;
        case BuildFault::wrong_preimage:
            return Reason::wrong_preimage;
        case BuildFault::bad_amount:
            return Reason::amount_overflow;
        case BuildFault::bad_rate:
        case BuildFault::bad_lock:
        case BuildFault::bad_destination:
        case BuildFault::bad_locktime:
        case BuildFault::dust:
        case BuildFault::wrong_reject:
        case BuildFault::wrong_key:
        case BuildFault::bad_signature:
            return Reason::not_accepted;
    }
    UNREACHABLE();
}

void Sender::add(const SenderTime& time, Job job) {
    job.height = static_cast<std::uint32_t>(std::max(time.tip, 0));
    touch(++last_number_);
    index(last_number_, job);
    open_.insert(last_number_);
    jobs_[last_number_] = std::move(job);
}

void Sender::index(std::uint64_t number, const Job& job) {
    if (job.kind != JobKind::transfer) of_escrow_[{job.kind, job.escrow}] = number;
}

void Sender::drop(std::uint64_t number) {
    const Job& job = jobs_.at(number);
    if (job.kind != JobKind::transfer) of_escrow_.erase({job.kind, job.escrow});
    decided_.erase({job.look_at, number});
    open_.erase(number);
    jobs_.erase(number);
    touch(number);
}

std::optional<std::uint64_t> Sender::number_of(JobKind kind, const EscrowKey& escrow) const {
    const auto found = of_escrow_.find({kind, escrow});
    return found == of_escrow_.end() ? std::nullopt : std::optional(found->second);
}

const Job* Sender::find(JobKind kind, const EscrowKey& escrow) const {
    const auto number = number_of(kind, escrow);
    return number ? &jobs_.at(*number) : nullptr;
}

Result<void> Sender::fund(const SenderTime& time, const CommandId& id,
                          const command::Prepare& prepare) {
    const EscrowTerms& terms = prepare.terms;
    const auto lock = lock_of(parts_.side.name.ledger, terms);
    const auto payee = key_of_account(parts_.side.name.ledger, terms.payee);
    ASSERT(lock && payee);
    FundingPlan plan;
    plan.lock = *lock;
    plan.amount = static_cast<Satoshi>(terms.amount.units());
    if (parts_.settings.reserve > 0) plan.reserve = TxOut{parts_.settings.reserve, parts_.home};
    plan.change_script = parts_.home;
    plan.rate = first_rate(bounds(), time.estimate);
    plan.locktime = static_cast<std::uint32_t>(std::max(time.tip, 0));
    plan.announcement =
        announcement_script({terms.condition, terms.id, terms.expiry, hint_of(*payee)});
    const auto coins = parts_.coins.available(time.tip);
    const auto funding = fund_escrow(plan, coins, held(), parts_.signer);
    if (!funding) return refuse(reason_of(funding.error()));
    Job job;
    job.kind = JobKind::fund;
    job.escrow = {terms.payer, terms.id};
    job.commands.push_back(id);
    job.terms = terms;
    job.not_after = prepare.not_after;
    take_payment(job, funding->payment());
    add(time, std::move(job));
    return {};
}

Result<void> Sender::transfer(const SenderTime& time, const CommandId& id,
                              const command::Transfer& transfer) {
    const auto to = key_of_account(parts_.side.name.ledger, transfer.to);
    ASSERT(to.has_value());
    PaymentPlan plan;
    plan.outputs.push_back({static_cast<Satoshi>(transfer.amount.units()), script_pubkey_of(*to)});
    if (plan.outputs[0].value < dust_of(plan.outputs[0].script))
        return refuse(Reason::not_accepted);
    plan.change_script = parts_.home;
    plan.rate = first_rate(bounds(), time.estimate);
    plan.locktime = static_cast<std::uint32_t>(std::max(time.tip, 0));
    const auto payment = pay(plan, parts_.coins.available(time.tip), held(), parts_.signer);
    if (!payment) return refuse(reason_of(payment.error()));
    Job job;
    job.kind = JobKind::transfer;
    job.commands.push_back(id);
    job.not_after = transfer.not_after;
    take_payment(job, *payment);
    add(time, std::move(job));
    return {};
}

void Sender::join(JobKind kind, const EscrowKey& escrow, const CommandId& id) {
    const auto number = number_of(kind, escrow);
    ASSERT(number.has_value());
    Job& job = jobs_.at(*number);
    if (std::find(job.commands.begin(), job.commands.end(), id) == job.commands.end())
        job.commands.push_back(id);
    // It is answered anew, as it stands.
    job.is_done = false;
    reopen(*number);
    touch(*number);
}

bool Sender::works_on(const EscrowKey& escrow) const {
    for (const JobKind kind : {JobKind::fund, JobKind::claim, JobKind::refund, JobKind::reject})
        if (number_of(kind, escrow)) return true;
    return false;
}

std::vector<EscrowTerms> Sender::fundings() const {
    std::vector<EscrowTerms> list;
    for (const auto& [number, job] : jobs_)
        if (job.terms) list.push_back(*job.terms);
    return list;
}

bool Sender::works_for(const CommandId& id) const {
    for (const auto& [number, job] : jobs_)
        if (std::find(job.commands.begin(), job.commands.end(), id) != job.commands.end())
            return true;
    return false;
}

Result<void> Sender::claim(const SenderTime& time, const CommandId& id, const EscrowKey& escrow,
                           const Preimage& preimage) {
    if (number_of(JobKind::claim, escrow)) {
        join(JobKind::claim, escrow, id);
        return {};
    }
    Job job;
    job.kind = JobKind::claim;
    job.escrow = escrow;
    job.commands.push_back(id);
    job.preimage = Bytes(preimage.view().begin(), preimage.view().end());
    if (const auto built = build_first_spend(time, job); !built)
        return refuse(reason_of(built.error()));
    add(time, std::move(job));
    return {};
}

Result<void> Sender::refund(const SenderTime& time, const std::optional<CommandId>& id,
                            const EscrowKey& escrow) {
    if (number_of(JobKind::refund, escrow)) {
        if (id) join(JobKind::refund, escrow, *id);
        return {};
    }
    Job job;
    job.kind = JobKind::refund;
    job.escrow = escrow;
    if (id) job.commands.push_back(*id);
    if (const auto built = build_first_spend(time, job); !built)
        return refuse(reason_of(built.error()));
    // What both signed is not needed any more, and is outbid by this; a payment with a coin of it
    // becomes void by this.
    if (const auto number = number_of(JobKind::reject, escrow)) {
        job.withdrawals = jobs_.at(*number).versions;
        drop(*number);
    }
    add(time, std::move(job));
    return {};
}

void Sender::reject(const SenderTime& time, const EscrowKey& escrow, const EscrowSpend& spend) {
    const auto number = number_of(JobKind::reject, escrow);
    if (number_of(JobKind::refund, escrow)) return;
    if (number) {
        // A newer version of the payee's, or the first one for where the escrow is now.
        const Job& before = jobs_.at(*number);
        if (spent_by(before) == spend.transaction.inputs[0].prevout &&
            static_cast<std::uint64_t>(spend.fee) <= before.fee)
            return;
        take_spend(jobs_.at(*number), spend, {}, {});
        return touch(*number);
    }
    Job job;
    job.kind = JobKind::reject;
    job.escrow = escrow;
    take_spend(job, spend, {}, {});
    add(time, std::move(job));
}

// An escrow that does not pay for its spend at the rate of the day does at the least one.
Result<void, BuildFault> Sender::build_first_spend(const SenderTime& time, Job& job) {
    FeePerKvb rate = first_rate(bounds(), time.estimate);
    // A claim that begins late begins with what it would have come to.
    constexpr std::int64_t few_blocks = 6;
    if (const auto left = blocks_left(time, job); left && *left <= few_blocks)
        rate = next_rate(bounds(), rate, time.estimate, left);
    const auto built = build_spend(job, rate);
    if (built || built.error() != BuildFault::dust) return built;
    return build_spend(job, parts_.settings.min_fee);
}

// The same at another rate; at the place where the escrow is now. An escrow's key is that of its
// side; its terms say which that is.
Result<void, BuildFault> Sender::build_spend(Job& job, FeePerKvb rate) {
    const BookedEscrow* const escrow = parts_.escrows.find(job.escrow);
    ASSERT(escrow != nullptr);
    const Address& ledger = parts_.side.name.ledger;
    const auto lock = lock_of(ledger, escrow->terms);
    ASSERT(lock.has_value());
    SpendPlan plan;
    plan.escrow = {escrow->place(), static_cast<Satoshi>(escrow->terms.amount.units()), *lock};
    plan.destination = parts_.home;
    plan.rate = rate;
    const bool is_claim = job.kind == JobKind::claim;
    if (!job.octets.empty() && spent_by(job) == plan.escrow.place) plan.replaces = paid_by(job);
    if (!is_claim) {
        if (const auto reserve = parts_.coins.reserve_of(job.escrow))
            plan.fee_coins.push_back(*reserve);
        const Job* const agreed = find(JobKind::reject, job.escrow);
        if (agreed != nullptr && spent_by(*agreed) == plan.escrow.place)
            plan.replaces = paid_by(*agreed);
    }
    const EscrowKeyName name{ledger, job.escrow.payer, job.escrow.id,
                             is_claim ? EscrowRole::payee : EscrowRole::payer};
    const auto spend = is_claim
                           ? claim_escrow(plan, *Preimage::from(*job.preimage), name, parts_.signer)
                           : refund_escrow(plan, name, parts_.signer);
    if (!spend) return unexpected(spend.error());
    take_spend(job, *spend, rate, plan.fee_coins);
    return {};
}

// False where there is no better version: its coins do not pay for one.
bool Sender::build_again(const SenderTime& time, Job& job, FeePerKvb rate) {
    if (!is_payment(job.kind)) return build_spend(job, rate).has_value();
    Payment before = payment_of(job, parts_.home);
    // What a reorganisation took away with whatever made it may never come back, and what another
    // transaction spent does not. The first one decides what becomes of the payment.
    for (std::size_t i = before.coins.size(); i-- > 1;) {
        const BookedCoin* const booked = parts_.coins.find(before.coins[i].place);
        if (booked == nullptr || booked->spent)
            before.coins.erase(before.coins.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (job.withdrawing) {
        const auto payment = withdraw_payment(before, rate, parts_.signer);
        if (payment) take_payment(job, *payment);
        return payment.has_value();
    }
    PaymentPlan plan = before.plan;
    plan.rate = rate;
    const auto payment =
        replace_payment(before, plan, parts_.coins.available(time.tip), held(), parts_.signer);
    if (payment) take_payment(job, *payment);
    return payment.has_value();
}

std::set<OutPoint> Sender::held() const {
    std::set<OutPoint> places;
    for (const auto& [number, job] : jobs_)
        for (const JobCoin& each : job.coins)
            places.insert(each.place());
    for (const auto& [place, booked] : parts_.coins.all()) {
        if (!booked.reserve_of) continue;
        const BookedEscrow* const escrow = parts_.escrows.find(*booked.reserve_of);
        const bool is_over = escrow == nullptr ||
                             (escrow->ended_at != 0 && escrow->told_end_as == Certainty::final_);
        if (!is_over) places.insert(place);
    }
    return places;
}

}  // namespace lockstep::bitcoin
