// The mempool as JSON.
#include "tests/unit/bitcoin_rpc_world.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using test::mistake;

namespace {

Json one(Json item) {
    return Json::array().push(std::move(item));
}

}  // namespace

TEST_CASE("an empty pool") {
    const test::RpcWorld world;
    CHECK(write_json(world.call("getrawmempool")) == "[]");
    CHECK(write_json(world.call("getrawmempool", one(true))) == "{}");
    CHECK(write_json(world.call("getrawmempool", one(false).push(true))) ==
          R"({"txids":[],"mempool_sequence":1})");
    const Json info = world.call("getmempoolinfo");
    CHECK(info["loaded"] == Json(true));
    CHECK(info["size"] == Json(0));
    CHECK(write_json(info["mempoolminfee"]) == "0.00001000");
    CHECK(write_json(info["total_fee"]) == "0.00000000");
}

TEST_CASE("a transaction and its child wait") {
    test::RpcWorld world;
    world.grow(101);
    const Transaction parent = world.spend(1, 1'000);
    const Transaction child = test::RpcWorld::spend_of(parent, 2'000);
    const std::string parent_id = to_text(txid_of(parent));
    const std::string child_id = to_text(txid_of(child));
    const Json tested = world.call("testmempoolaccept", one(one(to_hex(serialize(parent)))));
    const Json& row = tested[0];
    CHECK(row["txid"] == Json(parent_id));
    CHECK(row["allowed"] == Json(true));
    CHECK(row["vsize"] == Json(85));
    CHECK(write_json(row["fees"]) ==
          R"({"base":0.00001000,"effective-feerate":0.00011764,"effective-includes":[")" +
              row["wtxid"].text_or("") + R"("]})");
    const Json dear =
        world.call("testmempoolaccept", one(one(to_hex(serialize(parent)))).push(0.0001));
    CHECK(dear[0]["reject-reason"] == Json("max-fee-exceeded"));
    const Json orphan = world.call("testmempoolaccept", one(one(to_hex(serialize(child)))));
    CHECK(orphan[0]["allowed"] == Json(false));
    CHECK(orphan[0]["reject-reason"] == Json("missing-inputs"));
    CHECK(orphan[0].find("reject-details") == nullptr);

    REQUIRE_FALSE(world.pool.accept(parent, world.now_s).fault);
    REQUIRE_FALSE(world.pool.accept(child, world.now_s).fault);
    const Json again = world.call("testmempoolaccept", one(one(to_hex(serialize(parent)))));
    CHECK(again[0]["reject-reason"] == Json("txn-already-in-mempool"));
    CHECK(again[0]["reject-details"] == Json("txn-already-in-mempool"));
    CHECK(write_json(world.call("getrawmempool")) ==
          R"([")" + parent_id + R"(",")" + child_id + R"("])");
    CHECK(world.call("getrawmempool", one(true))[parent_id] ==
          world.call("getmempoolentry", one(parent_id)));
    const Json entry = world.call("getmempoolentry", one(child_id));
    CHECK(entry["vsize"] == Json(85));
    CHECK(entry["weight"] == Json(340));
    CHECK(entry["time"] == Json(world.now_s));
    CHECK(entry["height"] == Json(101));
    CHECK(entry["ancestorcount"] == Json(2));
    CHECK(entry["ancestorsize"] == Json(170));
    CHECK(entry["descendantcount"] == Json(1));
    CHECK(
        write_json(entry["fees"]) ==
        R"({"base":0.00002000,"modified":0.00002000,"ancestor":0.00003000,"descendant":0.00002000})");
    CHECK(write_json(entry["depends"]) == R"([")" + parent_id + R"("])");
    CHECK(write_json(entry["spentby"]) == "[]");
    CHECK(entry["unbroadcast"] == Json(false));
    const Json info = world.call("getmempoolinfo");
    CHECK(info["size"] == Json(2));
    CHECK(info["bytes"] == Json(170));
    CHECK(write_json(info["total_fee"]) == "0.00003000");
    // What the pool spends is no coin any more, what it makes is one.
    const std::string spent = to_text(parent.inputs[0].prevout.txid);
    CHECK(world.call("gettxout", one(spent).push(0)).is_null());
    CHECK(world.call("gettxout", one(spent).push(0).push(false))["confirmations"] == Json(101));
    CHECK(world.call("gettxout", one(parent_id).push(0)).is_null());
    CHECK(world.call("gettxout", one(child_id).push(0))["confirmations"] == Json(0));
    const Json raw = world.call("getrawtransaction", one(child_id).push(2));
    CHECK(raw["txid"] == Json(child_id));
    CHECK(raw.find("blockhash") == nullptr);
    CHECK(raw.find("confirmations") == nullptr);
}

TEST_CASE("fees are estimated by who knows, and never below what the pool takes") {
    test::RpcWorld world;
    CHECK(write_json(world.call("estimatesmartfee", one(6))) ==
          R"({"errors":["Insufficient data or no feerate found"],"blocks":0})");
    world.fee_rate = [](int blocks) { return std::optional<FeeRate>(20'000 / blocks); };
    CHECK(write_json(world.call("estimatesmartfee", one(2).push("ECONOMICAL"))) ==
          R"({"feerate":0.00010000,"blocks":2})");
    CHECK(write_json(world.call("estimatesmartfee", one(1))) ==
          R"({"feerate":0.00010000,"blocks":2})");
    CHECK(write_json(world.call("estimatesmartfee", one(1000))) ==
          R"({"feerate":0.00001000,"blocks":1000})");
}
