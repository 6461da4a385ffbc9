#include "bitcoin/script/script.h"

#include <algorithm>
#include <array>

#include "bitcoin/script/script_number.h"
#include "sdk/crypto/hash.h"
#include "sdk/crypto/older_hash.h"

namespace lockstep::bitcoin {
namespace {

struct Named {
    Opcode op;
    std::string_view name;
};
constexpr Named names[]{
    {Opcode::op_0, "OP_0"},
    {Opcode::pushdata1, "OP_PUSHDATA1"},
    {Opcode::pushdata2, "OP_PUSHDATA2"},
    {Opcode::pushdata4, "OP_PUSHDATA4"},
    {Opcode::op_1negate, "OP_1NEGATE"},
    {Opcode::reserved, "OP_RESERVED"},
    {Opcode::op_1, "OP_1"},
    {Opcode{0x52}, "OP_2"},
    {Opcode{0x53}, "OP_3"},
    {Opcode{0x54}, "OP_4"},
    {Opcode{0x55}, "OP_5"},
    {Opcode{0x56}, "OP_6"},
    {Opcode{0x57}, "OP_7"},
    {Opcode{0x58}, "OP_8"},
    {Opcode{0x59}, "OP_9"},
    {Opcode{0x5a}, "OP_10"},
    {Opcode{0x5b}, "OP_11"},
    {Opcode{0x5c}, "OP_12"},
    {Opcode{0x5d}, "OP_13"},
    {Opcode{0x5e}, "OP_14"},
    {Opcode{0x5f}, "OP_15"},
    {Opcode::op_16, "OP_16"},
    {Opcode::nop, "OP_NOP"},
    {Opcode::ver, "OP_VER"},
    {Opcode::if_, "OP_IF"},
    {Opcode::notif, "OP_NOTIF"},
    {Opcode::verif, "OP_VERIF"},
    {Opcode::vernotif, "OP_VERNOTIF"},
    {Opcode::else_, "OP_ELSE"},
    {Opcode::endif, "OP_ENDIF"},
    {Opcode::verify, "OP_VERIFY"},
    {Opcode::return_, "OP_RETURN"},
    {Opcode::toaltstack, "OP_TOALTSTACK"},
    {Opcode::fromaltstack, "OP_FROMALTSTACK"},
    {Opcode::op_2drop, "OP_2DROP"},
    {Opcode::op_2dup, "OP_2DUP"},
    {Opcode::op_3dup, "OP_3DUP"},
    {Opcode::op_2over, "OP_2OVER"},
    {Opcode::op_2rot, "OP_2ROT"},
    {Opcode::op_2swap, "OP_2SWAP"},
    {Opcode::ifdup, "OP_IFDUP"},
    {Opcode::depth, "OP_DEPTH"},
    {Opcode::drop, "OP_DROP"},
    {Opcode::dup, "OP_DUP"},
    {Opcode::nip, "OP_NIP"},
    {Opcode::over, "OP_OVER"},
    {Opcode::pick, "OP_PICK"},
    {Opcode::roll, "OP_ROLL"},
    {Opcode::rot, "OP_ROT"},
    {Opcode::swap, "OP_SWAP"},
    {Opcode::tuck, "OP_TUCK"},
    {Opcode::cat, "OP_CAT"},
    {Opcode::substr, "OP_SUBSTR"},
    {Opcode::left, "OP_LEFT"},
    {Opcode::right, "OP_RIGHT"},
    {Opcode::size, "OP_SIZE"},
    {Opcode::invert, "OP_INVERT"},
    {Opcode::and_, "OP_AND"},
    {Opcode::or_, "OP_OR"},
    {Opcode::xor_, "OP_XOR"},
    {Opcode::equal, "OP_EQUAL"},
    {Opcode::equalverify, "OP_EQUALVERIFY"},
    {Opcode::reserved1, "OP_RESERVED1"},
    {Opcode::reserved2, "OP_RESERVED2"},
    {Opcode::op_1add, "OP_1ADD"},
    {Opcode::op_1sub, "OP_1SUB"},
    {Opcode::op_2mul, "OP_2MUL"},
    {Opcode::op_2div, "OP_2DIV"},
    {Opcode::negate, "OP_NEGATE"},
    {Opcode::abs, "OP_ABS"},
    {Opcode::not_, "OP_NOT"},
    {Opcode::op_0notequal, "OP_0NOTEQUAL"},
    {Opcode::add, "OP_ADD"},
    {Opcode::sub, "OP_SUB"},
    {Opcode::mul, "OP_MUL"},
    {Opcode::div, "OP_DIV"},
    {Opcode::mod, "OP_MOD"},
    {Opcode::lshift, "OP_LSHIFT"},
    {Opcode::rshift, "OP_RSHIFT"},
    {Opcode::booland, "OP_BOOLAND"},
    {Opcode::boolor, "OP_BOOLOR"},
    {Opcode::numequal, "OP_NUMEQUAL"},
    {Opcode::numequalverify, "OP_NUMEQUALVERIFY"},
    {Opcode::numnotequal, "OP_NUMNOTEQUAL"},
    {Opcode::lessthan, "OP_LESSTHAN"},
    {Opcode::greaterthan, "OP_GREATERTHAN"},
    {Opcode::lessthanorequal, "OP_LESSTHANOREQUAL"},
    {Opcode::greaterthanorequal, "OP_GREATERTHANOREQUAL"},
    {Opcode::min, "OP_MIN"},
    {Opcode::max, "OP_MAX"},
    {Opcode::within, "OP_WITHIN"},
    {Opcode::ripemd160, "OP_RIPEMD160"},
    {Opcode::sha1, "OP_SHA1"},
    {Opcode::sha256, "OP_SHA256"},
    {Opcode::hash160, "OP_HASH160"},
    {Opcode::hash256, "OP_HASH256"},
    {Opcode::codeseparator, "OP_CODESEPARATOR"},
    {Opcode::checksig, "OP_CHECKSIG"},
    {Opcode::checksigverify, "OP_CHECKSIGVERIFY"},
    {Opcode::checkmultisig, "OP_CHECKMULTISIG"},
    {Opcode::checkmultisigverify, "OP_CHECKMULTISIGVERIFY"},
    {Opcode::nop1, "OP_NOP1"},
    {Opcode::checklocktimeverify, "OP_CHECKLOCKTIMEVERIFY"},
    {Opcode::checksequenceverify, "OP_CHECKSEQUENCEVERIFY"},
    {Opcode::nop4, "OP_NOP4"},
    {Opcode{0xb4}, "OP_NOP5"},
    {Opcode{0xb5}, "OP_NOP6"},
    {Opcode{0xb6}, "OP_NOP7"},
    {Opcode{0xb7}, "OP_NOP8"},
    {Opcode{0xb8}, "OP_NOP9"},
    {Opcode::nop10, "OP_NOP10"},
    {Opcode::checksigadd, "OP_CHECKSIGADD"},
    {Opcode::invalid, "OP_INVALIDOPCODE"},
};

}  // namespace

std::string_view to_string(Opcode op) {
    for (const Named& named : names)
        if (named.op == op) return named.name;
    return {};
}

std::optional<Opcode> op_from_text(std::string_view name) {
    for (const Named& named : names) {
        if ((named.op < Opcode::nop && named.op != Opcode::reserved) || named.op > Opcode::nop10)
            continue;
        if (named.name == name || named.name.substr(3) == name) return named.op;
    }
    // BIP 65 and 112 gave two of them their names later.
    if (name == "NOP2" || name == "OP_NOP2") return Opcode::checklocktimeverify;
    if (name == "NOP3" || name == "OP_NOP3") return Opcode::checksequenceverify;
    return std::nullopt;
}

std::optional<Instruction> ScriptReader::next() {
    const auto left = [&] { return script_.size() - position_; };
    Instruction instruction;
    instruction.op = Opcode{script_[position_++]};
    if (!instruction.is_push()) return instruction;
    std::size_t size = static_cast<std::size_t>(instruction.op);
    if (instruction.op >= Opcode::pushdata1) {
        const std::size_t width = std::size_t{1} << (size - std::size_t{0x4c});
        if (left() < width) return std::nullopt;
        size = 0;
        for (std::size_t i = 0; i < width; ++i)
            size |= std::size_t{script_[position_ + i]} << 8 * i;
        position_ += width;
    }
    if (left() < size) return std::nullopt;
    instruction.data = script_.subspan(position_, size);
    position_ += size;
    return instruction;
}

ScriptWriter& ScriptWriter::number(std::int64_t value) {
    if (value == 0) return op(Opcode::op_0);
    if (value == -1 || (value >= 1 && value <= 16))
        return op(Opcode{static_cast<std::uint8_t>(std::int64_t{0x50} + value)});
    return push(encode_number(value));
}

ScriptWriter& ScriptWriter::push(ByteView data) {
    const std::size_t size = data.size();
    const auto length = [&](std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i)
            bytes_.push_back(static_cast<std::uint8_t>(size >> 8 * i));
    };
    if (size < 0x4c) {
        length(1);
    } else if (size <= 0xff) {
        op(Opcode::pushdata1);
        length(1);
    } else if (size <= 0xffff) {
        op(Opcode::pushdata2);
        length(2);
    } else {
        op(Opcode::pushdata4);
        length(4);
    }
    append(bytes_, data);
    return *this;
}

