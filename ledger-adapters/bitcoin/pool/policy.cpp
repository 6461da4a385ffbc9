#include "bitcoin/pool/policy.h"

#include <algorithm>

#include "bitcoin/script/script.h"
#include "sdk/base/checked.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::int32_t last_standard_version = 2;
constexpr std::size_t max_script_sig = 1'650;  // 15 signatures of 15 keys, and their script
// One of 64 octets could be taken for an inner node of a Merkle tree (CVE-2017-12842).
constexpr std::size_t least_size = 65;
constexpr std::size_t max_multisig_keys = 3;  // outside of a script hash
constexpr std::size_t max_redeem_sigops = 15;
constexpr std::size_t max_witness_script = 3'600;
constexpr std::size_t max_witness_items = 100;
constexpr std::size_t max_witness_item = 80;
constexpr std::uint32_t last_replaceable_sequence = 0xfffffffd;
// What spending an output takes at least: an outpoint, a sequence number, lengths, and a signature
// with its key, which as a witness count for a quarter.
constexpr std::size_t spend_size = 32 + 4 + 1 + 107 + 4;
constexpr std::size_t witness_spend_size = 32 + 4 + 1 + 107 / witness_scale + 4;
constexpr std::size_t rate_size = 1'000;  // virtual bytes that a fee rate is for

Fault check_output(const TxOut& output, ScriptKind kind, const PoolPolicy& policy) {
    if (kind == ScriptKind::nonstandard) return "scriptpubkey";
    if (kind == ScriptKind::nulldata) {
        if (output.script.size() > policy.max_op_return) return "scriptpubkey";
        return std::nullopt;
    }
    if (kind == ScriptKind::multisig) {
        if (multisig_keys(output.script) > max_multisig_keys) return "scriptpubkey";
        if (!policy.bare_multisig) return "bare-multisig";
    }
    if (output.value < dust_limit(output, policy.dust_relay)) return "dust";
    return std::nullopt;
}

// What a scriptSig of pushes leaves on top of the stack; nullopt where it leaves nothing or fails.
std::optional<Bytes> top_push(ByteView script_sig) {
    std::optional<Bytes> top;
    ScriptReader reader(script_sig);
    while (!reader.at_end()) {
        const auto instruction = reader.next();
        if (!instruction || instruction->data.size() > max_element_size) return std::nullopt;
        const Opcode op = instruction->op;
        if (op > Opcode::op_16 || op == Opcode::reserved) return std::nullopt;
        if (op == Opcode::op_1negate)
            top = Bytes{0x81};
        else if (op >= Opcode::op_1)
            top = Bytes{static_cast<std::uint8_t>(static_cast<std::uint8_t>(op) - 0x50)};
        else
            top = Bytes(instruction->data.begin(), instruction->data.end());
    }
    return top;
}

bool is_standard_input(const TxIn& input, const TxOut& spent) {
    const ScriptKind kind = kind_of(spent.script);
    if (kind == ScriptKind::nonstandard || kind == ScriptKind::witness_unknown) return false;
    if (kind != ScriptKind::scripthash) return true;
    const auto redeem = top_push(input.script_sig);
    return redeem && count_sigops(*redeem, Count::exact) <= max_redeem_sigops;
}

bool is_standard_witness(const TxIn& input, const TxOut& spent) {
    if (input.witness.empty()) return true;
    Bytes script = spent.script;
    if (is_script_hash(script)) {
        auto redeem = top_push(input.script_sig);
        if (!redeem) return false;
        script = std::move(*redeem);
    }
    const auto program = witness_program(script);
    if (!program) return false;
    if (program->version != 0 || program->program.size() != 32) return true;
    if (input.witness.back().size() > max_witness_script) return false;
    if (input.witness.size() - 1 > max_witness_items) return false;
    return std::all_of(input.witness.begin(), input.witness.end() - 1,
                       [](const Bytes& item) { return item.size() <= max_witness_item; });
}

}  // namespace

std::size_t virtual_size(std::size_t weight, std::size_t sigop_cost) {
    return (std::max(weight, sigop_cost * sigop_bytes) + witness_scale - 1) / witness_scale;
}

Satoshi fee_at(FeeRate rate, std::size_t size) {
    if (rate <= 0) return 0;
    const auto fee = mul_div_ceil(static_cast<std::uint64_t>(rate), size, rate_size);
    // No transaction pays more than all the money there is.
    if (!fee || *fee > static_cast<std::uint64_t>(max_money)) return max_money;
    return static_cast<Satoshi>(*fee);
}

FeeRate rate_of(Satoshi fee, std::size_t size) {
    if (fee <= 0) return 0;
    const auto rate = mul_div_floor(static_cast<std::uint64_t>(fee), rate_size, size);
    return rate ? static_cast<FeeRate>(*rate) : 0;
}

Satoshi dust_limit(const TxOut& output, FeeRate rate) {
    if (!is_spendable(output.script)) return 0;
    Writer writer;
    write(writer, output);
    const bool is_witness = witness_program(output.script).has_value();
    return fee_at(rate, writer.bytes().size() + (is_witness ? witness_spend_size : spend_size));
}

Fault check_standard(const Transaction& transaction, const PoolPolicy& policy) {
    if (transaction.version < 1 || transaction.version > last_standard_version) return "version";
    if (weight_of(transaction) > max_standard_weight) return "tx-size";
    for (const TxIn& input : transaction.inputs) {
        if (input.script_sig.size() > max_script_sig) return "scriptsig-size";
        if (!is_push_only(input.script_sig)) return "scriptsig-not-pushonly";
    }
    std::size_t data_outputs = 0;
    for (const TxOut& output : transaction.outputs) {
        const ScriptKind kind = kind_of(output.script);
        if (Fault fault = check_output(output, kind, policy)) return fault;
        if (kind == ScriptKind::nulldata) ++data_outputs;
    }
    if (data_outputs > 1) return "multi-op-return";
    if (serialize(transaction, WitnessForm::without).size() < least_size) return "tx-size-small";
    return std::nullopt;
}

Fault check_standard_inputs(const Transaction& transaction, std::span<const Coin> spent) {
    for (std::size_t i = 0; i < transaction.inputs.size(); ++i)
        if (!is_standard_input(transaction.inputs[i], spent[i].output))
            return "bad-txns-nonstandard-inputs";
    for (std::size_t i = 0; i < transaction.inputs.size(); ++i)
        if (!is_standard_witness(transaction.inputs[i], spent[i].output))
            return "bad-witness-nonstandard";
    return std::nullopt;
}

bool signals_replacement(const Transaction& transaction) {
    return std::any_of(transaction.inputs.begin(), transaction.inputs.end(), [](const TxIn& input) {
        return input.sequence <= last_replaceable_sequence;
    });
}

}  // namespace lockstep::bitcoin
