// The methods on a chain that grows and branches.
#include "tests/unit/bitcoin_rpc_world.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using test::mistake;

namespace {

Json list(Json first) {
    return Json::array().push(std::move(first));
}

}  // namespace

TEST_CASE("a method that only the caller knows is left to him") {
    const test::RpcWorld world;
    RpcRequest request;
    request.method = "sendrawtransaction";
    CHECK_FALSE(call_read(world.view(), request));
}

TEST_CASE("help lists what there is by category, also what the caller has") {
    const test::RpcWorld world;
    constexpr MethodSpec mine{"mining", "generateblock", {}, "Mines."};
    const MethodSpec* const others[]{&mine};
    NodeView node = world.view();
    node.others = others;
    RpcRequest request;
    request.method = "help";
    const auto answer = call_read(node, request);
    REQUIRE((answer && *answer));
    const std::string text = (*answer)->text_or("");
    CHECK(text.starts_with("== Blockchain ==\ngetbestblockhash\ngetblock \"blockhash\""));
    CHECK(text.find("\n\n== Control ==\nhelp ( \"command\" )\nuptime\n\n== Mining ==\n"
                    "generateblock\n") != std::string::npos);
    request.params = list("generateblock");
    CHECK((*call_read(node, request))->text_or("") == "generateblock\n\nMines.\n");
    CHECK(world.call("help", list("nothing")) == Json("help: unknown command: nothing"));
}

TEST_CASE("blocks show where they stand") {
    test::RpcWorld world;
    world.grow(3);
    const std::string first = to_text(world.chain.at(1)->id);
    const std::string second = to_text(world.chain.at(2)->id);
    CHECK(world.call("getblockcount") == Json(3));
    CHECK(world.call("getbestblockhash") == Json(to_text(world.chain.tip().id)));
    CHECK(world.call("getblockhash", list(2)) == Json(second));
    const Json header = world.call("getblockheader", list(first));
    CHECK(header["confirmations"] == Json(3));
    CHECK(header["previousblockhash"] == Json(to_text(world.chain.at(0)->id)));
    CHECK(header["nextblockhash"] == Json(second));
    CHECK(header["mediantime"] == Json(world.start_s + 60));
    CHECK(header["versionHex"] == Json("20000000"));
    CHECK(header["chainwork"].text_or("").ends_with("004"));
    // Another branch takes the place of blocks 2 and 3.
    Block side = world.next(world.chain.at(1)->id);
    world.give(side);
    CHECK(write_json(world.call("getchaintips")) ==
          R"([{"height":3,"hash":")" + to_text(world.chain.tip().id) +
              R"(","branchlen":0,"status":"active"},{"height":2,"hash":")" +
              to_text(id_of(side.header)) + R"(","branchlen":1,"status":"valid-fork"}])");
    for (int i = 0; i < 2; ++i) {
        side = world.next(id_of(side.header));
        world.give(side);
    }
    const Json old = world.call("getblockheader", list(second));
    CHECK(old["confirmations"] == Json(-1));
    CHECK(old.find("nextblockhash") == nullptr);
    ChainChange change;
    REQUIRE(world.chain.invalidate(id_of(side.header), change));
    CHECK(world.call("getchaintips")[0]["status"] == Json("invalid"));
}

