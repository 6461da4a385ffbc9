// What the accounts of the world's ledgers moved between two readings of their books, and whether
// that is exactly what the settled trades say: conservation alone would not notice a leg that was
// paid twice, or a buyer who got shares that nobody was paid for.
#pragma once

#include <string>
#include <vector>

#include "connector/client/model.h"
#include "deploy/demo/books.h"

namespace lockstep::demo {

struct Movement {
    std::string account;
    AssetId asset;
    Amount before;  // free and in escrow
    Amount after;
};

// Of every account and asset that either reading knows.
std::vector<Movement> movements(const std::vector<LedgerBooks>& before,
                                const std::vector<LedgerBooks>& after);

// The settled trades of everything that moved, in the world of cast.h, against the books and the
// connector's own report of its fees; a line for each difference. Recomputed from the trades and
// the offer alone:
// - the buyer gets the quantity from the seller, the seller gets quantity x price from the
//   connector, the buyer pays the connector's price for that, rounded up to a cent; no other
//   account and no other asset moves;
// - the buyers together paid what the connector received;
// - the fees are what the connector received above the bare rate of what it gave.
std::vector<std::string> check_movements(const std::vector<client::TradeRequest>& settled,
                                         const std::vector<LedgerBooks>& before,
                                         const std::vector<LedgerBooks>& after,
                                         const std::vector<client::FeeView>& fees);

}  // namespace lockstep::demo
