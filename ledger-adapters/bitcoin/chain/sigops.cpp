#include "bitcoin/chain/sigops.h"

#include "bitcoin/script/script.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::size_t keys_at_most = 20;

// What a scriptSig pushes last, which is the script of BIP 16. Empty where it is no such thing.
ByteView last_push(ByteView script_sig) {
    ByteView last;
    ScriptReader reader(script_sig);
    while (!reader.at_end()) {
        const auto instruction = reader.next();
        if (!instruction || instruction->op > Opcode::op_16) return {};
        last = instruction->data;
    }
    return last;
}

std::size_t witness_sigops(const WitnessProgram& program, const std::vector<Bytes>& witness) {
    if (program.version != 0) return 0;
    if (program.program.size() == 20) return 1;
    if (program.program.size() == 32 && !witness.empty())
        return count_sigops(witness.back(), Count::exact);
    return 0;
}

std::size_t cost_of_input(const TxIn& input, const TxOut& spent) {
    std::size_t cost = 0;
    if (is_script_hash(spent.script))
        cost += count_sigops(last_push(input.script_sig), Count::exact) * witness_scale;
    auto program = witness_program(spent.script);
    if (!program && is_script_hash(spent.script) && is_push_only(input.script_sig))
        program = witness_program(last_push(input.script_sig));
    if (program) cost += witness_sigops(*program, input.witness);
    return cost;
}

}  // namespace

std::size_t count_sigops(ByteView script, Count how) {
    std::size_t count = 0;
    Opcode before = Opcode::invalid;
    ScriptReader reader(script);
    while (!reader.at_end()) {
        const auto instruction = reader.next();
        if (!instruction) break;
        const Opcode op = instruction->op;
        if (op == Opcode::checksig || op == Opcode::checksigverify) {
            ++count;
        } else if (op == Opcode::checkmultisig || op == Opcode::checkmultisigverify) {
            const bool known =
                how == Count::exact && before >= Opcode::op_1 && before <= Opcode::op_16;
            count += known ? static_cast<std::size_t>(before) - 0x50 : keys_at_most;
        }
        before = op;
    }
    return count;
}

std::size_t legacy_sigop_cost(const Transaction& transaction) {
    std::size_t count = 0;
    for (const TxIn& input : transaction.inputs)
        count += count_sigops(input.script_sig, Count::most);
    for (const TxOut& output : transaction.outputs)
        count += count_sigops(output.script, Count::most);
    return count * witness_scale;
}

std::size_t sigop_cost(const Transaction& transaction, std::span<const TxOut> spent) {
    std::size_t cost = legacy_sigop_cost(transaction);
    if (transaction.is_coinbase()) return cost;
    for (std::size_t i = 0; i < transaction.inputs.size(); ++i)
        cost += cost_of_input(transaction.inputs[i], spent[i]);
    return cost;
}

}  // namespace lockstep::bitcoin