TEST_CASE("the chain as a whole") {
    test::RpcWorld world;
    CHECK(world.call("getblockchaininfo")["initialblockdownload"] == Json(true));
    world.grow(2);
    const Json info = world.call("getblockchaininfo");
    CHECK(info["chain"] == Json("regtest"));
    CHECK(info["blocks"] == Json(2));
    CHECK(info["headers"] == Json(2));
    CHECK(info["initialblockdownload"] == Json(false));
    CHECK(info["chainwork"].text_or("").ends_with("006"));
    CHECK(info["mediantime"] == Json(world.start_s + 60));
    CHECK(world.call("uptime") == Json(120));
    CHECK(world.call("getnetworkinfo")["version"] == Json(290'000));
    CHECK(write_json(world.call("getnetworkinfo")["relayfee"]) == "0.00001000");
}

TEST_CASE("a confirmed transaction is found, by its block too, with what it spent") {
    test::RpcWorld world;
    world.grow(101);
    const Transaction spend = world.spend(1, 1'000);
    const std::string txid = to_text(txid_of(spend));
    const Block block = world.next(world.chain.tip().id, {spend});
    world.give(block);
    world.grow(1);
    const std::string id = to_text(id_of(block.header));
    CHECK(world.call("getrawtransaction", list(txid)) == Json(to_hex(serialize(spend))));
    const Json plain = world.call("getrawtransaction", list(txid).push(1));
    CHECK(plain["blockhash"] == Json(id));
    CHECK(plain["confirmations"] == Json(2));
    CHECK(plain["blocktime"] == Json(block.header.time));
    CHECK(plain["time"] == Json(block.header.time));
    CHECK(plain.find("in_active_chain") == nullptr);
    CHECK(plain.find("fee") == nullptr);
    CHECK(plain["vin"][0]["scriptSig"]["asm"] == Json("81"));
    CHECK(plain["vout"][0]["scriptPubKey"]["type"] == Json("scripthash"));
    const Json full = world.call("getrawtransaction", list(txid).push(2).push(id));
    CHECK(full["in_active_chain"] == Json(true));
    CHECK(write_json(full["fee"]) == "0.00001000");
    const Json& prevout = full["vin"][0]["prevout"];
    CHECK(prevout["generated"] == Json(true));
    CHECK(prevout["height"] == Json(1));
    CHECK(write_json(prevout["value"]) == "50.00000000");
    CHECK(mistake(world.call("getrawtransaction",
                             list(txid).push(1).push(to_text(world.chain.at(1)->id)))) ==
          "-5 No such transaction found in the provided block. Use gettransaction for wallet "
          "transactions.");
    const Json fees = world.call("getblock", list(id).push(2));
    CHECK(write_json(fees["tx"][1]["fee"]) == "0.00001000");
    CHECK(fees["tx"][1]["vin"][0].find("prevout") == nullptr);
    CHECK(world.call("getblock", list(id).push(3))["tx"][1]["vin"][0]["prevout"] == prevout);
    // Somebody else knows where it is, or that it is nowhere.
    NodeView node = world.view();
    RpcRequest request;
    request.method = "getrawtransaction";
    request.params = list(txid).push(1);
    node.block_of = [&](const Txid&) { return id_of(block.header); };
    CHECK(**call_read(node, request) == plain);
    node.block_of = [&](const Txid&) { return std::nullopt; };
    CHECK_FALSE(*call_read(node, request));
}

TEST_CASE("coins, one by one and by descriptor") {
    test::RpcWorld world;
    world.grow(3);
    const std::string txid = to_text(txid_of(world.chain.at(2)->block.transactions[0]));
    const Json shown = world.call("gettxout", list(txid).push(0));
    CHECK(shown["bestblock"] == Json(to_text(world.chain.tip().id)));
    CHECK(shown["confirmations"] == Json(2));
    CHECK(shown["coinbase"] == Json(true));
    CHECK(write_json(shown["value"]) == "50.00000000");
    const std::string desc = shown["scriptPubKey"]["desc"].text_or("");
    CHECK(world.call("gettxout", list(txid).push(1)).is_null());
    const Json found = world.call("scantxoutset", list("start").push(list(desc).push("raw(51)")));
    CHECK(found["success"] == Json(true));
    CHECK(found["txouts"] == Json(3));
    CHECK(found["unspents"].size() == 3);
    CHECK(found["unspents"][0]["desc"] == Json(desc));
    CHECK(write_json(found["total_amount"]) == "150.00000000");
    const Json none =
        world.call("scantxoutset", list("start").push(list(Json::object({{"desc", "raw(00)"}}))));
    CHECK(none["unspents"].size() == 0);
    CHECK(
        mistake(world.call("scantxoutset", list("start").push(list("tr(00)")))).starts_with("-5 "));
}
