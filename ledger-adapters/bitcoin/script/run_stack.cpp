#include <iterator>

#include "bitcoin/script/run.h"
#include "sdk/crypto/hash.h"
#include "sdk/crypto/older_hash.h"

namespace lockstep::bitcoin {

using Error = ScriptError;

namespace {
Bytes bytes_of(ByteView view) {
    return {view.begin(), view.end()};
}
}  // namespace

ScriptError Run::pick(bool removed) {
    if (lacks(2)) return Error::invalid_stack_operation;
    const auto index = number_at(1);
    if (!index) return Error::scriptnum;
    pop();
    if (*index < 0 || static_cast<std::uint64_t>(*index) >= stack_.size())
        return Error::invalid_stack_operation;
    const auto place = stack_.end() - 1 - static_cast<std::ptrdiff_t>(*index);
    Bytes element = *place;
    if (removed) stack_.erase(place);
    push(std::move(element));
    return Error::ok;
}

Run::Part Run::stack_moves(Opcode op) {
    const auto rotate = [&](std::ptrdiff_t elements, std::ptrdiff_t by) {
        std::rotate(stack_.end() - elements, stack_.end() - elements + by, stack_.end());
        return Error::ok;
    };
    switch (op) {
        case Opcode::toaltstack:
            if (lacks(1)) return Error::invalid_stack_operation;
            other_.push_back(std::move(top(1)));
            pop();
            return Error::ok;
        case Opcode::fromaltstack:
            if (other_.empty()) return Error::invalid_altstack_operation;
            push(std::move(other_.back()));
            other_.pop_back();
            return Error::ok;
        case Opcode::drop:
        case Opcode::op_2drop: {
            const std::size_t dropped = op == Opcode::drop ? 1 : 2;
            if (lacks(dropped)) return Error::invalid_stack_operation;
            pop(dropped);
            return Error::ok;
        }
        case Opcode::nip:
            if (lacks(2)) return Error::invalid_stack_operation;
            stack_.erase(stack_.end() - 2);
            return Error::ok;
        case Opcode::swap:
            return lacks(2) ? Error::invalid_stack_operation : rotate(2, 1);
        case Opcode::rot:
            return lacks(3) ? Error::invalid_stack_operation : rotate(3, 1);
        case Opcode::op_2swap:
            return lacks(4) ? Error::invalid_stack_operation : rotate(4, 2);
        case Opcode::op_2rot:
            return lacks(6) ? Error::invalid_stack_operation : rotate(6, 2);
        case Opcode::pick:
            return pick(false);
        case Opcode::roll:
            return pick(true);
        default:
            return std::nullopt;
    }
}

Run::Part Run::stack_copies(Opcode op) {
    // Copies `count` elements, the lowest of which is the i-th from the top.
    const auto copy = [&](std::size_t count, std::size_t i) {
        if (lacks(i)) return Error::invalid_stack_operation;
        for (std::size_t n = 0; n < count; ++n)
            push(Bytes(top(i)));
        return Error::ok;
    };
    switch (op) {
        case Opcode::dup:
            return copy(1, 1);
        case Opcode::op_2dup:
            return copy(2, 2);
        case Opcode::op_3dup:
            return copy(3, 3);
        case Opcode::over:
            return copy(1, 2);
        case Opcode::op_2over:
            return copy(2, 4);
        case Opcode::tuck:
            if (lacks(2)) return Error::invalid_stack_operation;
            stack_.insert(stack_.end() - 2, Bytes(top(1)));
            return Error::ok;
        case Opcode::ifdup:
            if (lacks(1)) return Error::invalid_stack_operation;
            if (is_true(top(1))) push(Bytes(top(1)));
            return Error::ok;
        case Opcode::depth:
            push_number(static_cast<std::int64_t>(stack_.size()));
            return Error::ok;
        case Opcode::size:
            if (lacks(1)) return Error::invalid_stack_operation;
            push_number(static_cast<std::int64_t>(top(1).size()));
            return Error::ok;
        case Opcode::equal:
        case Opcode::equalverify: {
            if (lacks(2)) return Error::invalid_stack_operation;
            const bool same = top(1) == top(2);
            pop(2);
            return conclude(same, op == Opcode::equalverify, Error::equalverify);
        }
        default:
            return std::nullopt;
    }
}

Run::Part Run::hashes(Opcode op) {
    if (op < Opcode::ripemd160 || op > Opcode::hash256) return std::nullopt;
    if (lacks(1)) return Error::invalid_stack_operation;
    const Bytes element = std::move(top(1));
    pop();
    if (op == Opcode::ripemd160)
        push(bytes_of(lockstep::ripemd160(element)));
    else if (op == Opcode::sha1)
        push(bytes_of(lockstep::sha1(element)));
    else if (op == Opcode::sha256)
        push(bytes_of(lockstep::sha256(element).view()));
    else if (op == Opcode::hash160)
        push(bytes_of(lockstep::hash160(element)));
    else
        push(bytes_of(bitcoin::hash256(element).view()));
    return Error::ok;
}

ScriptError Run::conclude(bool good, bool verifies, ScriptError failure) {
    if (!verifies) {
        push(good);
        return Error::ok;
    }
    return good ? Error::ok : failure;
}

}  // namespace lockstep::bitcoin
