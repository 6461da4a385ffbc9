// Parameters: their places, names and types, and what is said when they are wrong.
#include "tests/unit/bitcoin_rpc_world.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using test::mistake;

namespace {

std::string wrong(const char* place, const char* what) {
    return std::string("-3 Wrong type passed:\n{\n    \"") + place + "\": \"" + what + "\"\n}";
}

std::string amount_in(std::string_view text) {
    const auto json = parse_json(text);
    REQUIRE(json);
    const auto amount = read_amount(*json);
    return amount ? std::to_string(*amount) : amount.error().message;
}

}  // namespace

TEST_CASE("what is wrong with parameters is said as Bitcoin Core says it") {
    const test::RpcWorld world;
    const std::string zeros(64, '0');
    const std::string no_hex = std::string(63, '0') + "g";
    struct Row {
        const char* method;
        std::string params;
        std::string said;
    };
    const Row rows[] = {
        {"getblockhash", "[0]",
         "\"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206\""},
        {"getblockhash", R"({"height":0})",
         "\"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206\""},
        {"getblockhash", R"({"args":[0]})",
         "\"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206\""},
        {"getblockhash", "[1]", "-8 Block height out of range"},
        {"getblockhash", "[-1]", "-8 Block height out of range"},
        {"getblockhash", "[1.5]", "-1 JSON integer out of range"},
        {"getblockhash", "[99999999999]", "-1 JSON integer out of range"},
        {"getblockhash", R"(["0"])",
         wrong("Position 1 (height)", "JSON value of type string is not of expected type number")},
        {"getblockhash", "[null]",
         wrong("Position 1 (height)", "JSON value of type null is not of expected type number")},
        {"getblockhash", R"({"heigt":0})", "-8 Unknown named parameter heigt"},
        {"getblockhash", R"({"args":[0],"height":0})",
         "-8 Parameter height specified twice both as positional and named argument"},
        {"getblock", R"({"blockhash":")" + zeros + R"(","verbose":1,"verbosity":1})",
         "-8 Parameter verbosity specified multiple times"},
        {"getblock", R"(["abc"])", "-8 blockhash must be of length 64 (not 3, for 'abc')"},
        {"getblock", R"([")" + no_hex + R"("])",
         "-8 blockhash must be hexadecimal string (not '" + no_hex + "')"},
        {"getblock", R"([")" + zeros + R"("])", "-5 Block not found"},
        {"getblock", R"([")" + zeros + R"(","1"])",
         "-3 JSON value of type string is not of expected type number"},
        {"getblockheader", R"(["abc"])", "-8 hash must be of length 64 (not 3, for 'abc')"},
        {"getblockheader", R"([")" + zeros + R"(",1])",
         wrong("Position 2 (verbose)", "JSON value of type number is not of expected type bool")},
        {"getrawtransaction", R"(["abc"])",
         "-8 parameter 1 must be of length 64 (not 3, for 'abc')"},
        {"getrawtransaction", R"([")" + zeros + R"("])",
         "-5 No such mempool or blockchain transaction. Use gettransaction for wallet "
         "transactions."},
        {"getrawtransaction", R"([")" + zeros + R"(",1,")" + zeros + R"("])",
         "-5 Block hash not found"},
        {"getrawtransaction",
         R"(["4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"])",
         "-5 The genesis block coinbase is not considered an ordinary transaction and cannot be "
         "retrieved"},
        {"decoderawtransaction", R"(["00"])", "-22 TX decode failed"},
        {"decoderawtransaction", R"(["zz"])", "-22 TX decode failed"},
        // no inputs, one output: only without witnesses
        {"decoderawtransaction", R"(["02000000000100000000000000000000000000",true])",
         "-22 TX decode failed"},
        {"decodescript", R"(["zz"])", "-8 argument must be hexadecimal string (not 'zz')"},
        {"gettxout", R"([")" + zeros + R"(",-1])", "-1 JSON integer out of range"},
        {"gettxout", R"([")" + zeros + R"(",0])", "null"},
        {"getmempoolentry", R"([")" + zeros + R"("])", "-5 Transaction not in mempool"},
        {"getrawmempool", "[true,true]",
         "-8 Verbose results cannot contain mempool sequence values."},
        {"testmempoolaccept", "[[]]", "-8 Array must contain between 1 and 25 transactions."},
        {"testmempoolaccept", R"([["00"]])",
         "-22 TX decode failed: 00 Make sure the tx has at least one input."},
        {"testmempoolaccept", R"([["00"],1])",
         "-8 Fee rates larger than or equal to 1BTC/kvB are not accepted"},
        {"testmempoolaccept", R"([["00"],"x"])", "-3 Invalid amount"},
        {"testmempoolaccept", R"([["00"],-1])", "-3 Amount out of range"},
        {"testmempoolaccept", R"([["00"],true])", "-3 Amount is not a number or string"},
        {"testmempoolaccept", "[[7]]",
         "-3 JSON value of type number is not of expected type string"},
        {"estimatesmartfee", "[0]", "-8 Invalid conf_target, must be between 1 and 1008"},
        {"estimatesmartfee", R"([1,"x"])",
         "-8 Invalid estimate_mode parameter, must be one of: \"unset\", \"economical\", "
         "\"conservative\""},
        {"gettxoutproof", "[[]]", "-8 Parameter 'txids' cannot be empty"},
        {"gettxoutproof", R"([["1"]])", "-8 txid must be of length 64 (not 1, for '1')"},
        {"gettxoutproof", R"([[")" + zeros + R"(",")" + zeros + R"("]])",
         "-8 Invalid parameter, duplicated txid: " + zeros},
        {"gettxoutproof", R"([[")" + zeros + R"("]])", "-5 Transaction not yet in block"},
        {"gettxoutproof", R"([[")" + zeros + R"("],")" + zeros + R"("])", "-5 Block not found"},
        {"verifytxoutproof", R"(["0"])", "-8 proof must be hexadecimal string (not '0')"},
        {"scantxoutset", R"(["stop"])", "-8 Invalid action 'stop'"},
        {"scantxoutset", R"(["status"])", "null"},
        {"scantxoutset", R"(["abort"])", "false"},
        {"scantxoutset", R"(["start"])",
         "-1 scanobjects argument is required for the start action"},
        {"scantxoutset", R"(["start",[1]])",
         "-8 Scan object needs to be either a string or an object"},
        {"scantxoutset", R"(["start",[{}]])", "-8 Descriptor needs to be provided in scan object"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.method);
        CAPTURE(row.params);
        CHECK(mistake(world.ask(row.method, row.params)) == row.said);
    }
}

