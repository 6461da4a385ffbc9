#include "bitcoin/script/run.h"
#include "bitcoin/script/script_number.h"

namespace lockstep::bitcoin {

using Error = ScriptError;

void Run::push_number(std::int64_t value) {
    push(encode_number(value));
}

std::optional<std::int64_t> Run::number(ByteView element, std::size_t most) const {
    return decode_number(element, has(verify_flag::minimaldata), most);
}

std::optional<std::int64_t> Run::number_at(std::size_t i) {
    return number(top(i), number_size);
}

ScriptError Run::step(Opcode op, std::size_t after) {
    if (op == Opcode::op_1negate || (op >= Opcode::op_1 && op <= Opcode::op_16)) {
        push_number(static_cast<std::int64_t>(op) - 0x50);
        return Error::ok;
    }
    if (const Part done = flow(op)) return *done;
    if (const Part done = locks(op)) return *done;
    if (const Part done = stack_moves(op)) return *done;
    if (const Part done = stack_copies(op)) return *done;
    if (const Part done = unary(op)) return *done;
    if (const Part done = binary(op)) return *done;
    if (const Part done = hashes(op)) return *done;
    if (const Part done = signatures(op, after)) return *done;
    return Error::bad_opcode;
}

ScriptError Run::branch(bool inverted) {
    bool value = false;
    if (is_taken()) {
        if (lacks(1)) return Error::invalid_stack_operation;
        const Bytes& condition = top(1);
        if (version_ == SignatureVersion::witness_v0 && has(verify_flag::minimalif) &&
            (condition.size() > 1 || (condition.size() == 1 && condition[0] != 1)))
            return Error::minimalif;
        value = is_true(condition) != inverted;
        pop();
    }
    branches_.push_back(value);
    return Error::ok;
}

Run::Part Run::flow(Opcode op) {
    switch (op) {
        case Opcode::nop:
            return Error::ok;
        case Opcode::if_:
            return branch(false);
        case Opcode::notif:
            return branch(true);
        case Opcode::else_:
            if (branches_.empty()) return Error::unbalanced_conditional;
            branches_.back() = !branches_.back();
            return Error::ok;
        case Opcode::endif:
            if (branches_.empty()) return Error::unbalanced_conditional;
            branches_.pop_back();
            return Error::ok;
        case Opcode::verify:
            if (lacks(1)) return Error::invalid_stack_operation;
            if (!is_true(top(1))) return Error::verify;
            pop();
            return Error::ok;
        case Opcode::return_:
            return Error::op_return;
        default:
            return std::nullopt;
    }
}

Run::Part Run::locks(Opcode op) {
    const bool is_locktime = op == Opcode::checklocktimeverify;
    const bool is_sequence = op == Opcode::checksequenceverify;
    const VerifyFlags rule =
        is_locktime ? verify_flag::checklocktimeverify : verify_flag::checksequenceverify;
    if (!is_locktime && !is_sequence) {
        if (op != Opcode::nop1 && (op < Opcode::nop4 || op > Opcode::nop10)) return std::nullopt;
        return has(verify_flag::discourage_upgradable_nops) ? Error::discourage_upgradable_nops
                                                            : Error::ok;
    }
    if (!has(rule)) return Error::ok;  // as it was before the soft fork: a NOP
    if (lacks(1)) return Error::invalid_stack_operation;
    // Five bytes: as a signed number four would end in 2038.
    const auto least = number(top(1), locktime_size);
    if (!least) return Error::scriptnum;
    if (*least < 0) return Error::negative_locktime;
    const bool satisfied =
        is_locktime ? spending_.has_locktime(*least)
                    : (*least & sequence_disabled) != 0 || spending_.has_sequence(*least);
    return satisfied ? Error::ok : Error::unsatisfied_locktime;
}

}  // namespace lockstep::bitcoin
