// Why a script failed, by Bitcoin Core's names.
#pragma once

#include <cstdint>
#include <string_view>

namespace lockstep::bitcoin {

// name, the word of Bitcoin Core's test vectors, its sentence in an answer to a caller
#define LOCKSTEP_SCRIPT_ERRORS(X)                                                            \
    X(ok, "OK", "No error")                                                                  \
    X(eval_false, "EVAL_FALSE",                                                              \
      "Script evaluated without error but finished with a false/empty top stack element")    \
    X(op_return, "OP_RETURN", "OP_RETURN was encountered")                                   \
    X(script_size, "SCRIPT_SIZE", "Script is too big")                                       \
    X(push_size, "PUSH_SIZE", "Push value size limit exceeded")                              \
    X(op_count, "OP_COUNT", "Operation limit exceeded")                                      \
    X(stack_size, "STACK_SIZE", "Stack size limit exceeded")                                 \
    X(sig_count, "SIG_COUNT", "Signature count negative or greater than pubkey count")       \
    X(pubkey_count, "PUBKEY_COUNT", "Pubkey count negative or limit exceeded")               \
    X(verify, "VERIFY", "Script failed an OP_VERIFY operation")                              \
    X(equalverify, "EQUALVERIFY", "Script failed an OP_EQUALVERIFY operation")               \
    X(checkmultisigverify, "CHECKMULTISIGVERIFY",                                            \
      "Script failed an OP_CHECKMULTISIGVERIFY operation")                                   \
    X(checksigverify, "CHECKSIGVERIFY", "Script failed an OP_CHECKSIGVERIFY operation")      \
    X(numequalverify, "NUMEQUALVERIFY", "Script failed an OP_NUMEQUALVERIFY operation")      \
    X(bad_opcode, "BAD_OPCODE", "Opcode missing or not understood")                          \
    X(disabled_opcode, "DISABLED_OPCODE", "Attempted to use a disabled opcode")              \
    X(invalid_stack_operation, "INVALID_STACK_OPERATION",                                    \
      "Operation not valid with the current stack size")                                     \
    X(invalid_altstack_operation, "INVALID_ALTSTACK_OPERATION",                              \
      "Operation not valid with the current altstack size")                                  \
    X(unbalanced_conditional, "UNBALANCED_CONDITIONAL", "Invalid OP_IF construction")        \
    X(negative_locktime, "NEGATIVE_LOCKTIME", "Negative locktime")                           \
    X(unsatisfied_locktime, "UNSATISFIED_LOCKTIME", "Locktime requirement not satisfied")    \
    X(scriptnum, "SCRIPTNUM", "Script number overflowed or is non-minimally encoded")        \
    X(sig_hashtype, "SIG_HASHTYPE", "Signature hash type missing or not understood")         \
    X(sig_der, "SIG_DER", "Non-canonical DER signature")                                     \
    X(minimaldata, "MINIMALDATA", "Data push larger than necessary")                         \
    X(sig_pushonly, "SIG_PUSHONLY", "Only push operators allowed in signatures")             \
    X(sig_high_s, "SIG_HIGH_S", "Non-canonical signature: S value is unnecessarily high")    \
    X(sig_nulldummy, "SIG_NULLDUMMY", "Dummy CHECKMULTISIG argument must be zero")           \
    X(pubkeytype, "PUBKEYTYPE", "Public key is neither compressed or uncompressed")          \
    X(cleanstack, "CLEANSTACK", "Stack size must be exactly one after execution")            \
    X(minimalif, "MINIMALIF", "OP_IF/NOTIF argument must be minimal")                        \
    X(nullfail, "NULLFAIL", "Signature must be zero for failed CHECK(MULTI)SIG operation")   \
    X(discourage_upgradable_nops, "DISCOURAGE_UPGRADABLE_NOPS",                              \
      "NOPx reserved for soft-fork upgrades")                                                \
    X(discourage_upgradable_witness_program, "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM",        \
      "Witness version reserved for soft-fork upgrades")                                     \
    X(witness_program_wrong_length, "WITNESS_PROGRAM_WRONG_LENGTH",                          \
      "Witness program has incorrect length")                                                \
    X(witness_program_witness_empty, "WITNESS_PROGRAM_WITNESS_EMPTY",                        \
      "Witness program was passed an empty witness")                                         \
    X(witness_program_mismatch, "WITNESS_PROGRAM_MISMATCH", "Witness program hash mismatch") \
    X(witness_malleated, "WITNESS_MALLEATED", "Witness requires empty scriptSig")            \
    X(witness_malleated_p2sh, "WITNESS_MALLEATED_P2SH",                                      \
      "Witness requires only-redeemscript scriptSig")                                        \
    X(witness_unexpected, "WITNESS_UNEXPECTED", "Witness provided for non-witness script")   \
    X(witness_pubkeytype, "WITNESS_PUBKEYTYPE", "Using non-compressed keys in segwit")       \
    X(op_codeseparator, "OP_CODESEPARATOR", "Using OP_CODESEPARATOR in non-witness script")  \
    X(sig_findanddelete, "SIG_FINDANDDELETE", "Signature is found in scriptCode")            \
    X(taproot_not_supported, "TAPROOT_NOT_SUPPORTED", "Taproot spends are not supported here")

enum class ScriptError : std::uint8_t {
#define LOCKSTEP_SCRIPT_ERROR_ENUM(name, word, sentence) name,
    LOCKSTEP_SCRIPT_ERRORS(LOCKSTEP_SCRIPT_ERROR_ENUM)
#undef LOCKSTEP_SCRIPT_ERROR_ENUM
};
std::string_view to_string(ScriptError error);
std::string_view describe(ScriptError error);

}  // namespace lockstep::bitcoin
