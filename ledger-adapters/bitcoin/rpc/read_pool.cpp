// Methods on the mempool and its fees. Source: Bitcoin Core 29, rpc/mempool.cpp, rpc/fees.cpp.
#include <algorithm>

#include "bitcoin/rpc/read_methods.h"
#include "bitcoin/rpc/views_pool.h"

namespace lockstep::bitcoin {
namespace {

RpcAnswer get_mempool_entry(const NodeView& node, Params& params) {
    const Txid txid = params.hash(0, "parameter 1");
    if (params.failed()) return params.failure();
    const Mempool::Entry* const entry = node.pool.find(txid);
    if (entry == nullptr)
        return rpc_fail(RpcCode::invalid_address_or_key, "Transaction not in mempool");
    return pool_entry_json(*entry, node.pool);
}

RpcAnswer get_raw_mempool(const NodeView& node, Params& params) {
    const bool verbose = params.boolean(0, false);
    const bool sequence = params.boolean(1, false);
    if (params.failed()) return params.failure();
    if (verbose && sequence)
        return rpc_fail(RpcCode::invalid_parameter,
                        "Verbose results cannot contain mempool sequence values.");
    if (verbose) return pool_entries_json(node.pool);
    return sequence ? pool_ids_with_sequence_json(node.pool) : pool_ids_json(node.pool);
}

RpcAnswer get_mempool_info(const NodeView& node, Params&) {
    return pool_info_json(node.pool, node.now_s);
}

RpcAnswer test_mempool_accept(const NodeView& node, Params& params) {
    constexpr std::size_t most = 25;
    const Json::Array& list = *params.at(0).as_array();
    if (list.empty() || list.size() > most)
        return rpc_fail(RpcCode::invalid_parameter, "Array must contain between 1 and " +
                                                        std::to_string(most) + " transactions.");
    const FeeRate max_rate = max_fee_rate(params, 1);
    if (params.failed()) return params.failure();
    std::vector<Transaction> transactions;
    for (const Json& item : list) {
        const std::string* const text = item.as_text();
        if (text == nullptr)
            return rpc_fail(RpcCode::type_error, "JSON value of type " +
                                                     std::string(type_name(item)) +
                                                     " is not of expected type string");
        const auto octets = from_hex(*text);
        auto transaction = octets ? parse_transaction(*octets) : std::nullopt;
        if (!transaction)
            return rpc_fail(
                RpcCode::deserialization_error,
                "TX decode failed: " + *text + " Make sure the tx has at least one input.");
        transactions.push_back(std::move(*transaction));
    }
    return accept_json(transactions, node.pool, {node.now_s, max_rate});
}

bool is_fee_mode(std::string mode) {
    std::transform(mode.begin(), mode.end(), mode.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return mode == "unset" || mode == "economical" || mode == "conservative";
}

RpcAnswer estimate_smart_fee(const NodeView& node, Params& params) {
    constexpr int most = 1008;
    const auto target = static_cast<int>(params.integer(0, INT32_MIN, INT32_MAX));
    if (params.failed()) return params.failure();
    if (target < 1 || target > most)
        return rpc_fail(RpcCode::invalid_parameter,
                        "Invalid conf_target, must be between 1 and " + std::to_string(most));
    if (params.has(1) && !is_fee_mode(params.text(1)))
        return rpc_fail(RpcCode::invalid_parameter,
                        "Invalid estimate_mode parameter, must be one of: \"unset\", "
                        "\"economical\", \"conservative\"");
    // Nobody knows what gets into the very next block.
    const int reckoned = std::max(target, 2);
    const auto rate = node.fee_rate ? node.fee_rate(reckoned) : std::nullopt;
    Json json = Json::object();
    if (rate) {
        const FeeRate least =
            std::max(node.pool.min_rate(node.now_s), node.pool.policy().min_relay);
        json.set("feerate", amount_json(std::max(*rate, least)));
    } else {
        json.set("errors", Json::array().push("Insufficient data or no feerate found"));
    }
    json.set("blocks", rate ? reckoned : 0);
    return json;
}

constexpr ParamSpec entry_params[]{{"txid", ParamType::hex, true}};
constexpr ParamSpec raw_pool_params[]{
    {"verbose", ParamType::boolean},
    {"mempool_sequence", ParamType::boolean},
};
constexpr ParamSpec test_params[]{
    {"rawtxs", ParamType::array, true},
    {"maxfeerate", ParamType::amount},
};
constexpr ParamSpec fee_params[]{
    {"conf_target", ParamType::number, true},
    {"estimate_mode", ParamType::text},
};
constexpr ReadMethod methods_of_pool[]{
    {{"blockchain", "getmempoolentry", entry_params, "Returns mempool data for given transaction"},
     get_mempool_entry},
    {{"blockchain",
      "getmempoolinfo",
      {},
      "Returns details on the active state of the TX memory pool."},
     get_mempool_info},
    {{"blockchain", "getrawmempool", raw_pool_params,
      "Returns all transaction ids in memory pool as a json array of string transaction ids."},
     get_raw_mempool},
    {{"rawtransactions", "testmempoolaccept", test_params,
      "Returns result of mempool acceptance tests indicating if raw transaction(s) would be "
      "accepted by mempool. Several are judged as a package: parents first, and none replaces."},
     test_mempool_accept},
    {{"util", "estimatesmartfee", fee_params,
      "Estimates the approximate fee per kilobyte needed for a transaction to begin confirmation "
      "within conf_target blocks if possible."},
     estimate_smart_fee},
};

}  // namespace

std::span<const ReadMethod> pool_methods() {
    return methods_of_pool;
}

}  // namespace lockstep::bitcoin
