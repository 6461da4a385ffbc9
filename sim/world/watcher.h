// Who looks on: sees what ledgers commit and what parties sign, never what a node thinks.
#pragma once

#include "connector/assembly/node_events.h"
#include "connector/core/records.h"
#include "sim/world/ledger_service.h"

namespace lockstep::sim {

class NodeProcess;

class Watcher {
public:
    virtual ~Watcher() = default;
    // An escrow moved on a ledger.
    virtual void escrow_moved(const LedgerService& ledger, const LedgerEvent& event) = 0;
    // What it had done is undone: the ledger took back what it had shown, with so many blocks.
    virtual void escrow_taken_back(const LedgerService& ledger, const LedgerEvent& event,
                                   std::uint32_t blocks) = 0;
    // An account paid somebody for carrying its transaction of that size.
    virtual void fee_paid(const LedgerService& ledger, const Address& account, Amount fee,
                          std::size_t vsize) = 0;
    // A node's decision to show its secret became durable, and the secret was made.
    virtual void secret_released(const NodeProcess& node, const Condition& condition) = 0;
    // A node told its operator.
    virtual void alarm_raised(const NodeProcess& node, const std::string& code) = 0;
    // A node starts, or tries to, or another one in its place.
    virtual void node_starts() = 0;
    // Something happened: the moment to look whether every rule holds.
    virtual void after_step() = 0;
};

}  // namespace lockstep::sim
