#include "bitcoin/adapter/transactions.h"

#include "bitcoin/chain/block.h"
#include "bitcoin/script/script.h"
#include "bitcoin/script/signature_hash.h"
#include "bitcoin/script/spending.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {
namespace {

bool is_spendable_amount(Satoshi value) {
    return value > 0 && is_money(value);
}

std::size_t spend_weight(std::size_t script, EscrowPath path, ByteView destination,
                         std::size_t fee_coins) {
    return overhead_weight + escrow_input_weight(path, script) + fee_coins * key_input_weight +
           output_weight(destination);
}

// Without the change.
Result<std::vector<TxOut>, BuildFault> outputs_of(const FundingPlan& plan) {
    if (!is_sound(plan.rate)) return unexpected(BuildFault::bad_rate);
    const Satoshi reserve = plan.reserve ? plan.reserve->value : 0;
    const auto total = add_money(plan.amount, reserve);
    if (plan.amount <= 0 || !total) return unexpected(BuildFault::bad_amount);
    const auto script = escrow_script(plan.lock);
    if (!script) return unexpected(BuildFault::bad_lock);
    if (!is_destination(plan.change_script) ||
        (plan.reserve && !is_destination(plan.reserve->script)))
        return unexpected(BuildFault::bad_destination);
    if (!plan.announcement.empty() && !is_data_output(plan.announcement))
        return unexpected(BuildFault::bad_destination);
    if (plan.locktime >= locktime_threshold) return unexpected(BuildFault::bad_locktime);
    std::vector<TxOut> outputs{{plan.amount, script_pubkey_of(*script)}};
    if (!plan.announcement.empty()) outputs.push_back({0, plan.announcement});
    if (plan.reserve) outputs.push_back(*plan.reserve);
    for (const TxOut& output : outputs)
        if (!is_data_output(output.script) && output.value < dust_of(output.script))
            return unexpected(BuildFault::dust);
    return outputs;
}

Result<EscrowFunding, BuildFault> build_funding(const FundingPlan& plan,
                                                const EscrowFunding* before,
                                                std::span<const KeyCoin> available,
                                                const std::set<OutPoint>& reserved,
                                                const BitcoinSigner& signer) {
    auto outputs = outputs_of(plan);
    if (!outputs) return unexpected(outputs.error());
    const PaymentPlan payment{std::move(*outputs), plan.change_script, plan.rate, plan.locktime};
    std::optional<Payment> replaced;
    if (before != nullptr) replaced = before->payment();
    auto made = replaced ? replace_payment(*replaced, payment, available, reserved, signer)
                         : pay(payment, available, reserved, signer);
    if (!made) return unexpected(made.error());
    return EscrowFunding{plan, std::move(made->coins), std::move(made->transaction), made->fee,
                         made->change};
}

}  // namespace

PaidVersion EscrowFunding::paid() const {
    return {fee, signed_vsize_of(transaction)};
}
Payment EscrowFunding::payment() const {
    Payment payment;
    payment.plan = {transaction.outputs, plan.change_script, plan.rate, plan.locktime};
    if (change > 0) payment.plan.outputs.pop_back();
    payment.coins = coins;
    payment.transaction = transaction;
    payment.fee = fee;
    payment.change = change;
    return payment;
}
PaidVersion EscrowSpend::paid() const {
    return {fee, signed_vsize_of(transaction)};
}

Result<EscrowFunding, BuildFault> fund_escrow(const FundingPlan& plan,
                                              std::span<const KeyCoin> available,
                                              const std::set<OutPoint>& reserved,
                                              const BitcoinSigner& signer) {
    return build_funding(plan, nullptr, available, reserved, signer);
}

Result<EscrowFunding, BuildFault> replace_funding(const EscrowFunding& before, FeePerKvb rate,
                                                  std::span<const KeyCoin> available,
                                                  const std::set<OutPoint>& reserved,
                                                  const BitcoinSigner& signer) {
    FundingPlan plan = before.plan;
    plan.rate = rate;
    return build_funding(plan, &before, available, reserved, signer);
}

