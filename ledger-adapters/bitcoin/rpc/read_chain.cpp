// Methods on blocks and the chain. Source: Bitcoin Core 29, rpc/blockchain.cpp.
#include "bitcoin/rpc/read_methods.h"
#include "bitcoin/rpc/scan.h"
#include "bitcoin/rpc/views_block.h"
#include "bitcoin/rpc/views_script.h"

namespace lockstep::bitcoin {
namespace {

RpcAnswer get_block_count(const NodeView& node, Params&) {
    return node.chain.height();
}

RpcAnswer get_best_block_hash(const NodeView& node, Params&) {
    return to_text(node.chain.tip().id);
}

RpcAnswer get_block_hash(const NodeView& node, Params& params) {
    const auto height = static_cast<int>(params.integer(0, INT32_MIN, INT32_MAX));
    if (params.failed()) return params.failure();
    const Chain::Entry* const entry = node.chain.at(height);
    if (entry == nullptr) return rpc_fail(RpcCode::invalid_parameter, "Block height out of range");
    return to_text(entry->id);
}

RpcAnswer get_block(const NodeView& node, Params& params) {
    const BlockId id = params.block_id(0, "blockhash");
    const int verbosity = params.verbosity(1, 1, true);
    if (params.failed()) return params.failure();
    const Chain::Entry* const entry = node.chain.find(id);
    if (entry == nullptr) return rpc_fail(RpcCode::invalid_address_or_key, "Block not found");
    return block_json(*entry, node.chain, node.network, verbosity);
}

RpcAnswer get_block_header(const NodeView& node, Params& params) {
    const BlockId id = params.block_id(0, "hash");
    const bool verbose = params.boolean(1, true);
    if (params.failed()) return params.failure();
    const Chain::Entry* const entry = node.chain.find(id);
    if (entry == nullptr) return rpc_fail(RpcCode::invalid_address_or_key, "Block not found");
    if (!verbose) return to_hex(serialize(entry->block.header));
    return header_json(*entry, node.chain);
}

RpcAnswer get_blockchain_info(const NodeView& node, Params&) {
    return chain_info_json(node.chain, node.network, {node.now_s, node.started_s});
}

RpcAnswer get_chain_tips(const NodeView& node, Params&) {
    return tips_json(node.chain);
}

RpcAnswer get_txout(const NodeView& node, Params& params) {
    const Txid txid = params.hash(0, "txid");
    const auto index = static_cast<std::uint32_t>(params.integer(1, 0, UINT32_MAX));
    const bool with_pool = params.boolean(2, true);
    if (params.failed()) return params.failure();
    return coin_json({txid, index}, node.chain, with_pool ? &node.pool : nullptr, node.network);
}

RpcAnswer scan_txout_set(const NodeView& node, Params& params) {
    const std::string action = params.text(0);
    if (params.failed()) return params.failure();
    if (action == "status") return Json();
    if (action == "abort") return Json(false);
    if (action != "start")
        return rpc_fail(RpcCode::invalid_parameter, "Invalid action '" + action + "'");
    const Json::Array* const objects = params.at(1).as_array();
    if (objects == nullptr)
        return rpc_fail(RpcCode::misc_error,
                        "scanobjects argument is required for the start action");
    return scan_coins(node.chain, node.network, *objects);
}

constexpr std::string_view category = "blockchain";
constexpr ParamSpec block_params[]{
    {"blockhash", ParamType::hex, true},
    {"verbosity|verbose", ParamType::number, false, true},
};
constexpr ParamSpec block_hash_params[]{{"height", ParamType::number, true}};
constexpr ParamSpec header_params[]{
    {"blockhash", ParamType::hex, true},
    {"verbose", ParamType::boolean},
};
constexpr ParamSpec txout_params[]{
    {"txid", ParamType::text, true},
    {"n", ParamType::number, true},
    {"include_mempool", ParamType::boolean},
};
constexpr ParamSpec scan_params[]{
    {"action", ParamType::text, true},
    {"scanobjects", ParamType::array},
};
constexpr ReadMethod methods_of_chain[]{
    {{category,
      "getbestblockhash",
      {},
      "Returns the hash of the best (tip) block in the most-work fully-validated chain."},
     get_best_block_hash},
    {{category, "getblock", block_params,
      "Returns a block: hexadecimal (0), with transaction ids (1), with transactions (2), and with "
      "what they spent (3)."},
     get_block},
    {{category, "getblockchaininfo", {}, "Returns the state of the chain."}, get_blockchain_info},
    {{category,
      "getblockcount",
      {},
      "Returns the height of the most-work fully-validated chain.\nThe genesis block has height 0."},
     get_block_count},
    {{category, "getblockhash", block_hash_params,
      "Returns hash of block in best-block-chain at height provided."},
     get_block_hash},
    {{category, "getblockheader", header_params,
      "Returns a block's header, as an object or in hexadecimal."},
     get_block_header},
    {{category,
      "getchaintips",
      {},
      "Return information about all known tips in the block tree, including the main chain as well "
      "as orphaned branches."},
     get_chain_tips},
    {{category, "gettxout", txout_params, "Returns details about an unspent transaction output."},
     get_txout},
    {{category, "scantxoutset", scan_params,
      "Scans the unspent transaction output set for entries that match certain output "
      "descriptors."},
     scan_txout_set},
};

}  // namespace

std::span<const ReadMethod> chain_methods() {
    return methods_of_chain;
}

}  // namespace lockstep::bitcoin
