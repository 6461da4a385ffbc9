#include "bitcoin/adapter/job.h"

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

void take_version(Job& job, const Transaction& transaction, Satoshi fee) {
    job.octets = serialize(transaction);
    job.fee = static_cast<std::uint64_t>(fee);
    (job.withdrawing ? job.withdrawals : job.versions).insert(txid_of(transaction));
    job.is_waiting = true;
    job.request = 0;
    job.due = Timestamp{};
    job.outbid = false;
}

void take_coins(Job& job, const std::vector<KeyCoin>& coins) {
    job.coins.clear();
    for (const KeyCoin& each : coins)
        job.coins.push_back(
            {each.place.txid, each.place.index, static_cast<std::uint64_t>(each.value)});
}

Transaction transaction_of(const Job& job) {
    auto transaction = parse_transaction(job.octets);
    ASSERT(transaction.has_value());
    return std::move(*transaction);
}

}  // namespace

Payment payment_of(const Job& job, const Bytes& home) {
    Payment payment;
    payment.plan.change_script = home;
    payment.plan.rate = {static_cast<Satoshi>(job.rate)};
    payment.plan.locktime = job.locktime;
    for (const JobOutput& output : job.outputs)
        payment.plan.outputs.push_back({static_cast<Satoshi>(output.value), output.script});
    for (const JobCoin& each : job.coins)
        payment.coins.push_back({each.place(), static_cast<Satoshi>(each.value), account_key});
    payment.transaction = transaction_of(job);
    payment.fee = static_cast<Satoshi>(job.fee);
    payment.change = static_cast<Satoshi>(job.change);
    return payment;
}

void take_payment(Job& job, const Payment& payment) {
    job.rate = static_cast<std::uint64_t>(payment.plan.rate.satoshi);
    job.change = static_cast<std::uint64_t>(payment.change);
    job.locktime = payment.plan.locktime;
    take_coins(job, payment.coins);
    job.outputs.clear();
    for (const TxOut& output : payment.plan.outputs)
        job.outputs.push_back({static_cast<std::uint64_t>(output.value), output.script});
    take_version(job, payment.transaction, payment.fee);
}

void take_spend(Job& job, const EscrowSpend& spend, FeePerKvb rate,
                const std::vector<KeyCoin>& fee_coins) {
    job.rate = static_cast<std::uint64_t>(rate.satoshi);
    take_coins(job, fee_coins);
    take_version(job, spend.transaction, spend.fee);
}

PaidVersion paid_by(const Job& job) {
    return {static_cast<Satoshi>(job.fee), signed_vsize_of(transaction_of(job))};
}

Txid version_of(const Job& job) {
    return txid_of(transaction_of(job));
}

std::optional<OutPoint> spent_by(const Job& job) {
    if (job.octets.empty()) return std::nullopt;
    return transaction_of(job).inputs[0].prevout;
}

}  // namespace lockstep::bitcoin
