#include "bitcoin/script/signature_hash.h"

#include "bitcoin/script/script.h"
#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

// SIGHASH_ALL, NONE or SINGLE; what is none of them signs all.
std::uint32_t base_type(std::uint32_t type) {
    return type & 0x1f;
}
bool anyone_can_pay(std::uint32_t type) {
    return (type & sighash_anyone_can_pay) != 0;
}
// The other inputs may be replaced by versions of their own.
bool frees_sequences(std::uint32_t type) {
    return base_type(type) == sighash_single || base_type(type) == sighash_none;
}

// Without OP_CODESEPARATOR. Where a push is cut off, the length says more than what follows.
void write_script_code(Writer& writer, ByteView script) {
    Bytes kept;
    std::size_t separators = 0;
    std::size_t from = 0;
    ScriptReader reader(script);
    while (!reader.at_end()) {
        const std::size_t at = reader.position();
        const auto instruction = reader.next();
        if (!instruction) break;
        if (instruction->op != Opcode::codeseparator) continue;
        append(kept, script.subspan(from, at - from));
        from = reader.position();
        ++separators;
    }
    append(kept, script.subspan(from, reader.position() - from));
    writer.compact(script.size() - separators).raw(kept);
}

Hash number_one() {
    std::array<std::uint8_t, Hash::size> bytes{};
    bytes[0] = 1;
    return Hash{bytes};
}

}  // namespace

CommonHashes::CommonHashes(const Transaction& transaction) {
    Writer all_prevouts;
    Writer all_sequences;
    Writer all_outputs;
    for (const TxIn& input : transaction.inputs) {
        write(all_prevouts, input.prevout);
        all_sequences.u32(input.sequence);
    }
    for (const TxOut& output : transaction.outputs)
        write(all_outputs, output);
    prevouts = hash256(all_prevouts.bytes());
    sequences = hash256(all_sequences.bytes());
    outputs = hash256(all_outputs.bytes());
}

Hash base_signature_hash(const Transaction& transaction, std::size_t input, ByteView script_code,
                         std::uint32_t type) {
    ASSERT(input < transaction.inputs.size());
    const bool single = base_type(type) == sighash_single;
    if (single && input >= transaction.outputs.size()) return number_one();

    Writer writer;
    writer.i32(transaction.version);
    const auto write_input = [&](std::size_t i) {
        const TxIn& one = transaction.inputs[i];
        write(writer, one.prevout);
        if (i == input)
            write_script_code(writer, script_code);
        else
            writer.compact(0);
        writer.u32(i != input && frees_sequences(type) ? 0 : one.sequence);
    };
    if (anyone_can_pay(type)) {
        writer.compact(1);
        write_input(input);
    } else {
        writer.compact(transaction.inputs.size());
        for (std::size_t i = 0; i < transaction.inputs.size(); ++i)
            write_input(i);
    }
    if (base_type(type) == sighash_none) {
        writer.compact(0);
    } else if (single) {
        writer.compact(input + 1);
        for (std::size_t i = 0; i < input; ++i)
            write(writer, TxOut{-1, {}});
        write(writer, transaction.outputs[input]);
    } else {
        writer.compact(transaction.outputs.size());
        for (const TxOut& output : transaction.outputs)
            write(writer, output);
    }
    writer.u32(transaction.locktime).u32(type);
    return hash256(writer.bytes());
}

Hash witness_signature_hash(const Transaction& transaction, const CommonHashes& common,
                            std::size_t input, ByteView script_code, Satoshi amount,
                            std::uint32_t type) {
    ASSERT(input < transaction.inputs.size());
    const TxIn& spending = transaction.inputs[input];
    Hash outputs;
    if (!frees_sequences(type)) {
        outputs = common.outputs;
    } else if (base_type(type) == sighash_single && input < transaction.outputs.size()) {
        Writer one;
        write(one, transaction.outputs[input]);
        outputs = hash256(one.bytes());
    }
    Writer writer;
    writer.i32(transaction.version);
    writer.raw((anyone_can_pay(type) ? Hash{} : common.prevouts).view());
    writer.raw((anyone_can_pay(type) || frees_sequences(type) ? Hash{} : common.sequences).view());
    write(writer, spending.prevout);
    writer.string(script_code).i64(amount).u32(spending.sequence);
    writer.raw(outputs.view()).u32(transaction.locktime).u32(type);
    return hash256(writer.bytes());
}

}  // namespace lockstep::bitcoin