bool is_minimal(const Instruction& push) {
    const ByteView data = push.data;
    if (data.empty()) return push.op == Opcode::op_0;
    // OP_1 … OP_16 and OP_1NEGATE say these, and are no pushes of data.
    if (data.size() == 1 && ((data[0] >= 1 && data[0] <= 16) || data[0] == 0x81)) return false;
    if (data.size() < 0x4c) return static_cast<std::size_t>(push.op) == data.size();
    if (data.size() <= 0xff) return push.op == Opcode::pushdata1;
    if (data.size() <= 0xffff) return push.op == Opcode::pushdata2;
    return true;
}

bool has_valid_ops(ByteView script) {
    ScriptReader reader(script);
    while (!reader.at_end()) {
        const auto instruction = reader.next();
        if (!instruction || instruction->op > Opcode::nop10 ||
            instruction->data.size() > max_element_size)
            return false;
    }
    return true;
}

bool is_push_only(ByteView script) {
    ScriptReader reader(script);
    while (!reader.at_end()) {
        const auto instruction = reader.next();
        if (!instruction || instruction->op > Opcode::op_16) return false;
    }
    return true;
}

Bytes key_hash_script(ByteView hash) {
    ScriptWriter script;
    script.op(Opcode::dup)
        .op(Opcode::hash160)
        .push(hash)
        .op(Opcode::equalverify)
        .op(Opcode::checksig);
    return script.take();
}

