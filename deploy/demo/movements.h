// What the accounts of the world's ledgers moved between two readings of their books, and whether
// that is exactly what the settled trades say: conservation alone would not notice a leg that was
// paid twice, or a buyer who got shares that nobody was paid for.
#pragma once

#include <map>
#include <string>
#include <utility>
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

// What went in and what came out; in units.
struct Flows {
    std::uint64_t in = 0;
    std::uint64_t out = 0;

    bool is_same_change(const Flows& other) const { return in + other.out == other.in + out; }
    std::string text(const AssetId& asset) const;  // "+1.50"
};
using HoldingKey = std::pair<std::string, AssetId>;  // account

// What should have moved, to be compared with what did.
class Moves {
public:
    void move(const HoldingKey& from, const HoldingKey& to, std::uint64_t units) {
        expected_[from].out += units;
        expected_[to].in += units;
    }
    // A line for each account and asset that moved otherwise; what was not to move did not.
    std::vector<std::string> compare(const std::vector<Movement>& all) const;

private:
    std::map<HoldingKey, Flows> expected_;
};

// The settled trades of everything that moved, in the world of euro_cast.h, against the books and
// the connector's own report of its fees; a line for each difference. Recomputed from the trades
// and the offer alone:
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
