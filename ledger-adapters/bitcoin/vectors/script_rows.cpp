// script_tests.json, sighash.json
#include <algorithm>
#include <cmath>

#include "bitcoin/script/script_text.h"
#include "bitcoin/script/verify_script.h"
#include "bitcoin/vectors/rows.h"

namespace lockstep::bitcoin::vectors {
namespace {

struct ScriptRow {
    std::vector<Bytes> witness;
    Satoshi amount = 0;
    Bytes script_sig, script_pubkey;
    VerifyFlags flags = 0;
    std::string expected;
};

// An output that the script locks, in a transaction that pays nobody else.
Transaction crediting(const ScriptRow& row) {
    Transaction credit;
    credit.version = 1;
    TxIn input;
    input.script_sig = Bytes(2, static_cast<std::uint8_t>(Opcode::op_0));
    credit.inputs.push_back(std::move(input));
    credit.outputs.push_back({row.amount, row.script_pubkey});
    return credit;
}
Transaction spending(const ScriptRow& row) {
    Transaction spend;
    spend.version = 1;
    TxIn input;
    input.prevout = {txid_of(crediting(row)), 0};
    input.script_sig = row.script_sig;
    input.witness = row.witness;
    spend.inputs.push_back(std::move(input));
    spend.outputs.push_back({row.amount, {}});
    return spend;
}

// Empty, or what is wrong with it.
std::string read_witness(const Json& list, ScriptRow& row) {
    const auto amount = list[list.size() - 1].as_double();
    if (!amount) return "the amount is no number";
    row.amount = std::llround(*amount * static_cast<double>(coin));
    for (std::size_t i = 0; i + 1 < list.size(); ++i) {
        const auto item = from_hex(text_at(list, i));
        if (!item) return "a witness is no hexadecimal";
        row.witness.push_back(*item);
    }
    return {};
}

bool is_taproot(const Json& row) {
    const std::string text = write_json(row);
    return text.find("#SCRIPT#") != std::string::npos ||
           text.find("#TAPROOTOUTPUT#") != std::string::npos;
}

std::string read_row(const Json& json, ScriptRow& row) {
    std::size_t at = 0;
    if (json[0].as_array() != nullptr) {
        if (std::string fault = read_witness(json[0], row); !fault.empty()) return fault;
        at = 1;
    }
    const auto script_sig = parse_script(text_at(json, at));
    const auto script_pubkey = parse_script(text_at(json, at + 1));
    const auto flags = parse_flags(text_at(json, at + 2));
    if (!script_sig || !script_pubkey) return "a script cannot be read";
    if (!flags) return "a flag is not known: " + text_at(json, at + 2);
    row.script_sig = *script_sig;
    row.script_pubkey = *script_pubkey;
    row.flags = *flags;
    if ((row.flags & verify_flag::cleanstack) != 0)
        row.flags |= verify_flag::p2sh | verify_flag::witness;
    row.expected = text_at(json, at + 3);
    return {};
}

}  // namespace

Verdict compare_script(const Json& json) {
    if (json.size() < 4) return comment();
    if (is_taproot(json)) return left_out(taproot);
    ScriptRow row;
    if (std::string fault = read_row(json, row); !fault.empty()) return disagrees(fault);
    const Transaction transaction = spending(row);
    const CommonHashes common(transaction);
    const ScriptError error = verify_script(transaction.inputs[0], row.script_pubkey, row.flags,
                                            Spending(transaction, common, 0, row.amount));
    if (error == ScriptError::taproot_not_supported) return left_out(taproot);
    if (to_string(error) == row.expected) return agrees();
    return disagrees("expected " + row.expected + ", was " + std::string(to_string(error)));
}

Verdict compare_signature_hash(const Json& json) {
    if (json.size() < 5) return comment();
    const auto raw = from_hex(text_at(json, 0));
    const auto script = from_hex(text_at(json, 1));
    const auto input = json[std::size_t{2}].as_uint64();
    const auto type = json[std::size_t{3}].as_int64();
    if (!raw || !script || !input || !type) return disagrees("the row cannot be read");
    const auto transaction = parse_transaction(*raw);
    if (!transaction || *input >= transaction->inputs.size())
        return disagrees("the transaction cannot be read");
    if (serialize(*transaction) != *raw) return disagrees("written again it is not the same");
    const Hash hash =
        base_signature_hash(*transaction, *input, *script, static_cast<std::uint32_t>(*type));
    const std::string text = to_text(Txid{hash.array()});
    if (text == text_at(json, 4)) return agrees();
    return disagrees("expected " + text_at(json, 4) + ", was " + text);
}

}  // namespace lockstep::bitcoin::vectors