std::size_t spend_vsize(const EscrowLock& lock, EscrowPath path, ByteView destination,
                        std::size_t fee_coins) {
    const auto script = escrow_script(lock);
    const std::size_t size = script ? script->size() : max_escrow_script;
    return vsize_of_weight(spend_weight(size, path, destination, fee_coins));
}

Result<EscrowSpend, BuildFault> draft_spend(const SpendPlan& plan, EscrowPath path) {
    if (!is_sound(plan.rate)) return unexpected(BuildFault::bad_rate);
    Satoshi total = plan.escrow.value;
    bool is_good = is_spendable_amount(total);
    for (const KeyCoin& each : plan.fee_coins) {
        const auto sum = add_money(total, each.value);
        is_good = is_good && each.value > 0 && sum;
        total = sum.value_or(0);
    }
    if (!is_good) return unexpected(BuildFault::bad_amount);
    const auto script = escrow_script(plan.escrow.lock);
    if (!script) return unexpected(BuildFault::bad_lock);
    if (!is_destination(plan.destination)) return unexpected(BuildFault::bad_destination);
    const std::size_t weight =
        spend_weight(script->size(), path, plan.destination, plan.fee_coins.size());
    const auto fee = fee_to_pay(plan.rate, vsize_of_weight(weight), plan.replaces);
    if (!fee || total - *fee < dust_of(plan.destination)) return unexpected(BuildFault::dust);
    if (plan.fee_coins.size() >= max_inputs) return unexpected(BuildFault::too_many_inputs);

    EscrowSpend spend;
    spend.fee = *fee;
    spend.transaction.inputs.push_back(replaceable_input(plan.escrow.place));
    for (const KeyCoin& each : plan.fee_coins)
        spend.transaction.inputs.push_back(replaceable_input(each.place));
    spend.transaction.outputs.push_back({total - *fee, plan.destination});
    return spend;
}

Bytes sign_escrow(const Transaction& transaction, const EscrowCoin& escrow, ByteView script,
                  const KeyName& key, const BitcoinSigner& signer) {
    const Hash sighash = witness_signature_hash(transaction, CommonHashes(transaction), 0, script,
                                                escrow.value, sighash_all);
    return with_hash_type(signer.sign(key, sighash));
}

Result<EscrowSpend, BuildFault> claim_escrow(const SpendPlan& plan, const Preimage& preimage,
                                             const KeyName& key, const BitcoinSigner& signer) {
    auto spend = draft_spend(plan, EscrowPath::claim);
    if (!spend) return spend;
    const EscrowLock& lock = plan.escrow.lock;
    if (signer.public_key(key) != lock.payee) return unexpected(BuildFault::wrong_key);
    if (!fulfils(preimage.view(), lock.condition)) return unexpected(BuildFault::wrong_preimage);
    const Bytes script = *escrow_script(lock);
    Transaction& transaction = spend->transaction;
    sign_coins(transaction, plan.fee_coins, 1, signer);
    transaction.inputs[0].witness =
        claim_witness(sign_escrow(transaction, plan.escrow, script, key, signer), preimage, script);
    return spend;
}

Result<EscrowSpend, BuildFault> refund_escrow(const SpendPlan& plan, const KeyName& key,
                                              const BitcoinSigner& signer) {
    auto spend = draft_spend(plan, EscrowPath::refund);
    if (!spend) return spend;
    const EscrowLock& lock = plan.escrow.lock;
    if (signer.public_key(key) != lock.payer) return unexpected(BuildFault::wrong_key);
    const Bytes script = *escrow_script(lock);
    Transaction& transaction = spend->transaction;
    transaction.locktime = lock.locktime;
    sign_coins(transaction, plan.fee_coins, 1, signer);
    transaction.inputs[0].witness =
        refund_witness(sign_escrow(transaction, plan.escrow, script, key, signer), script);
    return spend;
}

}  // namespace lockstep::bitcoin
