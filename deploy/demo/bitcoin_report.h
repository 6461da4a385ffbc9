// What a run of shares against bitcoin found, as one JSON object and as a table for people.
#pragma once

#include <string>
#include <vector>

#include "deploy/demo/alarms.h"
#include "deploy/demo/chain_book.h"
#include "deploy/demo/desk.h"
#include "deploy/demo/payments.h"
#include "deploy/demo/world.h"
#include "sdk/codec/json.h"

namespace lockstep::demo {

// An escrow on the chain, and what it was for.
struct NamedEscrow {
    std::string name;  // of a trade or payment
    ChainEscrow escrow;
};
// What the chain says of one that has an account there.
struct ChainAccount {
    std::string name;
    bitcoin::Satoshi mined = 0, earned = 0, spent = 0, fees = 0, balance = 0;
};

struct BitcoinReport {
    PhaseResult trades;   // both sides act; some cannot be
    PhaseResult stalled;  // somebody falls silent when the buyer has paid into escrow
    std::vector<TrackedPayment> payments;
    std::vector<TrackedPayment> unpaid;  // the receiver is away
    std::vector<LedgerBooks> before;
    std::vector<LedgerBooks> after;
    bool conserved = false;            // those books
    std::vector<NamedEscrow> escrows;  // every one on the chain
    std::vector<ChainAccount> accounts;
    std::uint32_t height = 0;
    bitcoin::Satoshi mined = 0, chain_fees = 0;
    std::vector<client::FeeView> fees;  // of the connector
    std::vector<NodeAlarm> alarms;
    std::vector<Ending> endings;
    Figures figures;
    std::uint64_t restarts = 0;
    double set_up_s = 0, total_s = 0;
    // In what the machine was outside the profiles, a line each.
    std::vector<std::string> outside;
    // What a run inside its profiles comes to and this one did not: problems, once it is known
    // whether it was inside.
    std::vector<std::string> unmet;
    // Parts of the run for which the machine was too slow, a line each.
    std::vector<std::string> not_shown;
    // Everything that was not as it should be, a line each.
    std::vector<std::string> problems;
};

Json to_json(const BitcoinReport& report);
std::string chain_table(const BitcoinReport& report);
std::string result_table(const BitcoinReport& report);
std::string coins(bitcoin::Satoshi amount);  // "0.00427000"

}  // namespace lockstep::demo
