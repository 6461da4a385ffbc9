// The oracle: sees the ledgers' books and who is honest, never a node's opinion, and says which
// rule broke. It checks with every change of an escrow what that change can break, and everything
// now and then.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/oracle/bounds.h"
#include "sim/oracle/rules.h"
#include "sim/report/outcome.h"
#include "sim/world/node_process.h"
#include "sim/world/orders.h"
#include "sim/world/watcher.h"

namespace lockstep::sim {

class Oracle final : public Watcher {
public:
    struct Parts {
        Scheduler& scheduler;
        Trace& trace;
        const Scenario& scenario;
        const std::vector<std::unique_ptr<NodeProcess>>& nodes;
        const std::vector<std::unique_ptr<LedgerService>>& ledgers;
        const Orders& orders;
        // Replays every journal at the end; else one node's and one ledger's, by this number.
        bool replay_all = true;
        std::uint64_t pick = 0;
    };
    explicit Oracle(Parts parts);

    // After the accounts are there.
    void begin();
    // What this node loses from now on is bounded by what it reported, not excluded.
    void excuse(const NodeProcess& node);
    // Its data is a copy that was made then: what it forgot, others may wait for as long as a trade
    // is valid.
    void restored(const NodeProcess& node, Timestamp copied);
    bool is_excused(const NodeProcess& node) const;
    // A secret was computed although its release is not durable.
    void secret_leaked(const NodeProcess& node, const Condition& condition);
    // All that must hold when faults are over and time has passed.
    void finish();

    // But for what waits for a payer that will never have it back.
    bool nothing_open() const;
    Timestamp last_expiry() const { return last_expiry_; }
    std::uint64_t losses() const { return losses_; }
    std::vector<RuleResult> results() const;
    bool violated() const { return violations_ > 0; }
    // Deals, and trades that the node is a party of, without an end. What waits for an escrow that
    // nobody will ever end has none.
    std::size_t open_business(const NodeProcess& node) const;

    void escrow_moved(const LedgerService& ledger, const LedgerEvent& event) override;
    void escrow_taken_back(const LedgerService& ledger, const LedgerEvent& event,
                           std::uint32_t blocks) override;
    void fee_paid(const LedgerService& ledger, const Address& account, Amount fee,
                  std::size_t vsize) override;
    void secret_released(const NodeProcess& node, const Condition& condition) override;
    void alarm_raised(const NodeProcess& node, const std::string& code) override;
    void node_starts() override { started_ = true; }
    void after_step() override;

private:
    using Place = std::pair<std::size_t, EscrowKey>;  // ledger, escrow
    struct Known {
        EscrowTerms terms;
        EscrowState state = EscrowState::prepared;
        std::size_t ledger = 0;
        Timestamp prepared_at;
        Timestamp ended_at = {};
        Timestamp due = {};              // when it must be over
        std::uint64_t payee_starts = 0;  // how often its payee had started when it was prepared
        bool is_forgotten = false;       // its payer's data is a copy that does not know it
        const NodeProcess* asked_by = nullptr;  // of a connector's: who began the chain
    };
    struct Chain {
        Address first_payer;
        std::vector<Place> escrows;  // in the order in which they were prepared
    };
    // What a node paid under a condition, of what was there for it the escrow that pays, or still
    // may, and how many it took.
    struct Sides {
        const Known* out = nullptr;
        const Known* in = nullptr;
        std::size_t taken = 0;
    };
    // What a node lost beyond its profile.
    struct Losses {
        std::set<Condition> conditions;
        Timestamp at;  // of the last, and what was lost in that moment
        std::map<AssetId, Amount> amounts;
        std::size_t alarms = 0;
    };
    // Every price that a connector's node was started with.
    struct Prices {
        std::map<std::pair<Address, Address>, std::vector<Price>> of;  // in ledger, out ledger
    };
    // An account, as the changes of escrows make it.
    struct Money {
        Amount free;
        Amount whole;  // what it has in escrows included
        Amount most;   // the most that it ever was
    };
    // What somebody's chains hold of a connector.
    struct Share {
        std::uint64_t escrows = 0;
        std::map<std::pair<Address, AssetId>, Amount> amounts;  // by the connector's account
    };

