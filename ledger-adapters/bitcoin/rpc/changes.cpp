#include "bitcoin/rpc/changes.h"

#include <algorithm>

#include "bitcoin/keys/address.h"
#include "bitcoin/rpc/descriptor.h"

namespace lockstep::bitcoin {
namespace {

// At a time: of more the last ones would have stamps too far ahead of their time.
constexpr std::int64_t most_blocks = 40'000;
constexpr std::uint64_t usual_tries = 1'000'000;

auto is_stopping() {
    return rpc_fail(RpcCode::internal_error, "The node is stopping");
}

// What of the node a call needs, and how it goes on when the state has changed meanwhile.
class Change {
public:
    Change(NodePort& node, const NodeFacts& facts, Params& params)
        : node_(node), facts_(facts), params_(params) {}

    Params& params() { return params_; }
    const Network& network() const { return facts_.network; }
    NodePort& node() { return node_; }

    // Gives the input; the fault of a refusal is asked for as it is then.
    Result<output::Done, RpcError> give(const Input& input) {
        // Between the refusal and the question a block may come.
        for (int attempt = 0; attempt < 3; ++attempt) {
            auto done = node_.give(input);
            if (done) return std::move(*done);
            if (done.error() != Reason::not_accepted)
                return rpc_fail(RpcCode::misc_error, std::string(describe(done.error())));
            BitcoinMachine::Refusal refusal;
            if (!node_.look([&](const BitcoinMachine& machine, Timestamp at) {
                    refusal = machine.fault_of(at, input);
                }))
                return is_stopping();
            if (!refusal.fault) continue;
            output::Done refused;
            refused.fault = std::move(refusal.fault);
            refused.detail = std::move(refusal.detail);
            return refused;
        }
        return rpc_fail(RpcCode::misc_error, "The chain changes too fast, try again");
    }

private:
    NodePort& node_;
    const NodeFacts& facts_;
    Params& params_;
};

Json ids_json(const std::vector<BlockId>& blocks) {
    Json list = Json::array();
    for (const BlockId& block : blocks)
        list.push(to_text(block));
    return list;
}

Bytes script_of(Params& params, std::size_t i, const Network& network) {
    if (params.failed()) return {};
    auto script = script_of_address(params.text(i), network);
    if (!script) {
        params.refuse(RpcCode::invalid_address_or_key, "Error: Invalid address");
        return {};
    }
    return std::move(*script);
}

// Of a descriptor with several scripts it is the one that Bitcoin Core prefers: to the key's
// witness program, or to its hash where there is none.
Bytes script_of_output(Params& params, std::size_t i, const Network& network) {
    if (params.failed()) return {};
    if (auto described = read_descriptor(params.text(i), network)) {
        const std::size_t count = described->size();
        return std::move((*described)[count / 2].script);
    }
    if (auto script = script_of_address(params.text(i), network)) return std::move(*script);
    params.refuse(RpcCode::invalid_address_or_key, "Error: Invalid address or descriptor");
    return {};
}

RpcAnswer mine(Change& change, input::Mine mine) {
    auto done = change.give(std::move(mine));
    if (!done) return tl::unexpected<RpcError>(done.error());
    if (done->fault)
        return rpc_fail(RpcCode::internal_error,
                        "ProcessNewBlock, block not accepted: " + *done->fault);
    return ids_json(done->blocks);
}

std::uint64_t tries_of(Params& params, std::size_t i) {
    if (!params.has(i)) return usual_tries;
    return static_cast<std::uint64_t>(params.integer(i, 0, INT64_MAX));
}

RpcAnswer generate_to_address(Change& change) {
    Params& params = change.params();
    const std::int64_t blocks = params.integer(0, INT32_MIN, INT32_MAX);
    const std::uint64_t tries = tries_of(params, 2);
    const Bytes script = script_of(params, 1, change.network());
    if (params.failed()) return params.failure();
    if (blocks > most_blocks)
        return rpc_fail(RpcCode::invalid_parameter,
                        "At most " + std::to_string(most_blocks) + " blocks at a time");
    if (blocks <= 0) return Json::array();
    return mine(change, {static_cast<std::uint32_t>(blocks), tries, script, std::nullopt});
}

// Each is a transaction in hexadecimal, or the id of one in the pool.
Result<std::vector<Transaction>, RpcError> chosen(Change& change, const Json& given) {
    std::vector<Transaction> list;
    std::optional<RpcError> error;
    const bool looked = change.node().look([&](const BitcoinMachine& machine, Timestamp) {
        for (const Json& item : *given.as_array()) {
            const std::string* const text = item.as_text();
            if (text == nullptr) {
                error = RpcError{RpcCode::type_error, "JSON value of type " +
                                                          std::string(type_name(item)) +
                                                          " is not of expected type string"};
                return;
            }
            if (const auto txid = txid_from_text(*text)) {
                const Mempool::Entry* const entry = machine.pool().find(*txid);
                if (entry == nullptr) {
                    error = RpcError{RpcCode::invalid_address_or_key,
                                     "Transaction " + *text + " not in mempool."};
                    return;
                }
                list.push_back(*entry->transaction);
                continue;
            }
            const auto octets = from_hex(*text);
            auto transaction = octets ? parse_transaction(*octets) : std::nullopt;
            if (!transaction) {
                error = RpcError{RpcCode::deserialization_error,
                                 "Transaction decode failed for " + *text +
                                     ". Make sure the tx has at least one input."};
                return;
            }
            list.push_back(std::move(*transaction));
        }
    });
    if (!looked) return is_stopping();
    if (error) return tl::unexpected<RpcError>(std::move(*error));
    return list;
}

RpcAnswer generate_block(Change& change) {
    Params& params = change.params();
    const bool submit = params.boolean(2, true);
    const Bytes script = script_of_output(params, 0, change.network());
    if (params.failed()) return params.failure();
    auto transactions = chosen(change, params.at(1));
    if (!transactions) return tl::unexpected<RpcError>(transactions.error());
    input::Mine wanted{1, usual_tries, script, std::move(*transactions)};
    const auto refusal = [](const std::string& fault) {
        return rpc_fail(RpcCode::verify_error, "TestBlockValidity failed: " + fault);
    };
    if (submit) {
        auto done = change.give(wanted);
        if (!done) return tl::unexpected<RpcError>(done.error());
        if (done->fault) return refusal(*done->fault);
        if (done->blocks.empty()) return rpc_fail(RpcCode::misc_error, "Failed to make block.");
        return Json::object({{"hash", to_text(done->blocks[0])}});
    }
    BitcoinMachine::Made made;
    std::uint32_t limit = 0;
    if (!change.node().look([&](const BitcoinMachine& machine, Timestamp at) {
            made = machine.make_block(at, wanted);
            limit = machine.chain().params().bits;
        }))
        return is_stopping();
    if (made.refusal.fault) return refusal(*made.refusal.fault);
    std::uint64_t tries = usual_tries;
    if (!find_work(made.block.header, limit, tries))
        return rpc_fail(RpcCode::misc_error, "Failed to make block.");
    return Json::object(
        {{"hash", to_text(id_of(made.block.header))}, {"hex", to_hex(serialize(made.block))}});
}

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
        if (!is_spendable(output.script)) most = std::max(most, output.value);
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
constexpr ParamSpec to_address_params[]{
    {"nblocks", ParamType::number, true},
    {"address", ParamType::text, true},
    {"maxtries", ParamType::number},
};
constexpr ParamSpec generate_params[]{
    {"output", ParamType::text, true},
    {"transactions", ParamType::array, true},
    {"submit", ParamType::boolean},
};
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

struct ChangeMethod {
    MethodSpec spec;
    RpcAnswer (*call)(Change& change);
};
constexpr ChangeMethod change_methods[]{
    {{"generating", "generatetoaddress", to_address_params,
      "Mine to a specified address and return the block hashes."},
     generate_to_address},
    {{"generating", "generateblock", generate_params,
      "Mine a set of ordered transactions to a specified address and return the block hash."},
     generate_block},
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

std::vector<const MethodSpec*> specs_of_changes() {
    std::vector<const MethodSpec*> specs;
    for (const ChangeMethod& method : change_methods)
        specs.push_back(&method.spec);
    return specs;
}

}  // namespace

RpcAnswer call(NodePort& node, const NodeFacts& facts, const RpcRequest& request) {
    static const std::vector<const MethodSpec*> others = specs_of_changes();
    for (const ChangeMethod& method : change_methods) {
        if (method.spec.name != request.method) continue;
        Params params(method.spec, request.params);
        if (params.failed()) return params.failure();
        Change change(node, facts, params);
        return method.call(change);
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
