// Scripts as bytes: opcodes, pushes, the forms that consensus knows.
// Source: Bitcoin Core, script/script.h; BIP 16, 141.
#pragma once

#include <optional>
#include <string_view>

#include "sdk/base/bytes.h"

namespace lockstep::bitcoin {

enum class Opcode : std::uint8_t {
    op_0 = 0x00,
    pushdata1 = 0x4c,
    pushdata2 = 0x4d,
    pushdata4 = 0x4e,
    op_1negate = 0x4f,
    reserved = 0x50,
    op_1 = 0x51,
    op_16 = 0x60,
    nop = 0x61,
    ver = 0x62,
    if_ = 0x63,
    notif = 0x64,
    verif = 0x65,
    vernotif = 0x66,
    else_ = 0x67,
    endif = 0x68,
    verify = 0x69,
    return_ = 0x6a,
    toaltstack = 0x6b,
    fromaltstack = 0x6c,
    op_2drop = 0x6d,
    op_2dup = 0x6e,
    op_3dup = 0x6f,
    op_2over = 0x70,
    op_2rot = 0x71,
    op_2swap = 0x72,
    ifdup = 0x73,
    depth = 0x74,
    drop = 0x75,
    dup = 0x76,
    nip = 0x77,
    over = 0x78,
    pick = 0x79,
    roll = 0x7a,
    rot = 0x7b,
    swap = 0x7c,
    tuck = 0x7d,
    cat = 0x7e,
    substr = 0x7f,
    left = 0x80,
    right = 0x81,
    size = 0x82,
    invert = 0x83,
    and_ = 0x84,
    or_ = 0x85,
    xor_ = 0x86,
    equal = 0x87,
    equalverify = 0x88,
    reserved1 = 0x89,
    reserved2 = 0x8a,
    op_1add = 0x8b,
    op_1sub = 0x8c,
    op_2mul = 0x8d,
    op_2div = 0x8e,
    negate = 0x8f,
    abs = 0x90,
    not_ = 0x91,
    op_0notequal = 0x92,
    add = 0x93,
    sub = 0x94,
    mul = 0x95,
    div = 0x96,
    mod = 0x97,
    lshift = 0x98,
    rshift = 0x99,
    booland = 0x9a,
    boolor = 0x9b,
    numequal = 0x9c,
    numequalverify = 0x9d,
    numnotequal = 0x9e,
    lessthan = 0x9f,
    greaterthan = 0xa0,
    lessthanorequal = 0xa1,
    greaterthanorequal = 0xa2,
    min = 0xa3,
    max = 0xa4,
    within = 0xa5,
    ripemd160 = 0xa6,
    sha1 = 0xa7,
    sha256 = 0xa8,
    hash160 = 0xa9,
    hash256 = 0xaa,
    codeseparator = 0xab,
    checksig = 0xac,
    checksigverify = 0xad,
    checkmultisig = 0xae,
    checkmultisigverify = 0xaf,
    nop1 = 0xb0,
    checklocktimeverify = 0xb1,
    checksequenceverify = 0xb2,
    nop4 = 0xb3,
    nop10 = 0xb9,
    checksigadd = 0xba,
    invalid = 0xff,
};
// "OP_DUP"; empty for what is no opcode.
std::string_view to_string(Opcode op);
// Of a name with or without "OP_", from OP_NOP on, and OP_RESERVED: what stands in the text of a
// script, where numbers and pushes are written otherwise.
std::optional<Opcode> op_from_text(std::string_view name);

constexpr std::size_t max_script_size = 10'000;
constexpr std::size_t max_element_size = 520;

struct Instruction {
    Opcode op = Opcode::invalid;
    ByteView data;  // of a push
    bool is_push() const { return op <= Opcode::pushdata4; }
};
// Reads a script from its beginning.
class ScriptReader {
public:
    explicit ScriptReader(ByteView script) : script_(script) {}
    bool at_end() const { return position_ == script_.size(); }
    std::size_t position() const { return position_; }
    // nullopt where a push is longer than what is left; the reader is then of no more use.
    std::optional<Instruction> next();

private:
    ByteView script_;
    std::size_t position_ = 0;
};

// Writes scripts; pushes take the shortest form.
class ScriptWriter {
public:
    ScriptWriter& op(Opcode op) {
        bytes_.push_back(static_cast<std::uint8_t>(op));
        return *this;
    }
    // OP_1NEGATE and OP_0 … OP_16 where one of them is the number.
    ScriptWriter& number(std::int64_t value);
    // A push of these bytes, whatever number they are.
    ScriptWriter& push(ByteView data);
    const Bytes& bytes() const { return bytes_; }
    Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

// The push says what it pushes in the shortest form there is (BIP 62, rule 3).
bool is_minimal(const Instruction& push);
bool is_push_only(ByteView script);
// It can be read to its end, with opcodes up to OP_NOP10 and no push above max_element_size:
// CScript's HasValidOps.
bool has_valid_ops(ByteView script);
// OP_DUP OP_HASH160 <hash> OP_EQUALVERIFY OP_CHECKSIG
Bytes key_hash_script(ByteView hash);
// Outputs that pay to a script's hash (BIP 16), to a key's and to a script's as witness programs
// (BIP 141).
Bytes to_script_hash(ByteView script);
Bytes to_witness_key(ByteView key_hash);
Bytes to_witness_script(ByteView script);
// OP_HASH160 <20> OP_EQUAL (BIP 16).
bool is_script_hash(ByteView script);

struct WitnessProgram {
    int version = 0;
    ByteView program;
};
std::optional<WitnessProgram> witness_program(ByteView script);

// Without every place where `pattern` stands at an instruction's beginning.
struct Removed {
    Bytes script;
    std::size_t count = 0;
};
Removed find_and_delete(ByteView script, ByteView pattern);

}  // namespace lockstep::bitcoin
