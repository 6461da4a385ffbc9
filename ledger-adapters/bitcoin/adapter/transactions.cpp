#include "bitcoin/adapter/transactions.h"

#include <algorithm>

#include "bitcoin/chain/block.h"
#include "bitcoin/script/script.h"
#include "bitcoin/script/signature_hash.h"
#include "bitcoin/script/spending.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {
namespace {

Bytes with_hash_type(const ecdsa::Compact& signature) {
    Bytes bytes = ecdsa::to_der(signature);
    bytes.push_back(static_cast<std::uint8_t>(sighash_all));
    ASSERT(bytes.size() <= max_signature);
    return bytes;
}

std::size_t signed_vsize(const Transaction& transaction) {
    return vsize_of_weight(weight_of(transaction));
}

TxIn input_of(const OutPoint& place) {
    TxIn input;
    input.prevout = place;
    input.sequence = replaceable_sequence;
    return input;
}

// `first`: input of the first of the coins, which are at the end.
void sign_coins(Transaction& transaction, std::span<const KeyCoin> coins, std::size_t first,
                const BitcoinSigner& signer) {
    const CommonHashes common(transaction);
    for (std::size_t i = 0; i < coins.size(); ++i) {
        const auto key = signer.public_key(coins[i].key);
        // The script that is signed is that of a key's hash (BIP 143); the program has the hash.
        const Bytes program = script_pubkey_of(key);
        const Hash sighash = witness_signature_hash(transaction, common, first + i,
                                                    key_hash_script(ByteView(program).subspan(2)),
                                                    coins[i].value, sighash_all);
        transaction.inputs[first + i].witness = {with_hash_type(signer.sign(coins[i].key, sighash)),
                                                 Bytes(key.view().begin(), key.view().end())};
    }
}

bool is_spendable_amount(Satoshi value) {
    return value > 0 && is_money(value);
}

std::size_t spend_weight(std::size_t script, EscrowPath path, ByteView destination,
                         std::size_t fee_coins) {
    return overhead_weight + escrow_input_weight(path, script) + fee_coins * key_input_weight +
           output_weight(destination);
}

struct FundingOutputs {
    std::vector<TxOut> outputs;
    Satoshi total = 0;
    std::size_t weight = 0;
};
Result<FundingOutputs, BuildFault> outputs_of(const FundingPlan& plan) {
    if (!is_sound(plan.rate)) return unexpected(BuildFault::bad_rate);
    const Satoshi reserve = plan.reserve ? plan.reserve->value : 0;
    const auto total = add_money(plan.amount, reserve);
    if (plan.amount <= 0 || !total) return unexpected(BuildFault::bad_amount);
    const auto script = escrow_script(plan.lock);
    if (!script) return unexpected(BuildFault::bad_lock);
    if (!is_destination(plan.change_script) ||
        (plan.reserve && !is_destination(plan.reserve->script)))
        return unexpected(BuildFault::bad_destination);
    if (plan.locktime >= locktime_threshold) return unexpected(BuildFault::bad_locktime);
    FundingOutputs made;
    made.total = *total;
    made.outputs.push_back({plan.amount, script_pubkey_of(*script)});
    if (plan.reserve) made.outputs.push_back(*plan.reserve);
    for (const TxOut& output : made.outputs) {
        if (output.value < dust_of(output.script)) return unexpected(BuildFault::dust);
        made.weight += output_weight(output.script);
    }
    return made;
}

Result<EscrowFunding, BuildFault> build_funding(const FundingPlan& plan,
                                                const EscrowFunding* before,
                                                std::span<const KeyCoin> available,
                                                const std::set<OutPoint>& reserved,
                                                const BitcoinSigner& signer) {
    auto outputs = outputs_of(plan);
    if (!outputs) return unexpected(outputs.error());
    SelectionRequest request;
    request.target = outputs->total;
    request.weight = overhead_weight + outputs->weight;
    request.change_script = plan.change_script;
    request.rate = plan.rate;
    if (before != nullptr) {
        request.kept = before->coins;
        request.replaces = before->paid();
    }
    auto selection = select_coins(request, available, reserved);
    if (!selection) return unexpected(selection.error());

    EscrowFunding funding;
    funding.plan = plan;
    funding.coins = std::move(selection->coins);
    funding.fee = selection->fee;
    funding.change = selection->change;
    Transaction& transaction = funding.transaction;
    transaction.locktime = plan.locktime;
    for (const KeyCoin& each : funding.coins)
        transaction.inputs.push_back(input_of(each.place));
    transaction.outputs = std::move(outputs->outputs);
    if (funding.change > 0) transaction.outputs.push_back({funding.change, plan.change_script});
    sign_coins(transaction, funding.coins, 0, signer);
    ASSERT(before == nullptr ||
           (funding.fee > before->fee &&
            transaction.inputs[0].prevout == before->transaction.inputs[0].prevout));
    return funding;
}

}  // namespace

PaidVersion EscrowFunding::paid() const {
    return {fee, signed_vsize(transaction)};
}
PaidVersion EscrowSpend::paid() const {
    return {fee, signed_vsize(transaction)};
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
    spend.transaction.inputs.push_back(input_of(plan.escrow.place));
    for (const KeyCoin& each : plan.fee_coins)
        spend.transaction.inputs.push_back(input_of(each.place));
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
