#include "bitcoin/script/run.h"

namespace lockstep::bitcoin {

using Error = ScriptError;

Run::Part Run::unary(Opcode op) {
    switch (op) {
        case Opcode::op_1add:
        case Opcode::op_1sub:
        case Opcode::negate:
        case Opcode::abs:
        case Opcode::not_:
        case Opcode::op_0notequal:
            break;
        default:
            return std::nullopt;
    }
    if (lacks(1)) return Error::invalid_stack_operation;
    const auto n = number_at(1);
    if (!n) return Error::scriptnum;
    pop();
    if (op == Opcode::op_1add)
        push_number(*n + 1);
    else if (op == Opcode::op_1sub)
        push_number(*n - 1);
    else if (op == Opcode::negate)
        push_number(-*n);
    else if (op == Opcode::abs)
        push_number(*n < 0 ? -*n : *n);
    else
        push_number((*n != 0) == (op == Opcode::op_0notequal) ? 1 : 0);
    return Error::ok;
}

Run::Part Run::binary(Opcode op) {
    if (op == Opcode::within) {
        if (lacks(3)) return Error::invalid_stack_operation;
        const auto n = number_at(3);
        const auto least = number_at(2);
        const auto beyond = number_at(1);
        if (!n || !least || !beyond) return Error::scriptnum;
        pop(3);
        push(*least <= *n && *n < *beyond);
        return Error::ok;
    }
    const bool is_sum = op == Opcode::add || op == Opcode::sub;
    if (!is_sum && (op < Opcode::booland || op > Opcode::max)) return std::nullopt;
    if (lacks(2)) return Error::invalid_stack_operation;
    const auto left = number_at(2);
    const auto right = number_at(1);
    if (!left || !right) return Error::scriptnum;
    pop(2);
    const std::int64_t a = *left;
    const std::int64_t b = *right;
    const auto truth = [&](bool value) {
        push_number(value ? 1 : 0);
        return Error::ok;
    };
    const auto result = [&](std::int64_t value) {
        push_number(value);
        return Error::ok;
    };
    switch (op) {
        case Opcode::add:
            return result(a + b);
        case Opcode::sub:
            return result(a - b);
        case Opcode::booland:
            return truth(a != 0 && b != 0);
        case Opcode::boolor:
            return truth(a != 0 || b != 0);
        case Opcode::numequal:
            return truth(a == b);
        case Opcode::numequalverify:
            return conclude(a == b, true, Error::numequalverify);
        case Opcode::numnotequal:
            return truth(a != b);
        case Opcode::lessthan:
            return truth(a < b);
        case Opcode::greaterthan:
            return truth(a > b);
        case Opcode::lessthanorequal:
            return truth(a <= b);
        case Opcode::greaterthanorequal:
            return truth(a >= b);
        case Opcode::min:
            return result(std::min(a, b));
        case Opcode::max:
            return result(std::max(a, b));
        default:
            return std::nullopt;
    }
}

}  // namespace lockstep::bitcoin
