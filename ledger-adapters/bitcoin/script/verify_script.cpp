#include "bitcoin/script/verify_script.h"

#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {
namespace {

using Error = ScriptError;

constexpr std::size_t key_hash_size = 20;
constexpr std::size_t script_hash_size = 32;

Error run_witness(Stack stack, ByteView script, VerifyFlags flags, const Spending& spending) {
    for (const Bytes& element : stack)
        if (element.size() > max_element_size) return Error::push_size;
    const Error error = run_script(stack, script, flags, spending, SignatureVersion::witness_v0);
    if (error != Error::ok) return error;
    if (stack.size() != 1) return Error::cleanstack;
    return is_true(stack.back()) ? Error::ok : Error::eval_false;
}

// OP_1 <4e73>, which anybody may spend.
bool is_anchor(const WitnessProgram& program) {
    return program.version == 1 && program.program.size() == 2 && program.program[0] == 0x4e &&
           program.program[1] == 0x73;
}

Error verify_program(const WitnessProgram& program, const std::vector<Bytes>& witness,
                     VerifyFlags flags, const Spending& spending, bool is_nested) {
    if (program.version == 0 && program.program.size() == script_hash_size) {
        Stack stack = witness;
        if (stack.empty()) return Error::witness_program_witness_empty;
        const Bytes script = std::move(stack.back());
        stack.pop_back();
        if (!equal(sha256(script).view(), program.program)) return Error::witness_program_mismatch;
        return run_witness(std::move(stack), script, flags, spending);
    }
    if (program.version == 0 && program.program.size() == key_hash_size) {
        if (witness.size() != 2) return Error::witness_program_mismatch;
        return run_witness(witness, key_hash_script(program.program), flags, spending);
    }
    if (program.version == 0) return Error::witness_program_wrong_length;
    if (program.version == 1 && program.program.size() == 32 && !is_nested) {
        return (flags & verify_flag::taproot) != 0 ? Error::taproot_not_supported : Error::ok;
    }
    if (!is_nested && is_anchor(program)) return Error::ok;
    return (flags & verify_flag::discourage_upgradable_witness_program) != 0
               ? Error::discourage_upgradable_witness_program
               : Error::ok;
}

// One verification, with what several of its steps need.
class Verification {
public:
    Verification(const TxIn& input, ByteView script_pubkey, VerifyFlags flags,
                 const Spending& spending)
        : input_(input), pubkey_(script_pubkey), flags_(flags), spending_(spending) {}

    Error run() {
        if (has(verify_flag::sigpushonly) && !is_push_only(input_.script_sig))
            return Error::sig_pushonly;
        if (const Error error = run_base(input_.script_sig); error != Error::ok) return error;
        const Stack pushed = stack_;
        if (const Error error = run_true(pubkey_); error != Error::ok) return error;
        if (has(verify_flag::witness)) {
            if (const auto program = witness_program(pubkey_)) {
                if (!input_.script_sig.empty()) return Error::witness_malleated;
                const Error error = run_program(*program, false);
                if (error != Error::ok) return error;
            }
        }
        if (has(verify_flag::p2sh) && is_script_hash(pubkey_)) {
            const Error error = run_redeem(pushed);
            if (error != Error::ok) return error;
        }
        if (has(verify_flag::cleanstack) && stack_.size() != 1) return Error::cleanstack;
        if (has(verify_flag::witness) && !had_witness_ && !input_.witness.empty())
            return Error::witness_unexpected;
        return Error::ok;
    }

private:
    bool has(VerifyFlags flag) const { return (flags_ & flag) != 0; }
    Error run_base(ByteView script) {
        return run_script(stack_, script, flags_, spending_, SignatureVersion::base);
    }
    Error run_true(ByteView script) {
        if (const Error error = run_base(script); error != Error::ok) return error;
        return !stack_.empty() && is_true(stack_.back()) ? Error::ok : Error::eval_false;
    }
    Error run_program(const WitnessProgram& program, bool is_nested) {
        had_witness_ = true;
        const Error error = verify_program(program, input_.witness, flags_, spending_, is_nested);
        // The witness has a stack of its own; this one is clean.
        stack_.resize(1);
        return error;
    }
    // BIP 16: what scriptSig pushed last is the script.
    Error run_redeem(const Stack& pushed) {
        if (!is_push_only(input_.script_sig)) return Error::sig_pushonly;
        stack_ = pushed;
        const Bytes script = std::move(stack_.back());
        stack_.pop_back();
        if (const Error error = run_true(script); error != Error::ok) return error;
        if (!has(verify_flag::witness)) return Error::ok;
        const auto program = witness_program(script);
        if (!program) return Error::ok;
        ScriptWriter only;
        only.push(script);
        if (input_.script_sig != only.bytes()) return Error::witness_malleated_p2sh;
        return run_program(*program, true);
    }

    const TxIn& input_;
    ByteView pubkey_;
    VerifyFlags flags_;
    const Spending& spending_;
    Stack stack_;
    bool had_witness_ = false;
};

}  // namespace

ScriptError verify_script(const TxIn& input, ByteView script_pubkey, VerifyFlags flags,
                          const Spending& spending) {
    return Verification(input, script_pubkey, flags, spending).run();
}

}  // namespace lockstep::bitcoin
