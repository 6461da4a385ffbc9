// Descriptors: their checksum, the one of a script, and those that a search is given.
#include <doctest/doctest.h>

#include "bitcoin/rpc/descriptor.h"
#include "bitcoin/script/script.h"
#include "sdk/crypto/older_hash.h"
#include "tests/unit/bitcoin_texts.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using test::hex;
using test::script;

namespace {

const Network& testnet() {
    return *network_named("test");
}

const std::string key_text = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";
const std::string other_text = "03fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556";

std::string said_of(std::string_view text) {
    const auto list = read_descriptor(text, testnet());
    if (!list) return list.error().message;
    std::string all;
    for (const Described& one : *list)
        all += (all.empty() ? "" : " ") + to_hex(one.script);
    return all;
}

}  // namespace

// Source: Bitcoin Core, doc/descriptors.md; BIP 380.
TEST_CASE("checksums are those that others compute") {
    for (
        const std::string_view text :
        {"addr(mkmZxiEcEd8ZqjQWVZuC6so5dFMKEFpN2j)#02wpgw69", "raw(deadbeef)#89f8spxm",
         "pkh(02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5)#8fhd9pwu",
         "wpkh(02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9)#8zl0zxma",
         "sh(wpkh(03fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556))#qkrrc7je"}) {
        CHECK(with_checksum(std::string(text.substr(0, text.find('#')))) == text);
    }
    CHECK_FALSE(descriptor_checksum("raw(\x80)"));
    CHECK_FALSE(descriptor_checksum("raw(\n)"));
}

TEST_CASE("the descriptor of a script tells what can be known without keys") {
    struct Row {
        Bytes bytes;
        std::string descriptor;
    };
    const std::string x = key_text.substr(2);
    const Row rows[] = {
        {script("0x21 0x" + key_text + " CHECKSIG"), "pk(" + key_text + ")"},
        {script("0x21 0x05" + x + " CHECKSIG"), "raw(2105" + x + "ac)"},
        {script("1 0x21 0x" + key_text + " 0x21 0x" + other_text + " 2 CHECKMULTISIG"),
         "multi(1," + key_text + "," + other_text + ")"},
        {script("3 0x21 0x" + key_text + " 0x21 0x" + other_text + " 2 CHECKMULTISIG"),
         "raw(5321" + key_text + "21" + other_text + "52ae)"},
        {script("1 0x20 0x" + x), "rawtr(" + x + ")"},
        {script("RETURN 0x02 0x0102"), "raw(6a020102)"},
        {script(""), "raw()"},
    };
    for (const Row& row : rows) {
        const std::string inferred = infer_descriptor(row.bytes, testnet());
        CAPTURE(inferred);
        CHECK(inferred == with_checksum(row.descriptor));
    }
    const std::string_view address = "addr(mkmZxiEcEd8ZqjQWVZuC6so5dFMKEFpN2j)#02wpgw69";
    const auto paid = read_descriptor(address, testnet());
    REQUIRE(paid);
    CHECK(infer_descriptor(paid->front().script, testnet()) == address);
}

TEST_CASE("descriptors stand for scripts") {
    const std::string id = to_hex(hash160(hex(key_text)));
    const std::string witness = "0014" + id;
    const std::string nested = to_hex(to_script_hash(hex(witness)));
    const std::string multi = "5221" + other_text + "21" + key_text + "52ae";
    const std::string sorted = "5221" + key_text + "21" + other_text + "52ae";
    struct Row {
        std::string text;
        std::string said;
    };
    const Row rows[] = {
        {"raw(deadbeef)", "deadbeef"},
        {"raw(deadbeef)#89f8spxm", "deadbeef"},
        {"pk(" + key_text + ")", "21" + key_text + "ac"},
        {"pkh(" + key_text + ")", "76a914" + id + "88ac"},
        {"pkh([d34db33f/44'/0'/0']" + key_text + ")", "76a914" + id + "88ac"},
        {"wpkh(" + key_text + ")", witness},
        {"sh(wpkh(" + key_text + "))", nested},
        {"combo(" + key_text + ")",
         "21" + key_text + "ac 76a914" + id + "88ac " + witness + " " + nested},
        {"multi(2," + other_text + "," + key_text + ")", multi},
        {"sortedmulti(2," + other_text + "," + key_text + ")", sorted},
        {"wsh(multi(2," + other_text + "," + key_text + "))",
         to_hex(to_witness_script(hex(multi)))},
        {"sh(wsh(sortedmulti(2," + key_text + "," + other_text + ")))",
         to_hex(to_script_hash(to_witness_script(hex(sorted))))},
        {"raw(deadbeef)#89f8spxn",
         "Provided checksum '89f8spxn' does not match computed checksum '89f8spxm'"},
        {"raw(deadbeef)#89f8", "Expected 8 character checksum, not 4 characters"},
        {"raw(deadbeef)##89f8spxm", "Multiple '#' symbols"},
        {"raw(deadbeef)\n", "Invalid characters in payload"},
        {"raw(deadbee)", "Raw script is not hex"},
        {"addr(abc)", "Address is not valid"},
        {"multi(3," + key_text + "," + other_text + ")",
         "Multisig threshold cannot be larger than the number of keys; threshold is 3 but only 2 "
         "keys specified"},
        {"multi(0," + key_text + ")", "Multisig threshold cannot be 0, must be at least 1"},
        {"multi(x," + key_text + ")", "Multi threshold 'x' is not valid"},
        {"multi(1)", "Cannot have 0 keys in multisig; must have between 1 and 20 keys, inclusive"},
        {"multi(1," + key_text + "," + key_text + "," + key_text + "," + key_text + ")",
         "Cannot have 4 pubkeys in bare multisig; only at most 3 pubkeys"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(said_of(row.text) == row.said);
    }
    for (const std::string_view text : {"", "tr(a)", "sh(sh(raw(00)))", "wsh(wsh(pk(00)))",
                                        "wsh(addr(a))", "pk(xpub)", "pk", "pk(", "combo()"})
        CHECK_FALSE(read_descriptor(text, testnet()));
    const auto shown = read_descriptor("pkh(" + key_text + ")", testnet());
    CHECK(shown->front().descriptor ==
          with_checksum("pkh([" + id.substr(0, 8) + "]" + key_text + ")"));
}