TEST_CASE("too few and too many parameters are answered with the method's help") {
    const test::RpcWorld world;
    const std::string help = world.ask("help", R"(["getblock"])").text_or("");
    CHECK(help.starts_with("getblock \"blockhash\" ( verbosity )\n\n"));
    CHECK(help.find("1. blockhash    (string, required)\n") != std::string::npos);
    CHECK(mistake(world.ask("getblock", "[]")) == "-1 " + help);
    CHECK(mistake(world.ask("getblock", "[1,2,3]")) == "-1 " + help);
    CHECK(
        mistake(world.ask("getblock", R"({"verbosity":1})")) ==
        wrong("Position 1 (blockhash)", "JSON value of type null is not of expected type string"));
    CHECK(mistake(world.ask("getblockcount", "[1]")).starts_with("-1 getblockcount\n\n"));
}

TEST_CASE("amounts are read exactly") {
    struct Row {
        const char* text;
        const char* read;
    };
    const Row rows[] = {
        {"0", "0"},
        {"1", "100000000"},
        {"0.00000001", "1"},
        {"1e-8", "1"},
        {"0.1", "10000000"},
        {"0.28", "28000000"},
        {"\"0.28\"", "28000000"},
        {"\"1.000000000\"", "100000000"},
        {"20999999.99999999", "2099999999999999"},
        {"21000000", "2100000000000000"},
        {"21000000.00000001", "Amount out of range"},
        {"-0.1", "Amount out of range"},
        {"1e30", "Invalid amount"},
        {"0.000000001", "Invalid amount"},
        {"\"\"", "Invalid amount"},
        {"\"01\"", "Invalid amount"},
        {"\"1.\"", "Invalid amount"},
        {"\".5\"", "Invalid amount"},
        {"\"+1\"", "Invalid amount"},
        {"\" 1\"", "Invalid amount"},
        {"\"1e99999999999\"", "Invalid amount"},
        {"[]", "Amount is not a number or string"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(amount_in(row.text) == row.read);
    }
    CHECK(write_json(amount_json(2'099'999'999'999'999)) == "20999999.99999999");
    CHECK(write_json(amount_json(0)) == "0.00000000");
}

TEST_CASE("blocks and transactions as parameters") {
    constexpr ParamSpec one[]{{"hexdata", ParamType::hex, true}};
    const MethodSpec spec{"mining", "submitblock", one, "Takes a block."};
    const auto read = [&](const std::string& text) {
        return Params(spec, Json::array().push(text));
    };
    Params good = read(to_hex(serialize(regtest_genesis())));
    CHECK(good.block(0) == regtest_genesis());
    CHECK_FALSE(good.failed());
    Params bad = read("00");
    (void)bad.block(0);
    CHECK(bad.failure().value() == RpcError{RpcCode::deserialization_error, "Block decode failed"});
}
