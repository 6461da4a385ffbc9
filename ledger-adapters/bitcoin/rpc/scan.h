// scantxoutset: what coins there are for some descriptors. A search is over when it answers, so
// that there is never one to ask about or to stop. Source: Bitcoin Core 29, rpc/blockchain.cpp.
#pragma once

#include "bitcoin/chain/chain.h"
#include "bitcoin/keys/network.h"
#include "bitcoin/rpc/envelope.h"

namespace lockstep::bitcoin {

constexpr std::size_t max_scan_objects = 1000;
// `objects`: descriptors, or objects with one in "desc".
RpcAnswer scan_coins(const Chain& chain, const Network& network, const Json::Array& objects);

}  // namespace lockstep::bitcoin
