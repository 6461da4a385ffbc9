// Tour 5/5: the world. Ledgers, nodes, a network, disks and clocks in virtual time, all that a
// scenario and a seed say, and nothing else: the same seed gives the same world, octet for octet.
// The programs in it are those that run in production, with other ports.
//
// A world has two phases. First load, faults and cheats; then everything heals, and what is open
// must come to an end.
#pragma once

#include <memory>

#include "sim/scenario/routes.h"
#include "sim/world/accounts.h"
#include "sim/world/faults.h"
#include "sim/world/orders.h"
#include "sim/world/watcher.h"

namespace lockstep::sim {

struct WorldOptions {
    std::uint64_t seed = 1;
    bool keep_trace = false;
    Selection selection;
    bool real_signatures = false;
    std::function<std::unique_ptr<SimDisk>()> make_disk = make_memory_disk;
    // The conduct of a node that is not honest.
    std::function<std::unique_ptr<Conduct>(const NodeSpec& node, Means means)> make_conduct;
};

class World final : public Switchboard {
public:
    World(const Scenario& scenario, WorldOptions options);
    ~World() override;

    // Who looks on; before run().
    void set_watcher(Watcher& watcher) { watcher_ = &watcher; }
    void on_leak(std::function<void(const NodeProcess&, const Condition&)> leaked) {
        leaked_ = std::move(leaked);
    }
    void on_restored(std::function<void(const NodeProcess&, Timestamp copied)> restored) {
        restored_ = std::move(restored);
    }
    void on_beyond(std::function<void(NodeProcess&)> beyond) { beyond_ = std::move(beyond); }

    // Ledgers, accounts, money and nodes, until every node knows every ledger of its.
    void set_up();
    // The first phase, whole.
    void run();
    // The second: until `quiet` says so, at the latest when every expiry and its bound has passed.
    void heal(const std::function<bool()>& quiet);

    NodeProcess* find_node(const PublicKey& key) override;
    LedgerService* find_ledger(const Address& ledger) override;
    NodeProcess* find_node(const std::string& name);

    Scheduler& scheduler() { return scheduler_; }
    Trace& trace() { return trace_; }
    Tally& tally() { return tally_; }
    std::uint32_t strikes_planned() const { return faults_->planned(); }
    Orders& orders() { return orders_; }
    std::vector<std::unique_ptr<NodeProcess>>& nodes() { return nodes_; }
    std::vector<std::unique_ptr<LedgerService>>& ledgers() { return ledgers_; }
    Timestamp started_at() const { return started_at_; }
    Timestamp healed_at() const { return healed_at_; }

private:
    class WatchedKeeper;

    std::shared_ptr<const Signer> signer_of(const std::string& name) const;
    PublicKey key_of(const std::string& name) const { return signer_of(name)->public_key(); }
    void make_ledger(const LedgerSpec& spec);
    void make_node(const NodeSpec& spec);
    std::vector<Holder> holders_on(const LedgerSpec& spec) const;
    void open_accounts(LedgerService& ledger, const LedgerSpec& spec);
    void submit_ops(LedgerService& ledger, std::vector<Op> ops, const Signer& signer);
    void schedule_load();
    void order_trade(std::uint64_t number, Rng rng);
    void order_payment(std::uint64_t number, Rng rng);
    void run_until(Timestamp limit);

    const Scenario& scenario_;
    WorldOptions options_;
    Rng rng_;
    const Accounts accounts_;
    Scheduler scheduler_;
    Trace trace_;
    Tally tally_;
    Network network_;
    Topics topics_;
    std::shared_ptr<const SignatureScheme> scheme_;
    std::vector<TradePair> trade_pairs_;
    std::vector<PaymentPair> payment_pairs_;
    std::vector<std::size_t> venues_;
    Orders orders_;
    std::vector<std::unique_ptr<LedgerService>> ledgers_;
    std::vector<std::unique_ptr<NodeProcess>> nodes_;
    std::unique_ptr<FaultPlan> faults_;
    Watcher* watcher_ = nullptr;
    std::function<void(const NodeProcess&, const Condition&)> leaked_;
    std::function<void(const NodeProcess&, Timestamp)> restored_;
    std::function<void(NodeProcess&)> beyond_;
    Timestamp started_at_;
    Timestamp healed_at_;
};

}  // namespace lockstep::sim
