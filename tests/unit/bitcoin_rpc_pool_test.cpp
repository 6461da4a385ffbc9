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

TEST_CASE("several transactions are judged as a package") {
    test::RpcWorld world;
    world.grow(102);
    const Transaction parent = world.spend(1, 1'000);
    const Transaction child = test::RpcWorld::spend_of(parent, 2'000);
    const Transaction other = world.spend(2, 1'000);
    const auto judge = [&](const std::vector<Transaction>& package, Json rate = Json()) {
        Json list = Json::array();
        for (const Transaction& each : package)
            list.push(to_hex(serialize(each)));
        Json params = one(std::move(list));
        if (!rate.is_null()) params.push(std::move(rate));
        return world.call("testmempoolaccept", std::move(params));
    };
    const auto all_say = [&](const Json& rows, std::string_view what) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            CHECK(rows[i]["package-error"] == Json(std::string(what)));
            CHECK(rows[i].find("allowed") == nullptr);
        }
    };

    const Json good = judge({parent, child, other});
    REQUIRE(good.size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(good[i]["allowed"] == Json(true));
    CHECK(write_json(good[1]["fees"]["base"]) == "0.00002000");
    CHECK(world.pool.all().empty());

    all_say(judge({child, parent}), "package-not-sorted");
    all_say(judge({parent, parent}), "package-contains-duplicates");
    all_say(judge({world.spend(1, 1'000), world.spend(1, 2'000)}), "conflict-in-package");

    // One that fails before the scripts: nobody else is judged to the end.
    Transaction poor = other;
    poor.outputs[0].value += 1'000;
    const Json failed = judge({parent, poor, child});
    CHECK(failed[0].find("allowed") == nullptr);
    CHECK(failed[1]["allowed"] == Json(false));
    CHECK(failed[1]["reject-reason"] == Json("min relay fee not met"));
    CHECK(failed[2].find("allowed") == nullptr);
    CHECK(failed[2].find("package-error") == nullptr);
    const Json orphan = judge({child, other});
    CHECK(orphan[0]["reject-reason"] == Json("missing-inputs"));
    CHECK(orphan[1].find("allowed") == nullptr);

    // What the caller finds too dear ends it.
    const Json dear = judge({parent, child, other}, Json(0.0002));
    CHECK(dear[0]["allowed"] == Json(true));
    CHECK(dear[1]["reject-reason"] == Json("max-fee-exceeded"));
    CHECK(dear[2].find("allowed") == nullptr);

    // Nothing is replaced.
    Transaction first = parent;
    for (TxIn& input : first.inputs)
        input.sequence = 0;
    REQUIRE_FALSE(world.pool.accept(first, world.now_s).fault);
    const Json replacing = judge({world.spend(1, 50'000), other});
    CHECK(replacing[0]["reject-reason"] == Json("bip125-replacement-disallowed"));

    // Twenty-five in a row are as many as there may be, in the pool and in the package together.
    const Transaction second = test::RpcWorld::spend_of(first, 1'000);
    REQUIRE_FALSE(world.pool.accept(second, world.now_s).fault);
    std::vector<Transaction> chain{test::RpcWorld::spend_of(second, 1'000)};
    while (chain.size() < 24)
        chain.push_back(test::RpcWorld::spend_of(chain.back(), 1'000));
    all_say(judge(chain), "package-mempool-limits");
    chain.pop_back();
    const Json whole = judge(chain);
    for (std::size_t i = 0; i < whole.size(); ++i)
        CHECK(whole[i]["allowed"] == Json(true));
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
