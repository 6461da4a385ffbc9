// The mempool as JSON. Source: Bitcoin Core 29, rpc/mempool.cpp.
#pragma once

#include "bitcoin/pool/mempool.h"
#include "bitcoin/rpc/envelope.h"

namespace lockstep::bitcoin {

// getmempoolentry, and each member of getrawmempool with verbose.
Json pool_entry_json(const Mempool::Entry& entry, const Mempool& pool);

Json pool_ids_json(const Mempool& pool);
Json pool_ids_with_sequence_json(const Mempool& pool);
Json pool_entries_json(const Mempool& pool);
// getmempoolinfo
Json pool_info_json(const Mempool& pool, std::int64_t now_s);

// It pays more than at that rate; 0 is no limit.
bool pays_too_much(Satoshi fee, std::size_t size, FeeRate max_rate);
struct AcceptTerms {
    std::int64_t now_s = 0;
    FeeRate max_rate = 0;
};
// The rows of testmempoolaccept. Several are a package.
Json accept_json(const std::vector<Transaction>& transactions, const Mempool& pool,
                 const AcceptTerms& terms);

}  // namespace lockstep::bitcoin
