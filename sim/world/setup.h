// Who is who in a simulated world: accounts, keys by name, and each node's configuration as an
// operator would have written it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "connector/core/config.h"
#include "sim/scenario/routes.h"
#include "sim/world/accounts.h"

namespace lockstep::sim {

using KeyOf = std::function<PublicKey(const std::string& name)>;

// The configuration of one node; margins of offers follow from the connectors' endurance.
core::NodeConfig configure(const Scenario& scenario, const NodeSpec& node, const KeyOf& key_of,
                           const Accounts& accounts);
// What a world knows of a ledger's timing.
core::LedgerTiming timing_of(const LedgerSpec& ledger);
// A node's first account on a securities ledger, or on one of money.
std::optional<AccountSpec> first_account(const Scenario& scenario, const NodeSpec& node,
                                         LedgerKind kind);
// The longest T_in - T_out that this node keeps between two of its ledgers.
Duration longest_margin(const Scenario& scenario, const NodeSpec& node);
// No escrow of a route lives longer than this from the start of its settlement.
Duration longest_life(const Scenario& scenario);

}  // namespace lockstep::sim
