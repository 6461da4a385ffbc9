// Blocks, transactions, scripts and addresses as JSON, against what Bitcoin Core shows for them.
#include "bitcoin/rpc/views_block.h"
#include "bitcoin/rpc/views_script.h"
#include "bitcoin/rpc/views_transaction.h"
#include "bitcoin/rpc/work.h"
#include "tests/unit/bitcoin_rpc_world.h"
#include "tests/unit/bitcoin_texts.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using test::hex;

namespace {

const Network& network_of(std::string_view name) {
    const Network* const network = network_named(name);
    REQUIRE(network != nullptr);
    return *network;
}

const std::string genesis_key =
    "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51e"
    "c112de5c384df7ba0b8d578a4c702b6bf11d5f";

// The first payment on the main network, in block 170.
constexpr std::string_view first_payment =
    "0100000001c997a5e56e104102fa209c6a852dd90660a20b2d9c352423edce25857fcd3704000000004847304402"
    "204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4"
    "acdd12909d831cc56cbbac4622082221a8768d1d0901ffffffff0200ca9a3b00000000434104ae1a62fe09c5f51b"
    "13905f07f06b99a2f7159b2225f374cd378d71302fa28414e7aab37397f554a7df5f142c21c1b7303b8a0626f1ba"
    "ded5c72a704f7e6cd84cac00286bee0000000043410411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482e"
    "cad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3ac00000000";

}  // namespace

TEST_CASE("octets that are no transaction with witnesses may be one without inputs") {
    const test::RpcWorld world;
    const char* const bare = "02000000000100000000000000000000000000";
    for (const Json& params : {Json::array().push(bare), Json::array().push(bare).push(false)}) {
        const Json shown = world.call("decoderawtransaction", params);
        CHECK(shown["version"] == Json(2));
        CHECK(shown["vin"].size() == 0);
        CHECK(shown["vout"].size() == 1);
    }
    // One with a witness is not read without.
    Transaction from;
    from.outputs.resize(1);
    Transaction whole = test::RpcWorld::spend_of(from, 0);
    whole.inputs[0].witness = {Bytes(1, 1)};
    const std::string text = to_hex(serialize(whole));
    CHECK(world.call("decoderawtransaction", Json::array().push(text))["vin"].size() == 1);
    CHECK(world.call("decoderawtransaction", Json::array().push(text).push(false))["code"] ==
          Json(-22));
}

TEST_CASE("the first block of regtest") {
    const test::RpcWorld world;
    const std::string id = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";
    CHECK(
        write_json(world.call("getblockheader", Json::array().push(id))) ==
        R"({"hash":")" + id +
            R"(","confirmations":1,"height":0,"version":1,"versionHex":"00000001","merkleroot":"4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b","time":1296688602,"mediantime":1296688602,"nonce":2,"bits":"207fffff","target":"7fffff0000000000000000000000000000000000000000000000000000000000","difficulty":4.656542373906925e-10,"chainwork":"0000000000000000000000000000000000000000000000000000000000000002","nTx":1})");
    const std::string header =
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27a"
        "c72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000";
    CHECK(world.call("getblockheader", Json::array().push(id).push(false)) == Json(header));
    const Json block = world.call("getblock", Json::array().push(id));
    CHECK(block["strippedsize"] == Json(285));
    CHECK(block["size"] == Json(285));
    CHECK(block["weight"] == Json(1140));
    CHECK(write_json(block["tx"]) ==
          R"(["4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"])");
    const std::string octets = world.call("getblock", Json::array().push(id).push(0)).text_or("");
    CHECK(octets.starts_with(header + "01"));
    CHECK(octets.size() == 570);
    const Json full = world.call("getblock", Json::array().push(id).push(2));
    CHECK(
        write_json(full["tx"][0]) ==
        R"({"txid":"4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b","hash":"4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b","version":1,"size":204,"vsize":204,"weight":816,"locktime":0,"vin":[{"coinbase":"04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73","sequence":4294967295}],"vout":[{"value":50.00000000,"n":0,"scriptPubKey":{"asm":")" +
            genesis_key + R"( OP_CHECKSIG","desc":"pk()" + genesis_key +
            R"()#vlz6ztea","hex":"41)" + genesis_key + R"(ac","type":"pubkey"}}],"hex":")" +
            octets.substr(162) + R"("})");
    CHECK(world.call("getblock", Json::array().push(id).push(true)) == block);
    CHECK(world.call("getblock", Json::array().push(id).push(3)) == full);
}

