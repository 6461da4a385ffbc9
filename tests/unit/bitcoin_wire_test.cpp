// Bitcoin's serialisation: sizes, transactions, what holds for them without what they spend.
#include <doctest/doctest.h>

#include "bitcoin/script/transaction.h"
#include "tests/unit/bitcoin_texts.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

namespace {

Transaction paying(const std::vector<Satoshi>& values) {
    Transaction transaction;
    TxIn input;
    input.prevout.index = 0;
    transaction.inputs.push_back(input);
    for (const Satoshi value : values)
        transaction.outputs.push_back({value, {}});
    return transaction;
}

}  // namespace

TEST_CASE("a compact size has one form, and is at most 32 MiB") {
    struct Row {
        const char* octets;
        std::uint64_t value;
        bool ok;
    };
    const Row rows[] = {
        {"00", 0, true},
        {"fc", 0xfc, true},
        {"fdfd00", 0xfd, true},
        {"fdfc00", 0, false},
        {"fdffff", 0xffff, true},
        {"fe00000100", 0x10000, true},
        {"feffff0000", 0, false},
        {"fe00000002", 0x02000000, true},
        {"fe01000002", 0, false},
        {"ff0000000000000000", 0, false},
        {"ff0000000001000000", 0, false},
        {"fd00", 0, false},
        {"", 0, false},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.octets));
        const Bytes octets = hex(row.octets);
        Reader reader(octets);
        CHECK(reader.compact() == row.value);
        CHECK(reader.at_end() == row.ok);
        if (!row.ok) continue;
        Writer writer;
        writer.compact(row.value);
        CHECK(writer.bytes() == octets);
    }
}

TEST_CASE("a list that cannot be there reserves no memory") {
    const Bytes octets = hex("fe00000002aabb");
    Reader reader(octets);
    CHECK(reader.count(1) == 0);
    CHECK_FALSE(reader.ok());
}

TEST_CASE("a transaction is read as it was written, with and without a witness") {
    Transaction transaction = paying({1, max_money});
    transaction.locktime = 7;
    CHECK(parse_transaction(serialize(transaction)) == transaction);
    transaction.inputs[0].witness = {hex("0102"), {}};
    const Bytes extended = serialize(transaction);
    CHECK(parse_transaction(extended) == transaction);
    CHECK(serialize(transaction, WitnessForm::without).size() < extended.size());
    CHECK(txid_of(transaction) != wtxid_of(transaction));

    SUBCASE("not a byte more or less") {
        Bytes longer = extended;
        longer.push_back(0);
        CHECK_FALSE(parse_transaction(longer));
        for (std::size_t size = 0; size < extended.size(); ++size)
            CHECK_FALSE(parse_transaction(ByteView(extended).first(size)));
    }
    SUBCASE("no extended form without a witness, and no other flags") {
        Transaction plain = paying({1});
        Bytes octets = serialize(plain, WitnessForm::without);
        octets.insert(octets.begin() + 4, {0, 1});
        octets.insert(octets.end() - 4, 0);
        CHECK_FALSE(parse_transaction(octets));
        Bytes flagged = extended;
        flagged[5] = 3;
        CHECK_FALSE(parse_transaction(flagged));
    }
}

TEST_CASE("what is wrong with a transaction by itself") {
    struct Row {
        const char* fault;
        Transaction transaction;
    };
    Transaction no_inputs = paying({1});
    no_inputs.inputs.clear();
    Transaction twice = paying({1});
    twice.inputs.push_back(twice.inputs[0]);
    Transaction null = twice;
    null.inputs[1].prevout.index = 0xffffffff;
    Transaction coinbase = paying({1});
    coinbase.inputs[0].prevout.index = 0xffffffff;
    Transaction large = paying({1});
    large.outputs[0].script = Bytes(1'000'000);
    const Row rows[] = {
        {"bad-txns-vin-empty", no_inputs},
        {"bad-txns-vout-empty", paying({})},
        {"bad-txns-oversize", large},
        {"bad-txns-vout-negative", paying({-1})},
        {"bad-txns-vout-toolarge", paying({max_money + 1})},
        {"bad-txns-txouttotal-toolarge", paying({max_money, 1})},
        {"bad-txns-inputs-duplicate", twice},
        {"bad-cb-length", coinbase},
        {"bad-txns-prevout-null", null},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.fault));
        const auto fault = check_transaction(row.transaction);
        REQUIRE(fault);
        CHECK(to_string(*fault) == row.fault);
    }
    CHECK_FALSE(check_transaction(paying({0, max_money})));
    coinbase.inputs[0].script_sig = Bytes(2);
    CHECK_FALSE(check_transaction(coinbase));
    CHECK(coinbase.is_coinbase());
}

TEST_CASE("a transaction's id is shown the other way round") {
    const auto id =
        txid_from_text("000000000000000000000000000000000000000000000000000000000000ff01");
    REQUIRE(id);
    CHECK(id->view()[0] == 1);
    CHECK(id->view()[1] == 0xff);
    CHECK(to_text(*id).substr(60) == "ff01");
    CHECK_FALSE(txid_from_text("ff01"));
}
