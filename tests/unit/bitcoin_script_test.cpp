// Scripts: numbers, pushes, the forms of signatures, BIP 143, an escrow's branches.
#include <doctest/doctest.h>

#include "bitcoin/script/script_number.h"
#include "bitcoin/script/signature_form.h"
#include "bitcoin/script/verify_script.h"
#include "sdk/crypto/hash.h"
#include "tests/unit/bitcoin_texts.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

TEST_CASE("numbers are little endian with a sign, and minimal where that is asked for") {
    struct Row {
        std::int64_t value;
        const char* octets;
    };
    const Row rows[] = {
        {0, ""},
        {1, "01"},
        {-1, "81"},
        {127, "7f"},
        {128, "8000"},
        {-127, "ff"},
        {-128, "8080"},
        {255, "ff00"},
        {-255, "ff80"},
        {256, "0001"},
        {32768, "008000"},
        {2147483647, "ffffff7f"},
        {-2147483647, "ffffffff"},
        {2147483648, "0000008000"},
        {4294967295, "ffffffff00"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(to_hex(encode_number(row.value)) == row.octets);
        CHECK(decode_number(hex(row.octets), true, locktime_size) == row.value);
    }
    for (const char* longer : {"00", "80", "0100", "0180", "ff0000", "7f00"}) {
        CAPTURE(std::string(longer));
        CHECK_FALSE(decode_number(hex(longer), true, number_size));
        CHECK(decode_number(hex(longer), false, number_size));
    }
    CHECK_FALSE(decode_number(hex("0000008000"), true, number_size));
    CHECK(decode_number(hex("80"), false, number_size) == 0);
}

TEST_CASE("a push takes the shortest form, and another one is seen") {
    for (const std::size_t size : {0U, 1U, 75U, 76U, 255U, 256U, 65535U, 65536U}) {
        CAPTURE(size);
        ScriptWriter writer;
        writer.push(Bytes(size, 0x17));
        ScriptReader reader(writer.bytes());
        const auto push = reader.next();
        REQUIRE(push);
        CHECK(push->data.size() == size);
        CHECK(is_minimal(*push));
        CHECK(reader.at_end());
    }
    for (const char* longer : {"0101", "0181", "4c00", "4c0155", "4d0100aa", "4e01000000aa"}) {
        CAPTURE(std::string(longer));
        const Bytes bytes = hex(longer);
        ScriptReader reader(bytes);
        const auto push = reader.next();
        REQUIRE(push);
        CHECK_FALSE(is_minimal(*push));
    }
    for (const char* cut : {"02aa", "4c", "4c02aa", "4d01", "4e010000"}) {
        CAPTURE(std::string(cut));
        const Bytes bytes = hex(cut);
        CHECK_FALSE(ScriptReader(bytes).next());
    }
}

TEST_CASE("what is cut out of a script stands at the beginning of an instruction") {
    struct Row {
        const char* script;
        const char* pattern;
        const char* left;
        std::size_t count;
    };
    const Row rows[] = {
        {"03aabbcc", "", "03aabbcc", 0},
        {"0302ff03", "0302ff03", "", 1},
        {"0302ff030302ff03", "0302ff03", "", 2},
        // Inside of a push it is not an instruction,
        {"0302ff03", "02ff03", "0302ff03", 0},
        // but what is left when it is cut out may be read anew.
        {"02feed5169", "feed51", "02feed5169", 0},
        {"02feed5169", "02feed51", "69", 1},
        {"516902feed5169", "feed51", "516902feed5169", 0},
        {"516902feed5169", "02feed51", "516969", 1},
        {"0003feed", "03feed", "00", 1},
        {"0003feed", "00", "03feed", 1},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.script));
        const Removed removed = find_and_delete(hex(row.script), hex(row.pattern));
        CHECK(to_hex(removed.script) == row.left);
        CHECK(removed.count == row.count);
    }
}

TEST_CASE("signatures are strict DER, or what was once read") {
    // r and s of one byte each, hash type ALL.
    const std::string good = "3006020101020101";
    struct Row {
        std::string octets;
        bool strict, lax;
    };
    const Row rows[] = {
        {good, true, true},
        {"3106020101020101", false, false},
        {"3005020101020101", false, true},
        {"3006030101020101", false, false},
        {"300602010102010101", false, true},
        {"3007020200010201"
         "01",
         false, true},                      // a zero that r does not need
        {"3006020181020101", false, true},  // negative
        {"3006020101020181", false, true},
        {"30050200020101", false, true},      // r of no bytes
        {"308106020101020101", false, true},  // lengths in the long form
        {"30060281010102"
         "0101",
         false, true},
        {"3006020101020201", false, false},  // longer than what is left
        {"30", false, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.octets);
        CHECK(is_strict_der(hex(row.octets + "01")) == row.strict);
        CHECK(read_lax_der(hex(row.octets)).has_value() == row.lax);
    }
    CHECK_FALSE(is_strict_der({}));
    CHECK_FALSE(read_lax_der({}));
    CHECK(is_defined_hash_type(hex("01")));
    CHECK(is_defined_hash_type(hex("83")));
    CHECK_FALSE(is_defined_hash_type(hex("00")));
    CHECK_FALSE(is_defined_hash_type(hex("04")));
}