TEST_CASE("work and difficulty follow from the target") {
    CHECK(difficulty_of(0x1d00ffff) == 1);
    CHECK(difficulty_of(0x1b0404cb) == doctest::Approx(16307.420938523983));
    const auto short_work = [](std::uint32_t bits, std::uint64_t blocks) {
        const std::string text = work_text(bits, blocks);
        const std::size_t from = text.find_first_not_of('0');
        return text.size() != 64 ? "?" : from == std::string::npos ? "0" : text.substr(from);
    };
    CHECK(short_work(0x207fffff, 1) == "2");
    CHECK(short_work(0x207fffff, 201) == "192");
    CHECK(short_work(0x1d00ffff, 1) == "100010001");
    CHECK(short_work(0x03000001, 1) ==
          "8000000000000000000000000000000000000000000000000000000000000000");
    CHECK(short_work(0, 1) == "0");
    CHECK(target_text(0x1d00ffff) ==
          "00000000ffff0000000000000000000000000000000000000000000000000000");
}

TEST_CASE("a transaction of the main network") {
    const auto transaction = parse_transaction(hex(first_payment));
    REQUIRE(transaction);
    const Json json = transaction_json(*transaction, network_of("main"));
    CHECK(json["txid"] == Json("f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"));
    CHECK(json["hash"] == json["txid"]);
    CHECK(json["size"] == Json(275));
    CHECK(json["hex"] == Json(first_payment));
    CHECK(
        write_json(json["vin"]) ==
        R"([{"txid":"0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9","vout":0,"scriptSig":{"asm":"304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d09[ALL]","hex":"47304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d0901"},"sequence":4294967295}])");
    CHECK(write_json(json["vout"][0]["value"]) == "10.00000000");
    CHECK(write_json(json["vout"][1]["value"]) == "40.00000000");
    CHECK(json["vout"][1]["scriptPubKey"]["type"] == Json("pubkey"));
    CHECK(json["vout"][1]["scriptPubKey"].find("address") == nullptr);
    CHECK(json.find("fee") == nullptr);
}

TEST_CASE("signatures are shown as such in what spends, and nowhere else") {
    const Bytes script = hex(
        "47304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8e"
        "ca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d0983"
        "5102e80300");
    const std::string text = input_script_text(script);
    CHECK(text.ends_with("1d09[SINGLE|ANYONECANPAY] 1 1000 0"));
    CHECK(write_json(script_json(script, network_of("main"))["asm"]).find("1d0983 1 1000 0") !=
          std::string::npos);
    CHECK(input_script_text(hex("05")) == "[error]");
    CHECK(input_script_text(hex("5105")) == "1 [error]");
    CHECK(input_script_text({}).empty());
}

