// Which assets this node has heard of, so that callers can write "SEK" instead of "SEK/2". Filled
// from the configuration and from what ledgers say about themselves. Thread-safe.
#pragma once

#include <mutex>
#include <set>

#include "connector/core/config.h"

namespace lockstep::api {

class AssetBook {
public:
    explicit AssetBook(const core::NodeConfig& config);

    void learn(const LedgerInfo& info);
    // "SEK" or "SEK/2", on the ledger of the account; nullopt when it is no asset or its scale is
    // not known.
    std::optional<AssetId> find(std::string_view text, const Address& account) const;

private:
    std::optional<AssetId> find_code(std::string_view code, const Address& account) const;

    mutable std::mutex mutex_;
    std::set<std::pair<Address, AssetId>> assets_;  // by ledger
};

}  // namespace lockstep::api
