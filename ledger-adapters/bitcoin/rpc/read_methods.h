// What methods.cpp calls; inside this folder only.
#pragma once

#include "bitcoin/rpc/methods.h"

namespace lockstep::bitcoin {

struct ReadMethod {
    MethodSpec spec;
    RpcAnswer (*call)(const NodeView& node, Params& params);
};
std::span<const ReadMethod> chain_methods();
std::span<const ReadMethod> pool_methods();
std::span<const ReadMethod> transaction_methods();
std::span<const ReadMethod> script_methods();
std::span<const ReadMethod> node_methods();

struct FoundTransaction {
    const Chain::Entry* block = nullptr;
    std::size_t place = 0;  // in it
};
std::optional<FoundTransaction> find_in_block(const Chain::Entry& block, const Txid& txid);
// On the active chain.
std::optional<FoundTransaction> find_confirmed(const NodeView& node, const Txid& txid);

}  // namespace lockstep::bitcoin
