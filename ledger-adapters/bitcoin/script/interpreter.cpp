#include "bitcoin/script/interpreter.h"

#include <algorithm>

#include "bitcoin/script/run.h"

namespace lockstep::bitcoin {
namespace {

using Error = ScriptError;

// Reading its name is enough to fail, also in a branch that is not taken (CVE-2010-5137).
bool is_disabled(Opcode op) {
    switch (op) {
        case Opcode::cat:
        case Opcode::substr:
        case Opcode::left:
        case Opcode::right:
        case Opcode::invert:
        case Opcode::and_:
        case Opcode::or_:
        case Opcode::xor_:
        case Opcode::op_2mul:
        case Opcode::op_2div:
        case Opcode::mul:
        case Opcode::div:
        case Opcode::mod:
        case Opcode::lshift:
        case Opcode::rshift:
            return true;
        default:
            return false;
    }
}

}  // namespace

bool is_true(ByteView element) {
    for (std::size_t i = 0; i < element.size(); ++i)
        if (element[i] != 0) return i + 1 != element.size() || element[i] != 0x80;
    return false;
}

ScriptError run_script(Stack& stack, ByteView script, VerifyFlags flags, const Spending& spending,
                       SignatureVersion version) {
    if (script.size() > max_script_size) return Error::script_size;
    Run run(stack, script, flags, spending, version);
    ScriptReader reader(script);
    while (!reader.at_end()) {
        const auto instruction = reader.next();
        if (!instruction) return Error::bad_opcode;
        const Opcode op = instruction->op;
        if (instruction->data.size() > max_element_size) return Error::push_size;
        if (op > Opcode::op_16 && !run.count_ops(1)) return Error::op_count;
        if (is_disabled(op)) return Error::disabled_opcode;
        if (op == Opcode::codeseparator && version == SignatureVersion::base &&
            run.has(verify_flag::const_scriptcode))
            return Error::op_codeseparator;
        const bool taken = run.is_taken();
        if (taken && instruction->is_push()) {
            if (run.has(verify_flag::minimaldata) && !is_minimal(*instruction))
                return Error::minimaldata;
            stack.emplace_back(instruction->data.begin(), instruction->data.end());
        } else if (taken || (op >= Opcode::if_ && op <= Opcode::endif)) {
            const Error error = run.step(op, reader.position());
            if (error != Error::ok) return error;
        }
        if (run.height() > max_stack) return Error::stack_size;
    }
    return run.is_balanced() ? Error::ok : Error::unbalanced_conditional;
}

}  // namespace lockstep::bitcoin
