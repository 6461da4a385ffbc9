#include "bitcoin/script/run.h"
#include "bitcoin/script/signature_form.h"

namespace lockstep::bitcoin {

using Error = ScriptError;

Run::Part Run::signatures(Opcode op, std::size_t after) {
    switch (op) {
        case Opcode::codeseparator:
            signed_from_ = after;
            return Error::ok;
        case Opcode::checksig:
        case Opcode::checksigverify:
            return check_signature(op == Opcode::checksigverify);
        case Opcode::checkmultisig:
        case Opcode::checkmultisigverify:
            return check_signatures(op == Opcode::checkmultisigverify);
        default:
            return std::nullopt;
    }
}

// A signature cannot sign itself. In the base version it is therefore cut out wherever its push
// stands in what is signed, which nobody has a use for.
ScriptError Run::cut(Bytes& script_code, ByteView signature) const {
    if (version_ != SignatureVersion::base) return Error::ok;
    ScriptWriter pushed;
    pushed.push(signature);
    Removed removed = find_and_delete(script_code, pushed.bytes());
    if (removed.count > 0 && has(verify_flag::const_scriptcode)) return Error::sig_findanddelete;
    script_code = std::move(removed.script);
    return Error::ok;
}

ScriptError Run::check_forms(ByteView signature, ByteView key) const {
    // An empty one is a compact way to give a signature that does not fit.
    if (!signature.empty()) {
        const VerifyFlags strict =
            verify_flag::dersig | verify_flag::low_s | verify_flag::strictenc;
        if (has(strict) && !is_strict_der(signature)) return Error::sig_der;
        if (has(verify_flag::low_s)) {
            const auto read = read_lax_der(signature.first(signature.size() - 1));
            if (!read || !ecdsa::has_low_s(*read)) return Error::sig_high_s;
        }
        if (has(verify_flag::strictenc) && !is_defined_hash_type(signature))
            return Error::sig_hashtype;
    }
    if (has(verify_flag::strictenc) && !is_compressed_or_uncompressed(key))
        return Error::pubkeytype;
    if (has(verify_flag::witness_pubkeytype) && version_ == SignatureVersion::witness_v0 &&
        !is_compressed(key))
        return Error::witness_pubkeytype;
    return Error::ok;
}

ScriptError Run::check_signature(bool verifies) {
    if (lacks(2)) return Error::invalid_stack_operation;
    const ByteView signed_part = script_.subspan(signed_from_);
    Bytes script_code(signed_part.begin(), signed_part.end());
    if (const Error error = cut(script_code, top(2)); error != Error::ok) return error;
    if (const Error error = check_forms(top(2), top(1)); error != Error::ok) return error;
    const bool good = spending_.is_signed(top(2), top(1), script_code, version_);
    if (!good && has(verify_flag::nullfail) && !top(2).empty()) return Error::nullfail;
    pop(2);
    return conclude(good, verifies, Error::checksigverify);
}

// From the top: the number of keys, the keys, the number of signatures, the signatures, and one
// element more, which the first implementation took by mistake.
ScriptError Run::check_signatures(bool verifies) {
    if (lacks(1)) return Error::invalid_stack_operation;
    const auto key_count = number_at(1);
    if (!key_count) return Error::scriptnum;
    if (*key_count < 0 || *key_count > max_keys) return Error::pubkey_count;
    if (!count_ops(static_cast<int>(*key_count))) return Error::op_count;
    const auto keys = static_cast<std::size_t>(*key_count);
    if (lacks(keys + 2)) return Error::invalid_stack_operation;
    const auto signature_count = number_at(keys + 2);
    if (!signature_count) return Error::scriptnum;
    if (*signature_count < 0 || *signature_count > *key_count) return Error::sig_count;
    const auto signatures = static_cast<std::size_t>(*signature_count);
    const std::size_t first_key = 2;
    const std::size_t first_signature = keys + 3;
    const std::size_t dummy = first_signature + signatures;
    if (lacks(dummy)) return Error::invalid_stack_operation;

    const ByteView signed_part = script_.subspan(signed_from_);
    Bytes script_code(signed_part.begin(), signed_part.end());
    for (std::size_t i = 0; i < signatures; ++i)
        if (const Error error = cut(script_code, top(first_signature + i)); error != Error::ok)
            return error;

    // Keys and signatures stand in the same order, so that one pass over both is enough.
    std::size_t key = 0;
    std::size_t signature = 0;
    bool good = true;
    while (good && signature < signatures) {
        const Bytes& this_signature = top(first_signature + signature);
        const Bytes& this_key = top(first_key + key);
        if (const Error error = check_forms(this_signature, this_key); error != Error::ok)
            return error;
        if (spending_.is_signed(this_signature, this_key, script_code, version_)) ++signature;
        ++key;
        good = signatures - signature <= keys - key;
    }
    if (!good && has(verify_flag::nullfail)) {
        for (std::size_t i = 0; i < signatures; ++i)
            if (!top(first_signature + i).empty()) return Error::nullfail;
    }
    if (has(verify_flag::nulldummy) && !top(dummy).empty()) return Error::sig_nulldummy;
    pop(dummy);
    return conclude(good, verifies, Error::checkmultisigverify);
}

}  // namespace lockstep::bitcoin
