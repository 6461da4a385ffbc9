// What the parties of a simulated world ask of their nodes, and how it ends: trades through a venue
// and payments against invoices, each submitted until it is answered, under one idempotency key, as
// the real client does.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connector/core/records.h"
#include "sim/world/node_process.h"

namespace lockstep::sim {

enum class OrderEnd : std::uint8_t {
    open,     // no end yet
    settled,  // of a payment: paid
    unwound,  // of a payment: refunded
    declined,
    broken,
    dropped,  // the node that it was for is gone for good, or never answered while cheating
};

struct Order {
    bool trade = true;
    std::string name;               // reference, or the idempotency key of a payment
    NodeProcess* at = nullptr;      // the venue, or the payer
    NodeProcess* payer = nullptr;   // the buyer
    NodeProcess* payee = nullptr;   // the seller
    core::input::TradeOrder order;  // of a trade
    Address from, to;               // of a payment
    AssetId from_asset, to_asset;
    Amount amount;  // that the payee gets
    Timestamp submitted;
    bool answered = false;
    std::optional<core::PlanId> plan;
    std::optional<core::input::Invoice> invoice;
    OrderEnd end = OrderEnd::open;
    std::string reason;
    std::string state;     // the last that was published
    std::string recorded;  // the last that its node's records held
};

class Orders {
public:
    Orders(Scheduler& scheduler, Trace& trace, const Topics& topics, Duration patience,
           Duration invoice_life)
        : scheduler_(scheduler),
          trace_(trace),
          topics_(topics),
          patience_(patience),
          invoice_life_(invoice_life) {}

    void submit(Order order);
    void answered(NodeProcess& node, std::uint64_t ticket, const Result<Bytes>& answer);
    void published(NodeProcess& node, const core::EventRecord& event);
    // Reads from the nodes' records how each order ended.
    void look();
    // Nothing is without an answer or an end any more.
    bool all_over() const;
    const std::vector<Order>& all() const { return orders_; }

private:
    void ask(std::size_t index);
    void end(Order& order, OrderEnd how, std::string reason);
    void look_at(Order& order);
    void said(const NodeProcess& node, const Order& order, const std::string& what);

    Scheduler& scheduler_;
    Trace& trace_;
    const Topics& topics_;
    Duration patience_;  // until a call without an answer is made again
    Duration invoice_life_;
    std::vector<Order> orders_;
    std::map<std::uint64_t, std::size_t> tickets_;
    std::map<core::PlanId, std::size_t> plans_;
    std::uint64_t last_ticket_ = 0;
};

}  // namespace lockstep::sim
