// What a node's answers about its chain and its pool say. nullopt for what is an error, or has
// another form.
#pragma once

#include "bitcoin/adapter/fees.h"
#include "bitcoin/adapter/rpc_batch.h"
#include "bitcoin/chain/block.h"

namespace lockstep::bitcoin {

// Of getblockhash.
std::optional<BlockId> id_in(const RpcResult& result);
// Of getrawmempool, in its order; what is no id is left out.
std::vector<Txid> ids_in(const Json& list);
// Of estimatesmartfee, which says it in coins for 1000 virtual bytes.
std::optional<FeePerKvb> rate_in(const RpcResult& result);
// Of getmempoolinfo: what the node's pool takes at least; and what is paid in it on average, where
// it has more than a block holds: who pays less is not in the next one.
std::optional<FeePerKvb> going_rate_in(const RpcResult& result);
// The id says all of a block, the witnesses too, in which preimages are shown.
bool is_what_its_id_says(const Block& block, const BlockId& id);

}  // namespace lockstep::bitcoin