TEST_CASE("the signature hash of a witness is that of the example in BIP 143") {
    const auto transaction = parse_transaction(
        hex("0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000ee"
            "ffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffff"
            "ff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000"
            "001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000"));
    REQUIRE(transaction);
    const Hash hash = witness_signature_hash(
        *transaction, CommonHashes(*transaction), 1,
        hex("76a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac"), 6 * coin, sighash_all);
    CHECK(hash.hex() == "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670");
}

TEST_CASE("an escrow's branches: a preimage of 32 bytes, or its locktime") {
    const Bytes preimage(32, 0x5a);
    const Bytes short_one(31, 0x5a);
    const Bytes long_one(33, 0x5a);
    // Without the keys: IF <the hash of 32 bytes> ELSE <not before> ENDIF
    constexpr std::int64_t expiry = 1'700'000'000;
    const auto escrow = [&](ByteView secret) {
        ScriptWriter writer;
        writer.op(Opcode::if_).op(Opcode::size).number(32).op(Opcode::equalverify);
        writer.op(Opcode::sha256).push(sha256(secret).view()).op(Opcode::equal);
        writer.op(Opcode::else_).number(expiry).op(Opcode::checklocktimeverify).op(Opcode::drop);
        writer.number(1).op(Opcode::endif);
        return writer.take();
    };
    const auto spend = [&](ByteView secret, std::vector<Bytes> stack, std::uint32_t locktime,
                           std::uint32_t sequence) {
        const Bytes witness_script = escrow(secret);
        Transaction transaction;
        TxIn input;
        input.sequence = sequence;
        input.witness = std::move(stack);
        input.witness.push_back(witness_script);
        transaction.inputs.push_back(input);
        transaction.locktime = locktime;
        ScriptWriter output;
        output.op(Opcode::op_0).push(sha256(witness_script).view());
        const CommonHashes common(transaction);
        return std::string(
            to_string(verify_script(transaction.inputs[0], output.bytes(), verify_flag::standard,
                                    Spending(transaction, common, 0, 1))));
    };
    const Bytes yes{1};
    const Bytes no;
    CHECK(spend(preimage, {preimage, yes}, 0, final_sequence) == "OK");
    CHECK(spend(preimage, {Bytes(32), yes}, 0, final_sequence) == "EVAL_FALSE");
    CHECK(spend(short_one, {short_one, yes}, 0, final_sequence) == "EQUALVERIFY");
    CHECK(spend(long_one, {long_one, yes}, 0, final_sequence) == "EQUALVERIFY");
    const auto at = [&](std::int64_t locktime, std::uint32_t sequence) {
        return spend(preimage, {no}, static_cast<std::uint32_t>(locktime), sequence);
    };
    CHECK(at(expiry - 1, 0) == "UNSATISFIED_LOCKTIME");
    CHECK(at(expiry, 0) == "OK");
    CHECK(at(expiry + 1, 0) == "OK");
    CHECK(at(expiry, final_sequence) == "UNSATISFIED_LOCKTIME");
    CHECK(at(700'000, 0) == "UNSATISFIED_LOCKTIME");  // a height is no time
    CHECK(spend(preimage, {preimage, Bytes{2}}, 0, 0) == "MINIMALIF");
    CHECK(spend(preimage, {Bytes(521), yes}, 0, 0) == "PUSH_SIZE");
    CHECK(spend(preimage, {yes, preimage, yes}, 0, 0) == "CLEANSTACK");
    CHECK(spend(preimage, {}, 0, 0) == "INVALID_STACK_OPERATION");  // nothing to choose by
}

TEST_CASE("of several signatures the elements are counted before any is looked at") {
    Transaction spend;
    TxIn input;
    input.script_sig = script("0x01 0x00");
    spend.inputs.push_back(input);
    const CommonHashes common(spend);
    const Bytes output = script("1 0x02 0x0202 1 CHECKMULTISIG");
    CHECK(verify_script(spend.inputs[0], output, verify_flag::dersig,
                        Spending(spend, common, 0, 1)) == ScriptError::invalid_stack_operation);
}

TEST_CASE("scripts are read from text and shown") {
    CHECK(to_hex(script("0 1 16 -1 17 1000")) ==
          "0051604f0111"
          "02e803");
    CHECK(to_hex(script("'Az' 0x02 0x0102 OP_DUP HASH160 NOP2")) ==
          "02417a020102"
          "76a9b1");
    for (const char* bad : {"1a", "4294967296", "0x0", "0xzz", "DUPE", "OP_1", "PUSHDATA1", "'a"}) {
        CAPTURE(std::string(bad));
        CHECK_FALSE(parse_script(bad));
    }
    CHECK(disassemble(hex("0051604f011102e80376a9ac")) ==
          "0 1 16 -1 17 1000 OP_DUP OP_HASH160 OP_CHECKSIG");
    CHECK(disassemble(hex("05aabb")) == "[error]");
    CHECK(disassemble(hex("fe")) == "OP_UNKNOWN");
    CHECK(disassemble(hex("ff")) == "OP_INVALIDOPCODE");
}
