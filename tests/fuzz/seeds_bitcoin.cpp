// Seeds for Bitcoin's blocks, transactions, scripts and addresses.
#include "bitcoin/chain/chain.h"
#include "bitcoin/keys/address.h"
#include "bitcoin/script/script.h"
#include "bitcoin/script/script_text.h"
#include "bitcoin/script/transaction.h"
#include "bitcoin/script/verify_flags.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "tests/fuzz/fixtures_bitcoin.h"
#include "tests/fuzz/seed_makers.h"

namespace lockstep::fuzz {

namespace {

Bytes bitcoin_script(std::string_view text) {
    const auto bytes = bitcoin::parse_script(text);
    ASSERT(bytes);
    return *bytes;
}

struct BitcoinSpend {
    bitcoin::VerifyFlags flags = 0;
    Bytes script_sig, element, script_pubkey;
    Bytes octets() const {
        Bytes bytes;
        for (int shift : {0, 8, 16})
            bytes.push_back(static_cast<std::uint8_t>(flags >> shift));
        bytes.push_back(static_cast<std::uint8_t>(script_sig.size()));
        bytes.push_back(static_cast<std::uint8_t>(element.size()));
        append(bytes, script_sig);
        append(bytes, element);
        append(bytes, script_pubkey);
        return bytes;
    }
};

void add_scripts(Seeds& seeds) {
    using namespace bitcoin;
    const VerifyFlags standard = verify_flag::standard & ~verify_flag::taproot;
    for (const std::string_view text :
         {"1 2 ADD 3 NUMEQUAL", "'abc' SIZE 3 EQUALVERIFY SHA256 SIZE NIP 32 EQUAL",
          "0 IF RETURN ELSE 1 ENDIF", "1 2 3 4 2SWAP ROT 2DROP DROP DEPTH NIP",
          "0 0 0 CHECKMULTISIG", "5 1 10 WITHIN TOALTSTACK FROMALTSTACK",
          "0 CHECKLOCKTIMEVERIFY 1ADD", "2 1 0 PICK MAX 0 ROLL MIN"})
        seeds.add("bitcoin_script", BitcoinSpend{0, {}, {}, bitcoin_script(text)}.octets());
    const Bytes nested = bitcoin_script("1");
    ScriptWriter redeem;
    redeem.push(nested);
    ScriptWriter to_hash;
    to_hash.op(Opcode::op_0).push(sha256(nested).view());
    seeds.add("bitcoin_script", BitcoinSpend{standard, {}, nested, to_hash.take()}.octets());
}

void add_transactions(Seeds& seeds) {
    using namespace bitcoin;
    Transaction transaction;
    TxIn input;
    input.prevout.index = 1;
    input.script_sig = bitcoin_script("'sig' 'key'");
    transaction.inputs.push_back(input);
    transaction.outputs.push_back(
        {5'000, bitcoin_script("DUP HASH160 0x01 0x07 EQUALVERIFY CHECKSIG")});
    transaction.outputs.push_back(
        {coin, bitcoin_script("0 0x14 0x0102030405060708090a0b0c0d0e0f1011121314")});
    seeds.add("bitcoin_transaction", serialize(transaction));
    transaction.inputs[0].witness = {Bytes{1, 2, 3}, {}};
    transaction.locktime = 500'000'001;
    seeds.add("bitcoin_transaction", serialize(transaction));
}

void add_rpc_call(Seeds& seeds, std::string_view method, const std::string& params) {
    seeds.text("bitcoin_rpc", R"({"jsonrpc":"1.0","id":1,"method":")" + std::string(method) +
                                  R"(","params":)" + params + "}");
}

void add_rpc(Seeds& seeds) {
    using namespace bitcoin;
    const BitcoinNode node;
    const auto quoted = [](const std::string& text) { return '"' + text + '"'; };
    const auto list = [](const std::string& items) { return "[" + items + "]"; };
    const std::string block = quoted(to_text(node.chain().at(1)->id));
    const std::string confirmed =
        quoted(to_text(txid_of(node.chain().at(1)->block.transactions[0])));
    const std::string waiting = quoted(to_text(txid_of(node.waiting()[1])));
    const std::string octets = quoted(to_hex(serialize(node.waiting()[1])));
    for (const std::string_view method :
         {"getblockcount", "getbestblockhash", "getblockchaininfo", "getnetworkinfo",
          "getmempoolinfo", "getrawmempool", "getchaintips", "uptime", "help"})
        add_rpc_call(seeds, method, "[]");
    add_rpc_call(seeds, "help", list(quoted("getblock")));
    add_rpc_call(seeds, "getblockhash", R"({"height":1})");
    add_rpc_call(seeds, "getblock", list(block + ",3"));
    add_rpc_call(seeds, "getblockheader", list(block + ",false"));
    add_rpc_call(seeds, "getrawmempool", "[true]");
    add_rpc_call(seeds, "getmempoolentry", list(waiting));
    add_rpc_call(seeds, "testmempoolaccept", list(list(octets) + ",0.1"));
    add_rpc_call(seeds, "getrawtransaction", list(confirmed + ",2," + block));
    add_rpc_call(seeds, "getrawtransaction", list(waiting + ",1"));
    add_rpc_call(seeds, "decoderawtransaction", list(octets));
    add_rpc_call(seeds, "gettxout", list(waiting + ",0"));
    add_rpc_call(seeds, "decodescript", R"(["5121026e6f6b657951ae"])");
    add_rpc_call(seeds, "validateaddress", R"(["bcrt1pfeesnyr2tx"])");
    add_rpc_call(seeds, "estimatesmartfee", R"([6,"economical"])");
    add_rpc_call(seeds, "gettxoutproof", list(list(confirmed)));
    const std::string proof = to_hex(serialize(node.chain().at(1)->block.header)) + "0100000001" +
                              to_hex(txid_of(node.chain().at(1)->block.transactions[0]).view()) +
                              "0101";
    add_rpc_call(seeds, "verifytxoutproof", list(quoted(proof)));
    add_rpc_call(
        seeds, "scantxoutset",
        R"json(["start",["raw(51)",{"desc":"sh(multi(1,02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5))"}]])json");
    seeds.text("bitcoin_rpc",
               R"([{"jsonrpc":"2.0","method":"uptime"},{"method":"getblockcount"}])");
}

}  // namespace

void add_bitcoin_seeds(Seeds& seeds) {
    using namespace bitcoin;
    add_rpc(seeds);
    add_scripts(seeds);
    add_transactions(seeds);
    seeds.add("bitcoin_block", serialize(regtest_genesis()));
    seeds.text("bitcoin_script_text", "0x02 0x0102 'text' -1 1000 OP_DUP HASH160 NOP2 CHECKSIG");
    for (const Network& network : networks) {
        for (const std::string_view text :
             {"DUP HASH160 0x14 0x0102030405060708090a0b0c0d0e0f1011121314 EQUALVERIFY CHECKSIG",
              "HASH160 0x14 0x0102030405060708090a0b0c0d0e0f1011121314 EQUAL",
              "0 0x14 0x0102030405060708090a0b0c0d0e0f1011121314", "16 0x02 0x0102"})
            seeds.text("bitcoin_address", *address_of_script(bitcoin_script(text), network));
        SecretText key;
        key.secret.fill(7);
        seeds.text("bitcoin_address", encode_secret(key, network));
        key.compressed = false;
        seeds.text("bitcoin_address", encode_secret(key, network));
    }
}

}  // namespace lockstep::fuzz
