// The ledgers' own books: balances and totals as a ledger states them, and the same recomputed line
// by line from the statements of all its accounts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connector/client/api_client.h"
#include "sdk/base/amount.h"

namespace lockstep::demo {

struct Holding {
    std::string account;
    AssetId asset;
    Amount free;
    Amount escrowed;
};

struct AssetBook {
    AssetId asset;
    Amount issued;  // less what was redeemed
    Amount free;
    Amount escrowed;
};

struct LedgerBooks {
    std::string ledger;
    std::vector<Holding> holdings;  // as the ledger states them
    std::vector<AssetBook> totals;  // as the ledger states them
    std::size_t lines = 0;          // of statements that were checked
    // Why the books do not balance, a line each; empty when every statement adds up, gives the
    // stated holdings, and the holdings of each asset sum to what was issued.
    std::vector<std::string> mistakes;
};

// `reader` is a client of the ledger with a key that may read every account. Without statements
// only holdings and totals are compared. Codes: those of the ledger.
Result<LedgerBooks, Failure> read_books(client::ApiClient& reader, const std::string& ledger,
                                        const std::vector<std::string>& accounts,
                                        bool with_statements);

}  // namespace lockstep::demo
