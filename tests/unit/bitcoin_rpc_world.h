// A chain on regtest whose coins anybody may spend, its pool, and calls on both.
#pragma once

#include <doctest/doctest.h>

#include "bitcoin/machine/mining.h"
#include "bitcoin/rpc/methods.h"
#include "bitcoin/script/script.h"

namespace lockstep::test {

class RpcWorld {
public:
    static constexpr std::int64_t start_s = 1'700'000'000;

    bitcoin::Chain chain{bitcoin::regtest_params, bitcoin::regtest_genesis()};
    bitcoin::Mempool pool{chain, {}};
    std::int64_t now_s = start_s;
    std::function<std::optional<bitcoin::FeeRate>(int)> fee_rate;

    bitcoin::NodeView view() const {
        bitcoin::NodeView node{chain, pool, *bitcoin::network_named("regtest"), now_s, start_s};
        node.fee_rate = fee_rate;
        return node;
    }
    static const bitcoin::Network& regtest() { return *bitcoin::network_named("regtest"); }

    bitcoin::Block next(const bitcoin::BlockId& parent,
                        const std::vector<bitcoin::Transaction>& transactions = {}) {
        using namespace bitcoin;
        const Chain::Entry* const entry = chain.find(parent);
        REQUIRE(entry != nullptr);
        Block block;
        block.header.parent = parent;
        block.header.bits = regtest_params.bits;
        now_s += 60;
        block.header.time = static_cast<std::uint32_t>(now_s);
        Transaction coinbase;
        TxIn input;
        input.script_sig = ScriptWriter().number(entry->height + 1).number(++extra_ + 1000).take();
        coinbase.inputs.push_back(std::move(input));
        coinbase.outputs.push_back({subsidy_at(entry->height + 1, regtest_params), to_anybody});
        block.transactions.push_back(std::move(coinbase));
        block.transactions.insert(block.transactions.end(), transactions.begin(),
                                  transactions.end());
        block.header.merkle_root = merkle_root_of(block).root;
        std::uint64_t tries = UINT64_MAX;
        REQUIRE(find_work(block.header, regtest_params.bits, tries));
        return block;
    }
    void give(const bitcoin::Block& block) {
        bitcoin::ChainChange change;
        REQUIRE(chain.accept(block, now_s, change).value_or("ok") == "ok");
        pool.follow(change, now_s);
    }
    void grow(int blocks) {
        for (int i = 0; i < blocks; ++i)
            give(next(chain.tip().id));
    }
    // Of the coinbase at that height.
    bitcoin::Transaction spend(int height, bitcoin::Satoshi fee) const {
        const auto& coinbase = chain.at(height)->block.transactions[0];
        return spend_of(coinbase, fee);
    }
    static bitcoin::Transaction spend_of(const bitcoin::Transaction& from, bitcoin::Satoshi fee) {
        bitcoin::Transaction transaction;
        bitcoin::TxIn input;
        input.prevout = {bitcoin::txid_of(from), 0};
        input.script_sig = bitcoin::ScriptWriter().push(redeem).take();
        transaction.inputs.push_back(std::move(input));
        transaction.outputs.push_back({from.outputs[0].value - fee, to_anybody});
        return transaction;
    }

    // The answer, or {"code": …, "message": …}.
    Json call(std::string_view method, Json params = Json::array()) const {
        bitcoin::RpcRequest request;
        request.method = std::string(method);
        request.params = std::move(params);
        const auto answer = bitcoin::call_read(view(), request);
        REQUIRE_MESSAGE(answer, std::string(method));
        if (*answer) return **answer;
        return Json::object({{"code", static_cast<int>(answer->error().code)},
                             {"message", answer->error().message}});
    }
    // With parameters as they are written.
    Json ask(std::string_view method, std::string_view params) const {
        auto json = parse_json(params);
        REQUIRE_MESSAGE(json, std::string(params));
        return call(method, std::move(*json));
    }

    // OP_TRUE, and what pays to its hash.
    static inline const Bytes redeem{0x51};
    static inline const Bytes to_anybody = bitcoin::to_script_hash(redeem);

private:
    std::int64_t extra_ = 0;
};

// "code message" of an answer that is an error.
inline std::string mistake(const Json& answer) {
    const auto code = answer["code"].as_int64();
    return code ? std::to_string(*code) + " " + answer["message"].text_or("") : write_json(answer);
}

}  // namespace lockstep::test
