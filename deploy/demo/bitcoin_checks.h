// What must hold after a run of shares against bitcoin, recomputed from the trades, the payments
// and the connector's offer alone and compared with the chain and the ledgers' books.
#pragma once

#include <string>
#include <vector>

#include "deploy/demo/bitcoin_report.h"
#include "deploy/demo/profile_check.h"

namespace lockstep::demo {

// The escrow that a trade or payment must have on the chain.
struct ExpectedEscrow {
    std::string name;
    Condition condition;
    std::string payer, payee;
    bitcoin::Satoshi amount = 0;
    bool paid = false;  // claimed; else refunded, or given back early
};
// Names every escrow on the chain; a line for each that nobody is known for, that is not as agreed
// or ended otherwise, and for each that is expected and not there, or there twice.
std::vector<std::string> match_escrows(const std::vector<ChainEscrow>& chain,
                                       const std::vector<ExpectedEscrow>& expected,
                                       std::vector<NamedEscrow>& named);

// As exceeded_profiles, and a line for each time in which the chain had no block for F or longer:
// an escrow that was in one was not final in time.
std::vector<std::string> exceeded_with_chain(const std::vector<Outage>& stalls,
                                             const std::vector<Inclusion>& inclusions,
                                             const std::vector<BlockGap>& gaps);

// Quantity x price; 0 for what is no trade of this world.
bitcoin::Satoshi consideration(const client::TradeRequest& trade);
bitcoin::Satoshi satoshi(const std::string& amount);
// What the connector takes for an amount of bitcoin, in öre: rounded up once.
std::uint64_t krona_for(bitcoin::Satoshi amount);

// Settled trades moved their shares, paid payments the connector's price, nothing else moved, and
// the connector's fees are what it took above the bare rate. A line for each difference.
std::vector<std::string> check_holdings(const BitcoinReport& report);

}  // namespace lockstep::demo
