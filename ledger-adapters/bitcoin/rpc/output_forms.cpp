#include "bitcoin/rpc/output_forms.h"

#include "bitcoin/pool/policy.h"
#include "bitcoin/script/script_number.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::size_t compressed_size = 33;
constexpr std::size_t uncompressed_size = 65;
constexpr int most_keys = 20;

std::optional<int> small_number(const Instruction& instruction) {
    if (instruction.op >= Opcode::op_1 && instruction.op <= Opcode::op_16)
        return static_cast<int>(instruction.op) - static_cast<int>(Opcode::reserved);
    if (!instruction.is_push() || !is_minimal(instruction)) return std::nullopt;
    const auto number = decode_number(instruction.data, true, 1);
    return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

}  // namespace

Bytes to_key(ByteView key) {
    return ScriptWriter().push(key).op(Opcode::checksig).take();
}

bool has_key_size(ByteView key) {
    if (key.empty()) return false;
    if (key[0] == 2 || key[0] == 3) return key.size() == compressed_size;
    return (key[0] == 4 || key[0] == 6 || key[0] == 7) && key.size() == uncompressed_size;
}

std::optional<Bytes> key_in(ByteView script) {
    for (const std::size_t size : {compressed_size, uncompressed_size}) {
        if (script.size() != size + 2 || script[0] != size) continue;
        const ByteView key = script.subspan(1, size);
        if (!has_key_size(key) || Opcode{script.back()} != Opcode::checksig) continue;
        return Bytes(key.begin(), key.end());
    }
    return std::nullopt;
}

std::optional<KeyGroup> keys_in(ByteView script) {
    if (script.empty() || Opcode{script.back()} != Opcode::checkmultisig) return std::nullopt;
    ScriptReader reader(script);
    auto next = reader.next();
    const auto needed = next ? small_number(*next) : std::nullopt;
    if (!needed || *needed < 1 || *needed > most_keys) return std::nullopt;
    KeyGroup group{*needed, {}};
    while (true) {
        next = reader.next();
        if (!next) return std::nullopt;
        if (!next->is_push() || !has_key_size(next->data)) break;
        group.keys.emplace_back(next->data.begin(), next->data.end());
    }
    const auto count = small_number(*next);
    if (!count || *count < *needed || static_cast<std::size_t>(*count) != group.keys.size())
        return std::nullopt;
    if (reader.position() + 1 != script.size() || *count > most_keys) return std::nullopt;
    return group;
}

Bytes to_keys(const KeyGroup& group) {
    ScriptWriter script;
    script.number(group.needed);
    for (const Bytes& key : group.keys)
        script.push(key);
    script.number(static_cast<std::int64_t>(group.keys.size()));
    return script.op(Opcode::checkmultisig).take();
}

std::string form_name(ByteView script) {
    // Pays to anyone (Bitcoin Core 28).
    constexpr std::array<std::uint8_t, 4> anchor{0x51, 0x02, 0x4e, 0x73};
    if (equal(script, anchor)) return "anchor";
    return std::string(to_string(kind_of(script)));
}

}  // namespace lockstep::bitcoin