TEST_CASE("what pays to a script's hash") {
    const Network& regtest = network_of("regtest");
    const std::string key = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";
    struct Row {
        std::string script;
        const char* type;
        const char* wrapped;  // which of p2sh and segwit are there, and the latter's type
    };
    const Row rows[] = {
        {"21" + key + "ac", "pubkey", "p2sh witness_v0_keyhash"},
        {"41" + genesis_key + "ac", "pubkey", "p2sh"},
        {"5121" + key + "51ae", "multisig", "p2sh witness_v0_scripthash"},
        {"5141" + genesis_key + "51ae", "multisig", "p2sh"},
        {"76a914751e76e8199196d454941c45d1b3a323f1433bd688ac", "pubkeyhash",
         "p2sh witness_v0_keyhash"},
        {"a914751e76e8199196d454941c45d1b3a323f1433bd687", "scripthash", ""},
        {"0014751e76e8199196d454941c45d1b3a323f1433bd6", "witness_v0_keyhash", "p2sh"},
        {"5120" + key.substr(2), "witness_v1_taproot", ""},
        {"51024e73", "anchor", ""},
        {"6a0101", "nulldata", ""},
        {"51", "nonstandard", "p2sh witness_v0_scripthash"},
        {"", "nonstandard", "p2sh witness_v0_scripthash"},
        {"50", "nonstandard", ""},
        {"ba", "nonstandard", ""},
        {"05", "nonstandard", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.script);
        const Json json = decoded_script_json(hex(row.script), regtest);
        CHECK(json["type"] == Json(row.type));
        CHECK(json.find("hex") == nullptr);
        std::string wrapped = json.find("p2sh") != nullptr ? "p2sh" : "";
        if (const Json* const segwit = json.find("segwit")) {
            wrapped += " " + (*segwit)["type"].text_or("?");
            CHECK((*segwit)["p2sh-segwit"].text_or("").starts_with("2"));
        }
        CHECK(wrapped == row.wrapped);
    }
    const Json multi = decoded_script_json(hex("5121" + key + "51ae"), regtest);
    CHECK(multi["segwit"]["desc"].text_or("").starts_with("wsh(multi(1," + key + "))#"));
}

TEST_CASE("addresses") {
    struct Row {
        const char* network;
        const char* text;
        const char* json;
    };
    const Row rows[] = {
        // BIP 173
        {"test", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
         R"({"isvalid":true,"address":"tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx","scriptPubKey":"0014751e76e8199196d454941c45d1b3a323f1433bd6","isscript":false,"iswitness":true,"witness_version":0,"witness_program":"751e76e8199196d454941c45d1b3a323f1433bd6"})"},
        {"main", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
         R"({"isvalid":true,"address":"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4","scriptPubKey":"0014751e76e8199196d454941c45d1b3a323f1433bd6","isscript":false,"iswitness":true,"witness_version":0,"witness_program":"751e76e8199196d454941c45d1b3a323f1433bd6"})"},
        // The one that the first block pays to.
        {"main", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
         R"({"isvalid":true,"address":"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa","scriptPubKey":"76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac","isscript":false,"iswitness":false})"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(write_json(address_json(row.text, network_of(row.network))) == row.json);
    }
    const Json anchor = address_json("bcrt1pfeesnyr2tx", network_of("regtest"));
    CHECK(anchor["scriptPubKey"] == Json("51024e73"));
    CHECK(anchor["isscript"] == Json(true));
    CHECK(anchor.find("witness_version") == nullptr);
}

TEST_CASE("what is wrong with an address") {
    struct Row {
        const char* network;
        const char* text;
        const char* error;
        const char* places = "[]";
    };
    const char* const checksum = "Invalid checksum or length of Base58 address (P2PKH or P2SH)";
    const char* const encoding = "Invalid or unsupported Segwit (Bech32) or Base58 encoding.";
    const Row rows[] = {
        {"regtest", "bcrt1pfees9rnn5jz", "Invalid Bech32 checksum"},
        {"main", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "Invalid Bech32 checksum"},
        {"regtest", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", encoding},
        {"main", "bc1QW508d", "Invalid character or mixed case"},
        {"main", "bcqw508d", "Missing separator"},
        {"main", "bc1qw", "Invalid separator position", "[2]"},
        {"main", "bc1qb508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "Invalid Base 32 character", "[4]"},
        {"regtest", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
         "Invalid or unsupported Base58-encoded address."},
        {"main", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", checksum},
        {"main", "", checksum},
        {"main", "0OIl", encoding},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Json json = address_json(row.text, network_of(row.network));
        CHECK(json["isvalid"] == Json(false));
        CHECK(json["error"] == Json(row.error));
        CHECK(write_json(json["error_locations"]) == row.places);
    }
}
