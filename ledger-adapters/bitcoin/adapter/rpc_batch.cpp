#include "bitcoin/adapter/rpc_batch.h"

#include <cmath>

#include "bitcoin/adapter/fees.h"

namespace lockstep::bitcoin {
namespace {

// Three of the largest blocks in hexadecimal have 24 million octets.
constexpr JsonLimits answer_limits{.max_size = std::size_t{1} << 26, .max_depth = 64};

// Moved out: a pool's ids are too many to be copied.
RpcResult result_of(Json& answer) {
    const Json& error = answer["error"];
    if (error.is_null()) {
        Json* const result = answer.find("result");
        return result == nullptr ? Json() : std::move(*result);
    }
    return unexpected<RpcFailure>(
        RpcFailure{error["code"].as_int64().value_or(0), error["message"].text_or("")});
}

}  // namespace

void RpcBatch::add(std::string_view method, Json params) {
    calls_.push(Json::object({{"jsonrpc", "1.0"},
                              {"id", calls_.size()},
                              {"method", method},
                              {"params", std::move(params)}}));
}

Bytes RpcBatch::body() const {
    const std::string text = write_json(calls_);
    return {text.begin(), text.end()};
}

std::string RpcBatch::first_call() const {
    const Json& call = calls_[0];
    // A transaction is too long for people.
    constexpr std::size_t longest = 64;
    const Json& param = call["params"][0];
    std::string text = call["method"].text_or("");
    if (param.as_int64()) text += " " + std::to_string(*param.as_int64());
    if (param.as_text() != nullptr && param.as_text()->size() <= longest)
        text += " " + *param.as_text();
    return text;
}

Request to_node(std::uint64_t id, const RpcBatch& batch, Duration patience) {
    return {id, "/", batch.body(), false, true, patience};
}

std::optional<std::vector<RpcResult>> read_batch(ByteView body, std::size_t calls) {
    auto json = parse_json(as_text(body), answer_limits);
    if (!json || json->as_array() == nullptr || json->size() != calls) return std::nullopt;
    std::vector<std::optional<RpcResult>> found(calls);
    for (Json& answer : *json->as_array()) {
        const auto id = answer["id"].as_uint64();
        if (!id || *id >= calls || found[*id]) return std::nullopt;
        found[*id] = result_of(answer);
    }
    std::vector<RpcResult> results;
    for (auto& one : found)
        results.push_back(std::move(*one));
    return results;
}

std::optional<Satoshi> satoshi_of(const Json& amount) {
    const auto value = amount.as_double();
    if (!value || !(*value >= 0) || *value > static_cast<double>(max_money / coin))
        return std::nullopt;
    const Satoshi satoshi = std::llround(*value * static_cast<double>(coin));
    return is_money(satoshi) ? std::optional(satoshi) : std::nullopt;
}

std::optional<Bytes> octets_of(const Json& hexadecimal) {
    const std::string* const text = hexadecimal.as_text();
    return text == nullptr ? std::nullopt : from_hex(*text);
}

}  // namespace lockstep::bitcoin
