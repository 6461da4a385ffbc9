#include "bitcoin/script/transaction.h"

#include <algorithm>
#include <set>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint8_t witness_flag = 1;
constexpr std::size_t max_block_weight = 4'000'000;

void write_inputs(Writer& writer, const Transaction& transaction) {
    writer.compact(transaction.inputs.size());
    for (const TxIn& input : transaction.inputs) {
        write(writer, input.prevout);
        writer.string(input.script_sig).u32(input.sequence);
    }
}

void write_outputs(Writer& writer, const Transaction& transaction) {
    writer.compact(transaction.outputs.size());
    for (const TxOut& output : transaction.outputs)
        write(writer, output);
}

Bytes copy(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

void read_inputs(Reader& reader, Transaction& transaction) {
    transaction.inputs.resize(reader.count(41));
    for (TxIn& input : transaction.inputs) {
        const auto txid = Txid::from(reader.raw(Txid::size));
        if (txid) input.prevout.txid = *txid;
        input.prevout.index = reader.u32();
        input.script_sig = copy(reader.string());
        input.sequence = reader.u32();
    }
}

void read_outputs(Reader& reader, Transaction& transaction) {
    transaction.outputs.resize(reader.count(9));
    for (TxOut& output : transaction.outputs) {
        output.value = reader.i64();
        output.script = copy(reader.string());
    }
}

}  // namespace

std::string to_text(const Txid& id) {
    Bytes bytes(id.view().begin(), id.view().end());
    std::reverse(bytes.begin(), bytes.end());
    return to_hex(bytes);
}

std::optional<Txid> txid_from_text(std::string_view text) {
    auto bytes = from_hex(text);
    if (!bytes) return std::nullopt;
    std::reverse(bytes->begin(), bytes->end());
    return Txid::from(*bytes);
}

void write(Writer& writer, const OutPoint& outpoint) {
    writer.raw(outpoint.txid.view()).u32(outpoint.index);
}

void write(Writer& writer, const TxOut& output) {
    writer.i64(output.value).string(output.script);
}

bool Transaction::has_witness() const {
    return std::any_of(inputs.begin(), inputs.end(),
                       [](const TxIn& input) { return !input.witness.empty(); });
}

Bytes serialize(const Transaction& transaction, WitnessForm form) {
    const bool extended = form == WitnessForm::with && transaction.has_witness();
    Writer writer;
    writer.i32(transaction.version);
    if (extended) writer.u8(0).u8(witness_flag);
    write_inputs(writer, transaction);
    write_outputs(writer, transaction);
    if (extended) {
        for (const TxIn& input : transaction.inputs) {
            writer.compact(input.witness.size());
            for (const Bytes& item : input.witness)
                writer.string(item);
        }
    }
    writer.u32(transaction.locktime);
    return writer.take();
}

Transaction read_transaction(Reader& reader) {
    Transaction transaction;
    transaction.version = reader.i32();
    read_inputs(reader, transaction);
    std::uint8_t flags = 0;
    if (transaction.inputs.empty() && reader.ok()) {
        // A marker where the number of inputs would stand; or there are no inputs and no outputs.
        flags = reader.u8();
        if (flags != 0) {
            read_inputs(reader, transaction);
            read_outputs(reader, transaction);
        }
    } else {
        read_outputs(reader, transaction);
    }
    if ((flags & witness_flag) != 0) {
        flags ^= witness_flag;
        for (TxIn& input : transaction.inputs) {
            const std::uint64_t items = reader.count(1);
            for (std::uint64_t i = 0; i < items && reader.ok(); ++i)
                input.witness.push_back(copy(reader.string()));
        }
        if (!transaction.has_witness()) reader.fail();
    }
    if (flags != 0) reader.fail();
    transaction.locktime = reader.u32();
    return transaction;
}

std::optional<Transaction> parse_transaction(ByteView bytes) {
    Reader reader(bytes);
    Transaction transaction = read_transaction(reader);
    if (!reader.at_end()) return std::nullopt;
    return transaction;
}

std::optional<Transaction> parse_bare_transaction(ByteView bytes) {
    Reader reader(bytes);
    Transaction transaction;
    transaction.version = reader.i32();
    read_inputs(reader, transaction);
    read_outputs(reader, transaction);
    transaction.locktime = reader.u32();
    if (!reader.at_end()) return std::nullopt;
    return transaction;
}

Hash hash256(ByteView bytes) {
    return sha256(sha256(bytes).view());
}

Txid txid_of(const Transaction& transaction) {
    return Txid{hash256(serialize(transaction, WitnessForm::without)).array()};
}

Txid wtxid_of(const Transaction& transaction) {
    return Txid{hash256(serialize(transaction, WitnessForm::with)).array()};
}

std::string_view to_string(TxFault fault) {
    switch (fault) {
        case TxFault::no_inputs:
            return "bad-txns-vin-empty";
        case TxFault::no_outputs:
            return "bad-txns-vout-empty";
        case TxFault::too_large:
            return "bad-txns-oversize";
        case TxFault::negative_value:
            return "bad-txns-vout-negative";
        case TxFault::value_too_large:
            return "bad-txns-vout-toolarge";
        case TxFault::total_too_large:
            return "bad-txns-txouttotal-toolarge";
        case TxFault::duplicate_input:
            return "bad-txns-inputs-duplicate";
        case TxFault::coinbase_size:
            return "bad-cb-length";
        case TxFault::null_prevout:
            return "bad-txns-prevout-null";
    }
    UNREACHABLE();
}

std::optional<TxFault> check_transaction(const Transaction& transaction) {
    if (transaction.inputs.empty()) return TxFault::no_inputs;
    if (transaction.outputs.empty()) return TxFault::no_outputs;
    if (serialize(transaction, WitnessForm::without).size() * witness_scale > max_block_weight)
        return TxFault::too_large;
    Satoshi total = 0;
    for (const TxOut& output : transaction.outputs) {
        if (output.value < 0) return TxFault::negative_value;
        if (output.value > max_money) return TxFault::value_too_large;
        total += output.value;  // both are at most max_money
        if (total > max_money) return TxFault::total_too_large;
    }
    std::set<OutPoint> spent;
    for (const TxIn& input : transaction.inputs)
        if (!spent.insert(input.prevout).second) return TxFault::duplicate_input;
    if (transaction.is_coinbase()) {
        const std::size_t size = transaction.inputs[0].script_sig.size();
        if (size < 2 || size > 100) return TxFault::coinbase_size;
        return std::nullopt;
    }
    for (const TxIn& input : transaction.inputs)
        if (input.prevout.is_null()) return TxFault::null_prevout;
    return std::nullopt;
}

}  // namespace lockstep::bitcoin
