// One run of one script: its stacks, its branches, where its signed part begins. What each opcode
// does is in run_flow.cpp, run_stack.cpp, run_numbers.cpp and run_signatures.cpp.
#pragma once

#include <algorithm>

#include "bitcoin/script/interpreter.h"

// An opcode may be any byte, and each part handles its own.
#pragma GCC diagnostic ignored "-Wswitch-enum"

namespace lockstep::bitcoin {

class Run {
public:
    Run(Stack& stack, ByteView script, VerifyFlags flags, const Spending& spending,
        SignatureVersion version)
        : stack_(stack), script_(script), flags_(flags), spending_(spending), version_(version) {}

    bool has(VerifyFlags flag) const { return (flags_ & flag) != 0; }
    // Every branch around it is taken.
    bool is_taken() const {
        return std::find(branches_.begin(), branches_.end(), false) == branches_.end();
    }
    bool is_balanced() const { return branches_.empty(); }
    std::size_t height() const { return stack_.size() + other_.size(); }
    bool count_ops(int ops) {
        ops_ += ops;
        return ops_ <= max_script_ops;
    }
    // `after`: where the next instruction begins.
    ScriptError step(Opcode op, std::size_t after);

private:
    // Each has a part of the opcodes; nullopt for those that are not its own.
    using Part = std::optional<ScriptError>;
    Part flow(Opcode op);
    Part locks(Opcode op);
    Part stack_moves(Opcode op);
    Part stack_copies(Opcode op);
    Part unary(Opcode op);
    Part binary(Opcode op);
    Part hashes(Opcode op);
    Part signatures(Opcode op, std::size_t after);

    ScriptError branch(bool inverted);
    ScriptError pick(bool removed);
    ScriptError check_signature(bool verifies);
    ScriptError check_signatures(bool verifies);
    // Without the signature where that stands in it (base version alone).
    ScriptError cut(Bytes& script_code, ByteView signature) const;
    ScriptError check_forms(ByteView signature, ByteView key) const;
    // Pushes the outcome, or fails by it.
    ScriptError conclude(bool good, bool verifies, ScriptError failure);

    // The i-th from the top; 1 is the top. It is there.
    Bytes& top(std::size_t i) { return stack_[stack_.size() - i]; }
    bool lacks(std::size_t elements) const { return stack_.size() < elements; }
    void pop(std::size_t elements = 1) { stack_.resize(stack_.size() - elements); }
    void push(Bytes element) { stack_.push_back(std::move(element)); }
    void push(bool value) { stack_.push_back(value ? Bytes{1} : Bytes{}); }
    void push_number(std::int64_t value);
    std::optional<std::int64_t> number(ByteView element, std::size_t most) const;
    std::optional<std::int64_t> number_at(std::size_t i);

    Stack& stack_;
    Stack other_;
    ByteView script_;
    VerifyFlags flags_;
    const Spending& spending_;
    SignatureVersion version_;
    std::vector<bool> branches_;
    std::size_t signed_from_ = 0;  // behind the last executed OP_CODESEPARATOR
    int ops_ = 0;
};

}  // namespace lockstep::bitcoin
