#include "bitcoin/adapter/chain_answers.h"

#include <algorithm>

#include "bitcoin/chain/block_rules.h"
#include "sdk/base/checked.h"

namespace lockstep::bitcoin {

std::optional<BlockId> id_in(const RpcResult& result) {
    const std::string* const text = result ? result->as_text() : nullptr;
    return text == nullptr ? std::nullopt : block_id_from_text(*text);
}

std::vector<Txid> ids_in(const Json& list) {
    std::vector<Txid> ids;
    if (list.as_array() == nullptr) return ids;
    ids.reserve(list.size());
    for (const Json& item : *list.as_array()) {
        const std::string* const text = item.as_text();
        if (const auto id = text == nullptr ? std::nullopt : txid_from_text(*text))
            ids.push_back(*id);
    }
    return ids;
}

std::optional<FeePerKvb> rate_in(const RpcResult& result) {
    const auto satoshi = result ? satoshi_of((*result)["feerate"]) : std::nullopt;
    return satoshi && *satoshi > 0 ? std::optional(FeePerKvb{*satoshi}) : std::nullopt;
}

std::optional<FeePerKvb> going_rate_in(const RpcResult& result) {
    if (!result) return std::nullopt;
    const auto least = satoshi_of((*result)["mempoolminfee"]);
    if (!least) return std::nullopt;
    Satoshi rate = *least;
    constexpr std::int64_t block_vsize = 1'000'000;
    const std::int64_t vsize = (*result)["bytes"].as_int64().value_or(0);
    const auto fees = satoshi_of((*result)["total_fee"]);
    if (fees && vsize > block_vsize)
        rate = std::max(rate,
                        static_cast<Satoshi>(mul_div_floor(static_cast<std::uint64_t>(*fees), 1'000,
                                                           static_cast<std::uint64_t>(vsize))
                                                 .value_or(0)));
    return FeePerKvb{rate};
}

bool is_what_its_id_says(const Block& block, const BlockId& id) {
    if (id_of(block.header) != id || merkle_root_of(block).root != block.header.merkle_root)
        return false;
    const auto& all = block.transactions;
    const bool has_witness = std::any_of(
        all.begin(), all.end(), [](const Transaction& each) { return each.has_witness(); });
    return !has_witness || !check_commitment(block);
}

}  // namespace lockstep::bitcoin
