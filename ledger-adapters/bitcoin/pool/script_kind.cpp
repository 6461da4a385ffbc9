// Which form an output's script has.
#include <array>

#include "bitcoin/pool/policy.h"
#include "bitcoin/script/interpreter.h"
#include "bitcoin/script/script_number.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::array<std::string_view, 10> kind_words{
    "nonstandard",        "pubkey",         "pubkeyhash",         "scripthash",
    "multisig",           "nulldata",       "witness_v0_keyhash", "witness_v0_scripthash",
    "witness_v1_taproot", "witness_unknown"};

bool is_op(std::uint8_t octet, Opcode op) {
    return octet == static_cast<std::uint8_t>(op);
}

// As long as its first octet says; whether it is a point of the curve is not asked.
bool has_key_form(ByteView key) {
    if (key.empty()) return false;
    const std::uint8_t head = key[0];
    if (head == 2 || head == 3) return key.size() == 33;
    return (head == 4 || head == 6 || head == 7) && key.size() == 65;
}

bool pays_key(ByteView script) {
    if (script.size() != 35 && script.size() != 67) return false;
    return script[0] == script.size() - 2 && is_op(script.back(), Opcode::checksig) &&
           has_key_form(script.subspan(1, script.size() - 2));
}

bool pays_key_hash(ByteView script) {
    return script.size() == 25 && is_op(script[0], Opcode::dup) &&
           is_op(script[1], Opcode::hash160) && script[2] == 20 &&
           is_op(script[23], Opcode::equalverify) && is_op(script[24], Opcode::checksig);
}

// How many keys or signatures an instruction says; nullopt for no number from `least` to max_keys.
std::optional<std::int64_t> key_count(const Instruction& instruction, std::int64_t least) {
    std::int64_t count = 0;
    if (instruction.op >= Opcode::op_1 && instruction.op <= Opcode::op_16) {
        count = static_cast<std::int64_t>(instruction.op) - 0x50;
    } else {
        if (!instruction.is_push() || instruction.op == Opcode::op_0 || !is_minimal(instruction))
            return std::nullopt;
        const auto number = decode_number(instruction.data, true, number_size);
        if (!number) return std::nullopt;
        count = *number;
    }
    if (count < least || count > max_keys) return std::nullopt;
    return count;
}

struct Multisig {
    std::int64_t needed = 0;
    std::int64_t keys = 0;
};
std::optional<Multisig> multisig_of(ByteView script) {
    if (script.empty() || !is_op(script.back(), Opcode::checkmultisig)) return std::nullopt;
    ScriptReader reader(script);
    auto instruction = reader.next();
    const auto needed = instruction ? key_count(*instruction, 1) : std::nullopt;
    if (!needed) return std::nullopt;
    std::int64_t found = 0;
    while (true) {
        if (reader.at_end()) return std::nullopt;
        instruction = reader.next();
        if (!instruction) return std::nullopt;
        if (!has_key_form(instruction->data)) break;
        ++found;
    }
    const auto keys = key_count(*instruction, *needed);
    if (!keys || *keys != found || reader.position() + 1 != script.size()) return std::nullopt;
    return Multisig{*needed, *keys};
}

ScriptKind kind_of_program(const WitnessProgram& program) {
    if (program.version == 0) {
        if (program.program.size() == 20) return ScriptKind::witness_v0_keyhash;
        if (program.program.size() == 32) return ScriptKind::witness_v0_scripthash;
        return ScriptKind::nonstandard;
    }
    if (program.version == 1 && program.program.size() == 32) return ScriptKind::witness_v1_taproot;
    return ScriptKind::witness_unknown;
}

}  // namespace

std::string_view to_string(ScriptKind kind) {
    return kind_words[static_cast<std::size_t>(kind)];
}

ScriptKind kind_of(ByteView script) {
    if (is_script_hash(script)) return ScriptKind::scripthash;
    if (const auto program = witness_program(script)) return kind_of_program(*program);
    if (!script.empty() && is_op(script[0], Opcode::return_) && is_push_only(script.subspan(1)))
        return ScriptKind::nulldata;
    if (pays_key(script)) return ScriptKind::pubkey;
    if (pays_key_hash(script)) return ScriptKind::pubkeyhash;
    if (multisig_of(script)) return ScriptKind::multisig;
    return ScriptKind::nonstandard;
}

std::size_t multisig_keys(ByteView script) {
    const auto multisig = multisig_of(script);
    return multisig ? static_cast<std::size_t>(multisig->keys) : 0;
}

}  // namespace lockstep::bitcoin
