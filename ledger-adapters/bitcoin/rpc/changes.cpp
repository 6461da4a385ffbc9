#include "bitcoin/rpc/changes.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "bitcoin/rpc/change_methods.h"

namespace lockstep::bitcoin {
namespace {

RpcAnswer invalidate_block(Change& change) {
    const BlockId block = change.params().block_id(0, "blockhash");
    if (change.params().failed()) return change.params().failure();
    auto done = change.give(input::Invalidate{block});
    if (!done) return tl::unexpected<RpcError>(done.error());
    if (done->fault == "not-found")
        return rpc_fail(RpcCode::invalid_address_or_key, "Block not found");
    if (done->fault) return rpc_fail(RpcCode::database_error, done->detail);
    return Json();
}

RpcAnswer reconsider_block(Change& change) {
    const BlockId block = change.params().block_id(0, "blockhash");
    if (change.params().failed()) return change.params().failure();
    auto done = change.give(input::Reconsider{block});
    if (!done) return tl::unexpected<RpcError>(done.error());
    if (done->fault) return rpc_fail(RpcCode::invalid_address_or_key, "Block not found");
    return Json();
}

// BIP 22: null, or why not.
RpcAnswer submit_block(Change& change) {
    Block block = change.params().block(0);
    if (change.params().failed()) return change.params().failure();
    // Miners may leave out what is always the same (Bitcoin Core,
    // UpdateUncommittedBlockStructures).
    if (!block.transactions.empty() && block.transactions[0].is_coinbase()) {
        Transaction& coinbase = block.transactions[0];
        if (commitment_index(coinbase) && !coinbase.has_witness())
            coinbase.inputs[0].witness = {Bytes(Hash::size)};
    }
    auto done = change.give(input::SubmitBlock{std::move(block)});
    if (!done) return tl::unexpected<RpcError>(done.error());
    if (done->fault) return *done->fault;
    return done->detail.empty() ? Json() : Json(done->detail);
}

RpcAnswer set_mock_time(Change& change) {
    const std::int64_t seconds = change.params().integer(0, INT64_MIN, INT64_MAX);
    if (change.params().failed()) return change.params().failure();
    if (seconds < 0)
        return rpc_fail(RpcCode::invalid_parameter,
                        "Mocktime cannot be negative: " + std::to_string(seconds) + ".");
    if (seconds > std::int64_t{UINT32_MAX})
        return rpc_fail(RpcCode::invalid_parameter, "Mocktime must be in the range [0, " +
                                                        std::to_string(UINT32_MAX) + "], not " +
                                                        std::to_string(seconds) + ".");
    auto done = change.give(input::SetTime{static_cast<std::uint32_t>(seconds)});
    if (!done) return tl::unexpected<RpcError>(done.error());
    return Json();
}

// Outputs that nobody can spend, for what sendrawtransaction burns at most.
Satoshi burnt_by(const Transaction& transaction) {
    Satoshi most = 0;
    for (const TxOut& output : transaction.outputs)
        if (!is_spendable(output.script) || !has_valid_ops(output.script))
            most = std::max(most, output.value);
    return most;
}

RpcAnswer send_raw_transaction(Change& change) {
    Params& params = change.params();
    Transaction transaction = params.transaction(0);
    const FeeRate max_rate = max_fee_rate(params, 1);
    const Satoshi max_burnt = params.has(2) ? params.amount(2) : 0;
    if (params.failed()) return params.failure();
    if (burnt_by(transaction) > max_burnt)
        return rpc_fail(RpcCode::verify_error,
                        "Unspendable output exceeds maximum configured by "
                        "user (maxburnamount)");
    const std::string txid = to_text(txid_of(transaction));
    // In the pool already: nothing is wrong, and nothing is to do.
    enum class Known : std::uint8_t { no, in_block, in_pool, too_dear };
    Known known = Known::no;
    if (!change.node().look([&](const BitcoinMachine& machine, Timestamp at) {
            const Txid id = txid_of(transaction);
            for (std::size_t i = 0; i < transaction.outputs.size(); ++i)
                if (machine.chain().coins().find({id, static_cast<std::uint32_t>(i)}) != nullptr)
                    known = Known::in_block;
            if (known == Known::in_block) return;
            if (machine.pool().find(id) != nullptr) {
                known = Known::in_pool;
                return;
            }
            const auto verdict = machine.pool().test(transaction, machine.now_s(at));
            if (!verdict.fault && max_rate > 0 && verdict.fee > fee_at(max_rate, verdict.size))
                known = Known::too_dear;
        }))
        return is_stopping();
    constexpr const char* in_block = "Transaction outputs already in utxo set";
    if (known == Known::in_block) return rpc_fail(RpcCode::verify_already_in_utxo_set, in_block);
    if (known == Known::in_pool) return Json(txid);
    if (known == Known::too_dear)
        return rpc_fail(RpcCode::verify_error,
                        "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)");
    auto done = change.give(input::Submit{std::move(transaction)});
    if (!done) return tl::unexpected<RpcError>(done.error());
    if (!done->fault || done->fault == "txn-already-in-mempool") return Json(txid);
    if (done->fault == "txn-already-known")
        return rpc_fail(RpcCode::verify_already_in_utxo_set, in_block);
    if (done->fault == "bad-txns-inputs-missingorspent")
        return rpc_fail(RpcCode::verify_error, *done->fault);
    return rpc_fail(RpcCode::verify_rejected,
                    done->detail.empty() ? *done->fault : *done->fault + ", " + done->detail);
}

RpcAnswer stop(Change& change) {
    change.node().stop();
    return "Bitcoin Core stopping";
}

constexpr ParamSpec block_params[]{{"blockhash", ParamType::hex, true}};
constexpr ParamSpec submit_params[]{
    {"hexdata", ParamType::hex, true},
    {"dummy", ParamType::text},
};
constexpr ParamSpec time_params[]{{"timestamp", ParamType::number, true}};
constexpr ParamSpec send_params[]{
    {"hexstring", ParamType::hex, true},
    {"maxfeerate", ParamType::amount},
    {"maxburnamount", ParamType::amount},
};
constexpr ParamSpec stop_params[]{{"wait", ParamType::number}};

constexpr ChangeMethod change_methods[]{
    {{"blockchain", "invalidateblock", block_params,
      "Permanently marks a block as invalid, as if it violated a consensus rule."},
     invalidate_block},
    {{"blockchain", "reconsiderblock", block_params,
      "Removes invalidity status of a block, its ancestors and its descendants, reconsider them "
      "for activation."},
     reconsider_block},
    {{"mining", "submitblock", submit_params, "Attempts to submit new block to network."},
     submit_block},
    {{"util", "setmocktime", time_params,
      "Set the local time to given timestamp (-regtest only); 0 is the system's time again."},
     set_mock_time},
    {{"rawtransactions", "sendrawtransaction", send_params,
      "Submit a raw transaction (serialized, hex-encoded) to the node."},
     send_raw_transaction},
    {{"control", "stop", stop_params, "Request a graceful shutdown of the node."}, stop},
};

std::array<std::span<const ChangeMethod>, 2> methods_that_change() {
    return {generating_methods(), change_methods};
}

std::vector<const MethodSpec*> specs_of_changes() {
    std::vector<const MethodSpec*> specs;
    for (const std::span<const ChangeMethod> part : methods_that_change())
        for (const ChangeMethod& method : part)
            specs.push_back(&method.spec);
    return specs;
}

const ChangeMethod* change_named(std::string_view name) {
    for (const std::span<const ChangeMethod> part : methods_that_change())
        for (const ChangeMethod& method : part)
            if (method.spec.name == name) return &method;
    return nullptr;
}

}  // namespace

RpcAnswer call(NodePort& node, const NodeFacts& facts, const RpcRequest& request) {
    static const std::vector<const MethodSpec*> others = specs_of_changes();
    if (const ChangeMethod* const method = change_named(request.method)) {
        Params params(method->spec, request.params);
        if (params.failed()) return params.failure();
        Change change(node, facts, params);
        return method->call(change);
    }
    std::optional<RpcAnswer> answer;
    const bool looked = node.look([&](const BitcoinMachine& machine, Timestamp at) {
        answer =
            call_read({machine.chain(), machine.pool(), facts.network, machine.now_s(at),
                       facts.started_s, [&](const Txid& txid) { return machine.block_of(txid); },
                       [&](int blocks) { return machine.fee_rate(blocks); }, others},
                      request);
    });
    if (!looked) return is_stopping();
    if (answer) return std::move(*answer);
    return rpc_fail(RpcCode::method_not_found, "Method not found");
}

}  // namespace lockstep::bitcoin