Bytes to_script_hash(ByteView script) {
    return ScriptWriter().op(Opcode::hash160).push(hash160(script)).op(Opcode::equal).take();
}

Bytes to_witness_key(ByteView key_hash) {
    return ScriptWriter().op(Opcode::op_0).push(key_hash).take();
}

Bytes to_witness_script(ByteView script) {
    return ScriptWriter().op(Opcode::op_0).push(sha256(script).view()).take();
}

bool is_script_hash(ByteView script) {
    return script.size() == 23 && script[0] == static_cast<std::uint8_t>(Opcode::hash160) &&
           script[1] == 20 && script[22] == static_cast<std::uint8_t>(Opcode::equal);
}

std::optional<WitnessProgram> witness_program(ByteView script) {
    if (script.size() < 4 || script.size() > 42) return std::nullopt;
    const Opcode version{script[0]};
    if (version != Opcode::op_0 && (version < Opcode::op_1 || version > Opcode::op_16))
        return std::nullopt;
    if (std::size_t{script[1]} + 2 != script.size()) return std::nullopt;
    return WitnessProgram{version == Opcode::op_0 ? 0 : script[0] - 0x50, script.subspan(2)};
}

Removed find_and_delete(ByteView script, ByteView pattern) {
    Removed removed;
    if (pattern.empty()) {
        removed.script.assign(script.begin(), script.end());
        return removed;
    }
    ScriptReader reader(script);
    std::size_t kept = 0;  // what stands before it is in the result or was left out
    std::size_t at = 0;
    while (true) {
        append(removed.script, script.subspan(kept, at - kept));
        kept = at;
        while (script.size() - kept >= pattern.size() &&
               equal(script.subspan(kept, pattern.size()), pattern)) {
            kept += pattern.size();
            ++removed.count;
        }
        // Goes on where the pattern ended, even in the middle of what was a push before.
        reader = ScriptReader(script.subspan(kept));
        if (reader.at_end() || !reader.next()) break;
        at = kept + reader.position();
    }
    append(removed.script, script.subspan(kept));
    return removed;
}

}  // namespace lockstep::bitcoin
