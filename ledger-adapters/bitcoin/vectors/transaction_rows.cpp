// tx_valid.json, tx_invalid.json
#include <map>

#include "bitcoin/script/script_text.h"
#include "bitcoin/script/verify_script.h"
#include "bitcoin/vectors/rows.h"

namespace lockstep::bitcoin::vectors {
namespace {

constexpr int flag_bits = 21;

struct TransactionRow {
    std::map<OutPoint, TxOut> spent;
    Transaction transaction;
    std::string flags;
};

std::string read_spent(const Json& list, TransactionRow& row) {
    for (const Json& one : *list.as_array()) {
        const auto txid = txid_from_text(text_at(one, 0));
        const auto index = one[std::size_t{1}].as_int64();
        const auto script = parse_script(text_at(one, 2));
        if (!txid || !index || !script) return "an output that is spent cannot be read";
        const Satoshi amount = one.size() > 3 ? one[std::size_t{3}].as_int64().value_or(0) : 0;
        // −1 stands for the index of a coinbase's input.
        row.spent[{*txid, static_cast<std::uint32_t>(*index)}] = {amount, *script};
    }
    return {};
}

std::string read_row(const Json& json, TransactionRow& row) {
    if (std::string fault = read_spent(json[0], row); !fault.empty()) return fault;
    const auto raw = from_hex(text_at(json, 1));
    if (!raw) return "the transaction is no hexadecimal";
    Reader reader(*raw);
    row.transaction = read_transaction(reader);
    if (!reader.ok()) return "the transaction cannot be read";
    row.flags = text_at(json, 2);
    return {};
}

// That of the first input that may not spend.
ScriptError verify(const TransactionRow& row, VerifyFlags flags) {
    const CommonHashes common(row.transaction);
    for (std::size_t i = 0; i < row.transaction.inputs.size(); ++i) {
        const TxIn& input = row.transaction.inputs[i];
        const TxOut& output = row.spent.at(input.prevout);
        const ScriptError error = verify_script(input, output.script, flags,
                                                Spending(row.transaction, common, i, output.value));
        if (error != ScriptError::ok) return error;
    }
    return ScriptError::ok;
}

bool knows_all(const TransactionRow& row) {
    for (const TxIn& input : row.transaction.inputs)
        if (!row.spent.contains(input.prevout)) return false;
    return true;
}

std::string name(VerifyFlags flag) {
#define LOCKSTEP_VERIFY_FLAG_NAME(id, text, bit) \
    if (flag == verify_flag::id) return text;
    LOCKSTEP_VERIFY_FLAGS(LOCKSTEP_VERIFY_FLAG_NAME)
#undef LOCKSTEP_VERIFY_FLAG_NAME
    return {};
}

}  // namespace

// Valid under all rules but those that are named, and under fewer; and each of those breaks it.
Verdict compare_valid_transaction(const Json& json) {
    if (json[0].as_array() == nullptr) return comment();
    TransactionRow row;
    if (std::string fault = read_row(json, row); !fault.empty()) return disagrees(fault);
    const auto excluded = parse_flags(row.flags);
    if (!excluded) return disagrees("a flag is not known: " + row.flags);
    if (const auto fault = check_transaction(row.transaction))
        return disagrees("expected valid, was " + std::string(to_string(*fault)));
    if (!knows_all(row)) return disagrees("an output that is spent is not in the row");
    const VerifyFlags flags = verify_flag::all & ~*excluded;
    const ScriptError error = verify(row, flags);
    if (error == ScriptError::taproot_not_supported) return left_out(taproot);
    if (error != ScriptError::ok)
        return disagrees("expected valid, was " + std::string(to_string(error)));
    for (int bit = 0; bit < flag_bits; ++bit) {
        const VerifyFlags one = VerifyFlags{1} << bit;
        const ScriptError fewer = verify(row, without_needing(flags & ~one));
        if (fewer != ScriptError::ok)
            return disagrees("without " + name(one) + " it was " + std::string(to_string(fewer)));
        if ((*excluded & one) != 0 &&
            verify(row, verify_flag::all & ~(*excluded & ~one)) == ScriptError::ok)
            return disagrees("with " + name(one) + " it was valid");
    }
    return agrees();
}

// Invalid under the rules that are named, and under more; and without any of them valid.
Verdict compare_invalid_transaction(const Json& json) {
    if (json[0].as_array() == nullptr) return comment();
    TransactionRow row;
    if (std::string fault = read_row(json, row); !fault.empty()) return disagrees(fault);
    const auto fault = check_transaction(row.transaction);
    if (row.flags == "BADTX") return fault ? agrees() : disagrees("expected BADTX, was valid");
    const auto flags = parse_flags(row.flags);
    if (!flags) return disagrees("a flag is not known: " + row.flags);
    if (fault) return disagrees("expected a script's error, was " + std::string(to_string(*fault)));
    if (!knows_all(row)) return disagrees("an output that is spent is not in the row");
    const ScriptError error = verify(row, *flags);
    if (error == ScriptError::taproot_not_supported) return left_out(taproot);
    if (error == ScriptError::ok) return disagrees("expected invalid, was valid");
    for (int bit = 0; bit < flag_bits; ++bit) {
        const VerifyFlags one = VerifyFlags{1} << bit;
        if (verify(row, with_needed(*flags | one)) == ScriptError::ok)
            return disagrees("with " + name(one) + " it was valid");
        if ((*flags & one) == 0) continue;
        const ScriptError fewer = verify(row, without_needing(*flags & ~one));
        if (fewer != ScriptError::ok)
            return disagrees("without " + name(one) + " it was " + std::string(to_string(fewer)));
    }
    return agrees();
}

}  // namespace lockstep::bitcoin::vectors
