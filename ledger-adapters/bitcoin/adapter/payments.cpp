#include "bitcoin/adapter/payments.h"

#include "bitcoin/chain/block.h"
#include "bitcoin/script/script.h"
#include "bitcoin/script/signature_hash.h"
#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

Result<Payment, BuildFault> build_payment(const PaymentPlan& plan, const Payment* before,
                                          std::span<const KeyCoin> available,
                                          const std::set<OutPoint>& reserved,
                                          const BitcoinSigner& signer) {
    SelectionRequest request;
    request.weight = overhead_weight;
    for (const TxOut& output : plan.outputs) {
        const auto total = add_money(request.target, output.value);
        if (!total) return unexpected(BuildFault::bad_amount);
        request.target = *total;
        request.weight += output_weight(output.script);
    }
    request.change_script = plan.change_script;
    request.rate = plan.rate;
    if (before != nullptr) {
        request.kept = before->coins;
        request.replaces = before->paid();
    }
    auto selection = select_coins(request, available, reserved);
    if (!selection) return unexpected(selection.error());

    Payment made;
    made.plan = plan;
    made.coins = std::move(selection->coins);
    made.fee = selection->fee;
    made.change = selection->change;
    made.transaction.locktime = plan.locktime;
    for (const KeyCoin& each : made.coins)
        made.transaction.inputs.push_back(replaceable_input(each.place));
    made.transaction.outputs = plan.outputs;
    if (made.change > 0) made.transaction.outputs.push_back({made.change, plan.change_script});
    sign_coins(made.transaction, made.coins, 0, signer);
    ASSERT(before == nullptr ||
           (made.fee > before->fee &&
            made.transaction.inputs[0].prevout == before->transaction.inputs[0].prevout));
    return made;
}

}  // namespace

PaidVersion Payment::paid() const {
    return {fee, signed_vsize_of(transaction)};
}

Result<Payment, BuildFault> pay(const PaymentPlan& plan, std::span<const KeyCoin> available,
                                const std::set<OutPoint>& reserved, const BitcoinSigner& signer) {
    return build_payment(plan, nullptr, available, reserved, signer);
}

Result<Payment, BuildFault> replace_payment(const Payment& before, const PaymentPlan& plan,
                                            std::span<const KeyCoin> available,
                                            const std::set<OutPoint>& reserved,
                                            const BitcoinSigner& signer) {
    return build_payment(plan, &before, available, reserved, signer);
}

Result<Payment, BuildFault> withdraw_payment(const Payment& before, FeePerKvb rate,
                                             const BitcoinSigner& signer) {
    const Bytes& home = before.plan.change_script;
    const std::size_t weight =
        overhead_weight + before.coins.size() * key_input_weight + output_weight(home);
    if (!is_sound(rate)) return unexpected(BuildFault::bad_rate);
    const auto fee = fee_to_pay(rate, vsize_of_weight(weight), before.paid());
    Satoshi total = 0;
    for (const KeyCoin& each : before.coins)
        total += each.value;
    if (!fee || total - *fee < dust_of(home)) return unexpected(BuildFault::dust);
    Payment made;
    made.plan = {{{total - *fee, home}}, home, rate, before.plan.locktime};
    made.coins = before.coins;
    made.fee = *fee;
    made.transaction.locktime = before.plan.locktime;
    for (const KeyCoin& each : made.coins)
        made.transaction.inputs.push_back(replaceable_input(each.place));
    made.transaction.outputs = made.plan.outputs;
    sign_coins(made.transaction, made.coins, 0, signer);
    return made;
}

TxIn replaceable_input(const OutPoint& place) {
    TxIn input;
    input.prevout = place;
    input.sequence = replaceable_sequence;
    return input;
}

Bytes with_hash_type(const ecdsa::Compact& signature) {
    Bytes bytes = ecdsa::to_der(signature);
    bytes.push_back(static_cast<std::uint8_t>(sighash_all));
    ASSERT(bytes.size() <= max_signature);
    return bytes;
}

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

std::size_t signed_vsize_of(const Transaction& transaction) {
    return vsize_of_weight(weight_of(transaction));
}

}  // namespace lockstep::bitcoin
