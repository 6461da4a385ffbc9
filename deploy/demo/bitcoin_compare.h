// A run of shares against bitcoin compared with its chain: what the blocks say, what the Bitcoin
// node's scan finds, what the nodes believe, and what was agreed, must be one.
#pragma once

#include <string>

#include "deploy/demo/bitcoin_report.h"

namespace lockstep::demo {

// Reads every block, fills in what of the report is of the chain, and appends to its problems. The
// trades and payments of the report have ended, and no block is made meanwhile. Codes: those of
// read_chain.
Result<void, Failure> compare_chain(World& world, BitcoinReport& report);

// What a node says that its account on the chain can spend; empty where it does not answer.
std::string free_coins(World& world, const std::string& node);

}  // namespace lockstep::demo
