// The methods that make blocks when they are asked to, as on regtest.
#include "bitcoin/keys/address.h"
#include "bitcoin/rpc/change_methods.h"
#include "bitcoin/rpc/descriptor.h"

namespace lockstep::bitcoin {
namespace {

// At a time: of more the last ones would have stamps too far ahead of their time.
constexpr std::int64_t most_blocks = 40'000;
constexpr std::uint64_t usual_tries = 1'000'000;

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
constexpr ChangeMethod methods_of_generating[]{
    {{"generating", "generatetoaddress", to_address_params,
      "Mine to a specified address and return the block hashes."},
     generate_to_address},
    {{"generating", "generateblock", generate_params,
      "Mine a set of ordered transactions to a specified address and return the block hash."},
     generate_block},
};

}  // namespace

std::span<const ChangeMethod> generating_methods() {
    return methods_of_generating;
}

}  // namespace lockstep::bitcoin
