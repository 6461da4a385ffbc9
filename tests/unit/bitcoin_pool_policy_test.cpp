// What is relayed at all: forms of scripts, sizes, dust.
#include <doctest/doctest.h>

#include "bitcoin/pool/policy.h"
#include "sdk/crypto/hash.h"
#include "tests/unit/bitcoin_texts.h"
#include "tests/unit/bitcoin_world.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

namespace {

const std::string key33 = "0x21 0x02" + std::string(64, '1') + " ";
const std::string key65 = "0x41 0x04" + std::string(128, '1') + " ";
const std::string hash20 = "0x14 0x" + std::string(40, '2') + " ";
const std::string hash32 = "0x20 0x" + std::string(64, '3') + " ";

// One that is relayed, before a row changes it.
Transaction plain() {
    Transaction transaction;
    TxIn input;
    input.prevout = {Txid{sha256({}).array()}, 0};
    transaction.inputs.push_back(input);
    transaction.outputs.push_back({10'000, anybody_relayed});
    return transaction;
}

std::string standard(const Transaction& transaction, const PoolPolicy& policy = {}) {
    return check_standard(transaction, policy).value_or("ok");
}

}  // namespace

TEST_CASE("output scripts have the forms that Bitcoin Core names") {
    struct Row {
        std::string script;
        const char* kind;
    };
    const Row rows[] = {
        {"", "nonstandard"},
        {"1", "nonstandard"},
        {key33 + "CHECKSIG", "pubkey"},
        {key65 + "CHECKSIG", "pubkey"},
        {"0x21 0x05" + std::string(64, '1') + " CHECKSIG", "nonstandard"},
        {"0x20 0x" + std::string(64, '2') + " CHECKSIG", "nonstandard"},
        {"DUP HASH160 " + hash20 + "EQUALVERIFY CHECKSIG", "pubkeyhash"},
        {"DUP HASH160 " + hash20 + "EQUAL CHECKSIG", "nonstandard"},
        {"HASH160 " + hash20 + "EQUAL", "scripthash"},
        {"0 " + hash20, "witness_v0_keyhash"},
        {"0 " + hash32, "witness_v0_scripthash"},
        {"0 0x03 0x010203", "nonstandard"},
        {"1 " + hash32, "witness_v1_taproot"},
        {"1 " + hash20, "witness_unknown"},
        {"1 0x02 0x4e73", "witness_unknown"},
        {"16 " + hash32, "witness_unknown"},
        {"RETURN", "nulldata"},
        {"RETURN 0x02 0x0102 5", "nulldata"},
        {"RETURN 0x02 0x01", "nonstandard"},
        {"RETURN DUP", "nonstandard"},
        {"1 " + key33 + "1 CHECKMULTISIG", "multisig"},
        {"2 " + key33 + key65 + "2 CHECKMULTISIG", "multisig"},
        {"2 " + key33 + "1 CHECKMULTISIG", "nonstandard"},
        {"0 " + key33 + "1 CHECKMULTISIG", "nonstandard"},
        {"1 " + key33 + "2 CHECKMULTISIG", "nonstandard"},
        {"1 " + key33 + "1 CHECKMULTISIG NOP", "nonstandard"},
        {"1 " + key33 + "1 NOP CHECKMULTISIG", "nonstandard"},
        {"1 " + key33 + "CHECKMULTISIG", "nonstandard"},
        // A number that OP_1 would have said.
        {"1 " + key33 + "0x01 0x01 CHECKMULTISIG", "nonstandard"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.script);
        CHECK(to_string(kind_of(script(row.script))) == row.kind);
    }
    // Seventeen keys need a push for their number.
    ScriptWriter many;
    many.number(1);
    for (int i = 0; i < 17; ++i)
        many.push(hex("02" + std::string(64, '1')));
    many.number(17).op(Opcode::checkmultisig);
    CHECK(kind_of(many.bytes()) == ScriptKind::multisig);
    CHECK(multisig_keys(many.bytes()) == 17);
    CHECK(multisig_keys(anybody) == 0);
}

TEST_CASE("sizes are a quarter of the weight, or twenty for each signature that may be asked for") {
    CHECK(virtual_size(400) == 100);
    CHECK(virtual_size(401) == 101);
    CHECK(virtual_size(404) == 101);
    CHECK(virtual_size(400, 20) == 100);
    CHECK(virtual_size(400, 21) == 105);
    CHECK(fee_at(1'000, 141) == 141);
    CHECK(fee_at(1, 1) == 1);
    CHECK(fee_at(1'001, 141) == 142);
    CHECK(fee_at(0, 141) == 0);
    CHECK(fee_at(max_money, 1'000'000) == max_money);
    CHECK(rate_of(141, 141) == 1'000);
    CHECK(rate_of(1, 3) == 333);
    CHECK(rate_of(1, 0) == 0);
    CHECK(rate_of(max_money, 60) == max_money * 1'000 / 60);
}

TEST_CASE("dust is what costs more than a third of it to spend, by the form of the output") {
    struct Row {
        std::string script;
        Satoshi limit;
    };
    const Row rows[] = {
        {"DUP HASH160 " + hash20 + "EQUALVERIFY CHECKSIG", 546},
        {"HASH160 " + hash20 + "EQUAL", 540},
        {"0 " + hash20, 294},
        {"0 " + hash32, 330},
        {"1 " + hash32, 330},
        {key33 + "CHECKSIG", 576},
        {"RETURN 0x03 0x010203", 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.script);
        TxOut output{row.limit, script(row.script)};
        CHECK(dust_limit(output, 3'000) == row.limit);
        CHECK(dust_limit(output, 0) == 0);
        Transaction transaction = plain();
        transaction.outputs[0] = output;
        CHECK(standard(transaction) == "ok");
        transaction.outputs[0].value -= 1;
        CHECK(standard(transaction) == (row.limit == 0 ? "ok" : "dust"));
    }
}

TEST_CASE("what is standard of a transaction alone, at the limits and beyond") {
    const Bytes data80 = script("RETURN 0x4c 0x50 0x" + std::string(160, '0'));
    const Bytes data81 = script("RETURN 0x4c 0x51 0x" + std::string(162, '0'));
    const auto multisig = [&](int keys) {
        std::string text = "1 ";
        for (int i = 0; i < keys; ++i)
            text += key33;
        return script(text + std::to_string(keys) + " CHECKMULTISIG");
    };
    struct Row {
        const char* said;
        std::function<void(Transaction&)> change;
    };
    const Row rows[] = {
        {"ok", [](Transaction&) {}},
        {"ok", [](Transaction& t) { t.version = 1; }},
        {"version", [](Transaction& t) { t.version = 0; }},
        {"version", [](Transaction& t) { t.version = 3; }},
        {"version", [](Transaction& t) { t.version = -1; }},
        {"ok", [](Transaction& t) { t.inputs.resize(2'405, t.inputs[0]); }},  // 399'988
        {"tx-size", [](Transaction& t) { t.inputs.resize(2'438, t.inputs[0]); }},
        {"ok", [](Transaction& t) { t.inputs[0].script_sig = Bytes(1'650); }},
        {"scriptsig-size", [](Transaction& t) { t.inputs[0].script_sig = Bytes(1'651); }},
        {"scriptsig-not-pushonly", [](Transaction& t) { t.inputs[0].script_sig = {0x61}; }},
        {"scriptpubkey", [](Transaction& t) { t.outputs[0].script = anybody; }},
        {"ok",
         [&](Transaction& t) {
             t.outputs.push_back({0, data80});
         }},
        {"scriptpubkey",
         [&](Transaction& t) {
             t.outputs.push_back({0, data81});
         }},
        {"multi-op-return",
         [&](Transaction& t) {
             t.outputs.resize(3, {0, data80});
         }},
        {"ok", [&](Transaction& t) { t.outputs[0].script = multisig(3); }},
        {"scriptpubkey", [&](Transaction& t) { t.outputs[0].script = multisig(4); }},
        {"dust", [](Transaction& t) { t.outputs[0].value = 329; }},
        {"ok",
         [](Transaction& t) {
             t.outputs[0] = {0, script("RETURN 0x03 0x010203")};
         }},
        {"tx-size-small",
         [](Transaction& t) {
             t.outputs[0] = {0, script("RETURN 0x02 0x0102")};
         }},
    };
    for (const Row& row : rows) {
        Transaction transaction = plain();
        row.change(transaction);
        CAPTURE(std::string(row.said));
        CAPTURE(weight_of(transaction));
        CHECK(standard(transaction) == row.said);
    }
    PoolPolicy strict;
    strict.bare_multisig = false;
    strict.max_op_return = 10;
    Transaction transaction = plain();
    transaction.outputs[0].script = multisig(1);
    CHECK(standard(transaction, strict) == "bare-multisig");
    transaction.outputs[0] = {0, data80};
    CHECK(standard(transaction, strict) == "scriptpubkey");
}

TEST_CASE("what is standard of what a transaction spends") {
    const auto spends = [](const Bytes& output, const Bytes& script_sig,
                           std::vector<Bytes> witness) {
        Transaction transaction = plain();
        transaction.inputs[0].script_sig = script_sig;
        transaction.inputs[0].witness = std::move(witness);
        const std::vector<Coin> coins{{{1, output}, 1, false}};
        return check_standard_inputs(transaction, coins).value_or("ok");
    };
    const auto pushed = [](const Bytes& redeem) {
        ScriptWriter writer;
        writer.push(redeem);
        return writer.take();
    };
    const char* const inputs = "bad-txns-nonstandard-inputs";
    const char* const witness = "bad-witness-nonstandard";
    const Bytes program = script("0 " + hash32);
    const Bytes to_hash = script("HASH160 " + hash20 + "EQUAL");
    CHECK(spends(anybody, {}, {}) == inputs);
    CHECK(spends(script("2 " + hash32), {}, {}) == inputs);
    CHECK(spends(script("1 " + hash32), {}, {}) == "ok");
    CHECK(spends(script("DUP HASH160 " + hash20 + "EQUALVERIFY CHECKSIG"), {}, {}) == "ok");

    // A redeem script may ask for fifteen signatures.
    CHECK(spends(to_hash, pushed(Bytes(15, 0xac)), {}) == "ok");
    CHECK(spends(to_hash, pushed(Bytes(16, 0xac)), {}) == inputs);
    CHECK(spends(to_hash, {}, {}) == inputs);
    CHECK(spends(to_hash, {0x61}, {}) == inputs);
    CHECK(spends(to_hash, {0x50}, {}) == inputs);

    CHECK(spends(program, {}, {Bytes(3'600)}) == "ok");
    CHECK(spends(program, {}, {Bytes(3'601)}) == witness);
    CHECK(spends(program, {}, std::vector<Bytes>(101)) == "ok");
    CHECK(spends(program, {}, std::vector<Bytes>(102)) == witness);
    CHECK(spends(program, {}, {Bytes(80), Bytes(81)}) == "ok");
    CHECK(spends(program, {}, {Bytes(81), Bytes(81)}) == witness);
    CHECK(spends(to_hash, pushed(program), {Bytes(81), Bytes(81)}) == witness);
    CHECK(spends(to_hash, pushed(program), {Bytes(80), Bytes(81)}) == "ok");
    // A witness where none belongs.
    CHECK(spends(to_hash, pushed(anybody), {Bytes(1)}) == witness);
    CHECK(spends(script("DUP HASH160 " + hash20 + "EQUALVERIFY CHECKSIG"), {}, {Bytes(1)}) ==
          witness);
}

TEST_CASE("a sequence number below the last two says that it may be replaced") {
    Transaction transaction = plain();
    for (const std::uint32_t sequence : {0xffffffffU, 0xfffffffeU}) {
        transaction.inputs[0].sequence = sequence;
        CHECK_FALSE(signals_replacement(transaction));
    }
    for (const std::uint32_t sequence : {0xfffffffdU, 0U}) {
        transaction.inputs[0].sequence = sequence;
        CHECK(signals_replacement(transaction));
    }
    transaction.inputs.push_back(transaction.inputs[0]);
    transaction.inputs[0].sequence = final_sequence;
    CHECK(signals_replacement(transaction));
}
