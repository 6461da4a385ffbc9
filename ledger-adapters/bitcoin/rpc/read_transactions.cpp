// Methods on transactions and proofs of them. Source: Bitcoin Core 29, rpc/rawtransaction.cpp,
// rpc/txoutproof.cpp.
#include <algorithm>

#include "bitcoin/rpc/read_methods.h"
#include "bitcoin/rpc/txout_proof.h"
#include "bitcoin/rpc/views_transaction.h"

namespace lockstep::bitcoin {
namespace {

auto not_found(std::string message) {
    return rpc_fail(RpcCode::invalid_address_or_key, std::move(message));
}

RpcAnswer confirmed_transaction(const NodeView& node, const TxPlace& place, int verbosity) {
    if (verbosity <= 0) return to_hex(serialize(place.block.block.transactions[place.transaction]));
    return confirmed_json(place, node.chain, node.network,
                          verbosity == 1 ? TxDetail::plain : TxDetail::prevouts);
}

RpcAnswer get_raw_transaction(const NodeView& node, Params& params) {
    const Txid txid = params.hash(0, "parameter 1");
    if (params.failed()) return params.failure();
    if (txid == txid_of(node.chain.at(0)->block.transactions[0]))
        return not_found(
            "The genesis block coinbase is not considered an ordinary transaction and cannot be "
            "retrieved");
    const int verbosity = params.verbosity(1, 0, true);
    const bool named = params.has(2);
    const BlockId id = named ? params.block_id(2, "parameter 3") : BlockId{};
    if (params.failed()) return params.failure();
    if (named) {
        const Chain::Entry* const block = node.chain.find(id);
        if (block == nullptr) return not_found("Block hash not found");
        const auto found = find_in_block(*block, txid);
        if (!found)
            return not_found(
                "No such transaction found in the provided block. Use gettransaction for wallet "
                "transactions.");
        return confirmed_transaction(node, {*block, found->place, true}, verbosity);
    }
    if (const Mempool::Entry* const entry = node.pool.find(txid)) {
        const Transaction& transaction = *entry->transaction;
        if (verbosity <= 0) return to_hex(serialize(transaction));
        return transaction_json(transaction, node.network);
    }
    const auto found = find_confirmed(node, txid);
    if (!found)
        return not_found(
            "No such mempool or blockchain transaction. Use gettransaction for wallet "
            "transactions.");
    return confirmed_transaction(node, {*found->block, found->place, false}, verbosity);
}

bool has_sane_scripts(const Transaction& transaction) {
    const auto is_sane = [](ByteView script) {
        return script.size() <= max_script_size && has_valid_ops(script);
    };
    return (transaction.is_coinbase() ||
            std::all_of(transaction.inputs.begin(), transaction.inputs.end(),
                        [&](const TxIn& input) { return is_sane(input.script_sig); })) &&
           std::all_of(transaction.outputs.begin(), transaction.outputs.end(),
                       [&](const TxOut& output) { return is_sane(output.script); });
}

// The octets of one that has no inputs yet can be read in either form: the one with scripts that
// make sense is meant, and of two such the one with witnesses. Source: core_read.cpp, DecodeTx.
RpcAnswer decode_raw_transaction(const NodeView& node, Params& params) {
    const auto octets = from_hex(params.text(0));
    const bool tries_witness = params.boolean(1, true);
    const bool tries_bare = !params.has(1) || !tries_witness;
    if (params.failed()) return params.failure();
    std::optional<Transaction> transaction;
    if (octets && tries_witness) transaction = parse_transaction(*octets);
    if (octets && tries_bare && !(transaction && has_sane_scripts(*transaction))) {
        auto bare = parse_bare_transaction(*octets);
        if (bare && (!transaction || has_sane_scripts(*bare))) transaction = std::move(bare);
    }
    if (!transaction) return rpc_fail(RpcCode::deserialization_error, "TX decode failed");
    TxShown shown;
    shown.hex = false;
    return transaction_json(*transaction, node.network, shown);
}

RpcAnswer get_txout_proof(const NodeView& node, Params& params) {
    const Json::Array& list = *params.at(0).as_array();
    if (list.empty())
        return rpc_fail(RpcCode::invalid_parameter, "Parameter 'txids' cannot be empty");
    std::set<Txid> txids;
    for (const Json& item : list) {
        const Txid txid = params.hash_in(item, "txid");
        if (params.failed()) return params.failure();
        if (!txids.insert(txid).second)
            return rpc_fail(RpcCode::invalid_parameter,
                            "Invalid parameter, duplicated txid: " + to_text(txid));
    }
    const Chain::Entry* block = nullptr;
    if (params.has(1)) {
        const BlockId id = params.block_id(1, "blockhash");
        if (params.failed()) return params.failure();
        block = node.chain.find(id);
        if (block == nullptr) return not_found("Block not found");
    } else {
        for (const Txid& txid : txids) {
            const auto found = find_confirmed(node, txid);
            if (!found) continue;
            block = found->block;
            break;
        }
        if (block == nullptr) return not_found("Transaction not yet in block");
    }
    for (const Txid& txid : txids)
        if (!find_in_block(*block, txid))
            return not_found("Not all transactions found in specified or retrieved block");
    return to_hex(write_txout_proof(block->block, txids));
}

RpcAnswer verify_txout_proof(const NodeView& node, Params& params) {
    const Bytes octets = params.hex(0, "proof");
    if (params.failed()) return params.failure();
    const auto proof = read_txout_proof(octets);
    if (!proof)
        return rpc_fail(RpcCode::misc_error,
                        "DataStream::read(): end of data: unspecified iostream_category error");
    const ProofMatches matches = matches_of(*proof);
    Json list = Json::array();
    if (matches.root != proof->header.merkle_root) return list;
    const BlockId id = id_of(proof->header);
    if (!node.chain.is_active(id)) return not_found("Block not found in chain");
    if (node.chain.find(id)->block.transactions.size() != proof->transactions) return list;
    for (const Txid& txid : matches.txids)
        list.push(to_text(txid));
    return list;
}

constexpr ParamSpec raw_params[]{
    {"txid", ParamType::hex, true},
    {"verbosity|verbose", ParamType::number, false, true},
    {"blockhash", ParamType::hex},
};
constexpr ParamSpec decode_params[]{
    {"hexstring", ParamType::hex, true},
    {"iswitness", ParamType::boolean},
};
constexpr ParamSpec proof_params[]{
    {"txids", ParamType::array, true},
    {"blockhash", ParamType::hex},
};
constexpr ParamSpec verify_params[]{{"proof", ParamType::hex, true}};
constexpr ReadMethod methods_of_transactions[]{
    {{"rawtransactions", "decoderawtransaction", decode_params,
      "Return a JSON object representing the serialized, hex-encoded transaction."},
     decode_raw_transaction},
    {{"rawtransactions", "getrawtransaction", raw_params,
      "Returns a transaction of the mempool or of a block: hexadecimal (0), as an object (1), and "
      "with what it spent (2)."},
     get_raw_transaction},
    {{"blockchain", "gettxoutproof", proof_params,
      "Returns a hex-encoded proof that \"txid\" was included in a block."},
     get_txout_proof},
    {{"blockchain", "verifytxoutproof", verify_params,
      "Verifies that a proof points to a transaction in a block, returning the transaction it "
      "commits to\nand throwing an RPC error if the block is not in our best chain"},
     verify_txout_proof},
};

}  // namespace

std::span<const ReadMethod> transaction_methods() {
    return methods_of_transactions;
}

std::optional<FoundTransaction> find_in_block(const Chain::Entry& block, const Txid& txid) {
    for (std::size_t i = 0; i < block.block.transactions.size(); ++i)
        if (txid_of(block.block.transactions[i]) == txid) return FoundTransaction{&block, i};
    return std::nullopt;
}

std::optional<FoundTransaction> find_confirmed(const NodeView& node, const Txid& txid) {
    if (node.block_of) {
        const auto id = node.block_of(txid);
        const Chain::Entry* const block = id ? node.chain.find(*id) : nullptr;
        return block == nullptr ? std::nullopt : find_in_block(*block, txid);
    }
    for (int height = node.chain.height(); height >= 0; --height)
        if (const auto found = find_in_block(*node.chain.at(height), txid)) return found;
    return std::nullopt;
}

}  // namespace lockstep::bitcoin