    // `what` is asked for only where the rule broke.
    template <class What>
    void check(Rule rule, bool holds, What what) {
        count(rule);
        if (!holds) violate(rule, what());
    }
    void count(Rule rule);
    void violate(Rule rule, const std::string& what);
    std::size_t ledger_index(const Address& ledger) const;
    const NodeProcess* owner(const Address& account) const;
    static bool stands_still(const NodeProcess& node);
    bool is_held_to(const NodeProcess* node) const;  // honest, and within its profile
    void note_balance(const LedgerService& ledger, const Address& account, const AssetId& asset);
    Moment moment_of(const LedgerService& ledger, const LedgerEvent& event) const;
    Duration life_behind_expiry(std::size_t ledger, const EscrowTerms& terms) const;
    bool is_final(const Known& escrow) const;
    bool is_in_time(const NodeProcess& node, const Known& escrow) const;
    bool is_owed(const Known& escrow) const;
    bool is_abandoned(const Known& escrow) const;
    void close(const Known& escrow, const Place& place);
    void open(Known& escrow, const Place& place);
    void prepared(Known& escrow);
    void ended(const Known& escrow);
    bool is_sender(const NodeProcess& node, const Condition& condition) const;
    Sides sides_of(const NodeProcess& node, const Condition& condition) const;
    const Known* owed_to(const NodeProcess& node, const Condition& condition) const;
    const Known* lost_of(const NodeProcess& node, const Condition& condition) const;
    void check_loss(const NodeProcess& node, const Condition& condition, bool at_the_end = false);
    void count_loss(const NodeProcess& node, const Condition& condition);
    void settle_losses(const NodeProcess& node);
    void forgive_loss(const Known& escrow);
    void note_prices();
    const std::vector<Price>* prices_between(const NodeProcess& node, const Known& in,
                                             const Known& out) const;
    bool is_price(const NodeProcess& node, const Known& in, const Known& out) const;
    void check_quotes_taken(const Order& order, const Condition& condition);
    void take_share(const NodeProcess& node, Known& escrow);
    void take_share_again(const Known& escrow);
    void give_share_back(const Known& escrow);
    void move_money(const Known& escrow);
    void move_money_back(const Known& escrow);
    void check_promises(const Address& account, const AssetId& asset);
    void recount();
    void check_balances();
    void check_order(const Order& order);
    void check_sides(const Order& order, const core::Terms& terms);
    bool is_paid(const NodeProcess& payee, const Condition& condition, bool or_may_be) const;
    std::string tell(const Known& escrow) const;
    const NodeSpec& spec_of(const NodeProcess& node) const;

    Parts parts_;
    std::map<Address, const NodeProcess*> owners_;
    std::map<Place, Known> escrows_;
    std::map<Condition, Chain> chains_;
    struct Released {
        const NodeProcess* node = nullptr;
        Timestamp at;
    };
    std::map<Condition, Released> released_;
    std::set<std::pair<Timestamp, Place>> due_;  // open ones, by the time when they must be over
    std::set<Place> overdue_;                    // open ones beyond it
    std::set<const NodeProcess*> excused_;
    std::set<const NodeProcess*> restored_;
    std::map<const NodeProcess*, Losses> lost_;
    std::map<const NodeProcess*, Prices> prices_;
    std::vector<std::uint64_t> starts_;  // of each node, when its prices were noted
    bool started_ = false;               // some node, since then
    std::map<std::pair<const NodeProcess*, const NodeProcess*>, Share> shares_;  // of whom, by whom
    std::map<std::pair<Address, AssetId>, Money> money_;
    std::size_t open_ = 0;
    Timestamp last_expiry_;
    std::uint64_t moves_ = 0;
    std::uint64_t losses_ = 0;
    std::uint64_t violations_ = 0;
    std::vector<RuleResult> results_;
};

}  // namespace lockstep::sim
