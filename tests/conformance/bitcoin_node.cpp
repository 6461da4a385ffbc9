#include "tests/conformance/bitcoin_node.h"

#include <cmath>

#include "bitcoin/keys/address.h"
#include "sdk/base/assert.h"
#include "sdk/machine/fatal.h"

namespace lockstep::conformance {
namespace {

constexpr JsonLimits answer_limits{.max_size = 64'000'000, .max_depth = 32};

Json params_of(std::initializer_list<Json> items) {
    return Json(Json::Array(items));
}

// Amounts are decimals of coins with eight places; doubles hold them exactly enough to round.
bitcoin::Satoshi satoshi_of(const Json& amount) {
    return std::llround(amount.as_double().value_or(0) * 1e8);
}

}  // namespace

Result<Json, Failure> BitcoinNode::call(const std::string& method, Json params) {
    const Json request = Json::object({{"jsonrpc", "1.0"},
                                       {"id", "lockstep-conformance"},
                                       {"method", method},
                                       {"params", std::move(params)}});
    const auto body = port_->post(write_json(request));
    if (!body) return fail(std::string(to_string(body.error())), method + " had no answer");
    const auto answer = parse_json(*body, answer_limits);
    if (!answer) return fail("malformed", method + " was answered with no JSON");
    const Json& error = (*answer)["error"];
    if (error.is_null()) return (*answer)["result"];
    return fail(std::to_string(error["code"].as_int64().value_or(0)),
                method + ": " + error["message"].text_or("?"));
}

Json BitcoinNode::must(const std::string& method, Json params) {
    auto result = call(method, std::move(params));
    if (!result) stop_process(result.error());
    return std::move(*result);
}

BitcoinNode::Tip BitcoinNode::tip() {
    const Json info = must("getblockchaininfo", Json::array());
    return {info["bestblockhash"].text_or(""), info["blocks"].as_int64().value_or(0),
            Timestamp{info["mediantime"].as_int64().value_or(0) * 1'000'000}};
}

void BitcoinNode::set_time(Timestamp at) {
    must("setmocktime", params_of({at.us() / 1'000'000}));
}

void BitcoinNode::mine(int blocks, ByteView script) {
    const auto address = bitcoin::address_of_script(script, network_);
    ASSERT(address);
    const Json made = must("generatetoaddress", params_of({blocks, *address}));
    if (made.size() != static_cast<std::size_t>(blocks))
        stop_process({"no_work", "generatetoaddress made fewer blocks than it was asked for"});
}

Result<void, Failure> BitcoinNode::mine_only(const std::vector<bitcoin::Transaction>& transactions,
                                             ByteView script) {
    Json list = Json::array();
    for (const bitcoin::Transaction& one : transactions)
        list.push(to_hex(bitcoin::serialize(one)));
    const auto address = bitcoin::address_of_script(script, network_);
    ASSERT(address);
    const auto made = call("generateblock", params_of({*address, std::move(list)}));
    if (!made) return unexpected<Failure>(made.error());
    return {};
}

Result<void, Failure> BitcoinNode::send(const bitcoin::Transaction& transaction) {
    const auto sent =
        call("sendrawtransaction", params_of({to_hex(bitcoin::serialize(transaction))}));
    if (!sent) return unexpected<Failure>(sent.error());
    return {};
}

std::vector<BitcoinNode::Coin> BitcoinNode::coins(ByteView script) {
    const Json found =
        must("scantxoutset", params_of({"start", params_of({"raw(" + to_hex(script) + ")"})}));
    std::vector<Coin> coins;
    for (const Json& one : *found["unspents"].as_array()) {
        const auto txid = bitcoin::txid_from_text(one["txid"].text_or(""));
        ASSERT(txid);
        coins.push_back({{*txid, static_cast<std::uint32_t>(one["vout"].as_int64().value_or(0))},
                         satoshi_of(one["amount"]),
                         one["height"].as_int64().value_or(0)});
    }
    return coins;
}

std::vector<BitcoinNode::Coin> BitcoinNode::coins_and_pool(ByteView script) {
    std::vector<Coin> all = coins(script);
    const Json pool = must("getrawmempool", Json::array());
    for (const Json& id : *pool.as_array()) {
        const auto txid = bitcoin::txid_from_text(id.text_or(""));
        const auto one = txid ? transaction(*txid, std::nullopt) : std::nullopt;
        if (!one) continue;
        for (std::size_t i = 0; i < one->outputs.size(); ++i) {
            if (!std::equal(script.begin(), script.end(), one->outputs[i].script.begin(),
                            one->outputs[i].script.end()))
                continue;
            all.push_back({{*txid, static_cast<std::uint32_t>(i)}, one->outputs[i].value, 0});
        }
    }
    return all;
}

std::optional<bitcoin::Transaction> BitcoinNode::transaction(
    const bitcoin::Txid& id, const std::optional<std::string>& block) {
    Json params = params_of({bitcoin::to_text(id), false});
    if (block) params.push(*block);
    const auto found = call("getrawtransaction", std::move(params));
    if (!found) return std::nullopt;
    const auto octets = from_hex(found->text_or(""));
    return octets ? bitcoin::parse_transaction(*octets) : std::nullopt;
}

std::string BitcoinNode::block_at(std::int64_t height) {
    return must("getblockhash", params_of({height})).text_or("");
}

}  // namespace lockstep::conformance
