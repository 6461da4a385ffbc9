#include "bitcoin/adapter/reject.h"

#include "bitcoin/script/verify_script.h"
#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint8_t partial_version = 1;

// The one form that offer_reject makes.
bool is_agreed(const Transaction& transaction, const RejectTerms& terms) {
    if (transaction.version != 2 || transaction.locktime != 0 || transaction.inputs.size() != 1 ||
        transaction.outputs.size() != 1)
        return false;
    const TxIn& input = transaction.inputs[0];
    const TxOut& output = transaction.outputs[0];
    if (input.prevout != terms.escrow.place || input.sequence != replaceable_sequence ||
        !input.script_sig.empty() || !input.witness.empty() || output.script != terms.destination)
        return false;
    if (!is_money(terms.escrow.value) || !is_money(output.value) || !is_money(terms.most_fee))
        return false;
    return output.value <= terms.escrow.value &&
           terms.escrow.value - output.value <= terms.most_fee &&
           output.value >= dust_of(output.script);
}

}  // namespace

Result<PartialReject, BuildFault> offer_reject(const SpendPlan& plan, const KeyName& key,
                                               const BitcoinSigner& signer) {
    auto spend = draft_spend(plan, EscrowPath::reject);
    if (!spend) return unexpected(spend.error());
    if (!plan.fee_coins.empty()) return unexpected(BuildFault::wrong_reject);
    if (signer.public_key(key) != plan.escrow.lock.payee) return unexpected(BuildFault::wrong_key);
    const Bytes script = *escrow_script(plan.escrow.lock);
    Bytes signature = sign_escrow(spend->transaction, plan.escrow, script, key, signer);
    return PartialReject{std::move(spend->transaction), std::move(signature)};
}

PaidVersion paid(const PartialReject& partial, const EscrowCoin& escrow) {
    ASSERT(partial.transaction.outputs.size() == 1);
    const TxOut& output = partial.transaction.outputs[0];
    return {escrow.value - output.value,
            spend_vsize(escrow.lock, EscrowPath::reject, output.script, 0) - 1};
}

Bytes serialize(const PartialReject& partial) {
    Writer writer;
    writer.u8(partial_version);
    writer.string(serialize(partial.transaction, WitnessForm::without));
    writer.string(partial.signature);
    return writer.take();
}

std::optional<PartialReject> parse_partial_reject(ByteView bytes) {
    if (bytes.size() > max_partial) return std::nullopt;
    Reader reader(bytes);
    if (reader.u8() != partial_version) return std::nullopt;
    auto transaction = parse_transaction(reader.string());
    const ByteView signature = reader.string();
    if (!reader.at_end() || !transaction || transaction->has_witness()) return std::nullopt;
    return PartialReject{std::move(*transaction), Bytes(signature.begin(), signature.end())};
}

Result<EscrowSpend, BuildFault> complete_reject(const PartialReject& partial,
                                                const RejectTerms& terms, const KeyName& key,
                                                const BitcoinSigner& signer) {
    const EscrowCoin& escrow = terms.escrow;
    const auto script = escrow_script(escrow.lock);
    if (!script) return unexpected(BuildFault::bad_lock);
    if (!is_agreed(partial.transaction, terms)) return unexpected(BuildFault::wrong_reject);
    if (signer.public_key(key) != escrow.lock.payer) return unexpected(BuildFault::wrong_key);
    // Before the other signature is given away. Only ALL may be what was signed: the sizes and the
    // fee depend on it, and another type would let a third party change the transaction.
    if (partial.signature.empty() || partial.signature.back() != sighash_all)
        return unexpected(BuildFault::bad_signature);
    EscrowSpend spend;
    spend.transaction = partial.transaction;
    spend.fee = escrow.value - partial.transaction.outputs[0].value;
    TxIn& input = spend.transaction.inputs[0];
    const Bytes own = sign_escrow(spend.transaction, escrow, *script, key, signer);
    input.witness = reject_witness({partial.signature, own}, *script);
    const CommonHashes common(spend.transaction);
    const Spending spending(spend.transaction, common, 0, escrow.value);
    if (verify_script(input, script_pubkey_of(*script), verify_flag::standard, spending) !=
        ScriptError::ok)
        return unexpected(BuildFault::bad_signature);
    return spend;
}

}  // namespace lockstep::bitcoin
