#include "sim/world/world.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/crypto/known_signatures.h"
#include "sim/world/keyed_scheme.h"
#include "sim/world/setup.h"

namespace lockstep::sim {
namespace {

// 2026-01-01, the hour does not matter.
constexpr Timestamp dawn{1'767'225'600'000'000};
constexpr Duration longest_set_up = Duration::seconds(600);

std::shared_ptr<const SignatureScheme> make_scheme(const WorldOptions& options) {
    if (options.real_signatures)
        return std::make_shared<KnownSignatures>(std::make_shared<Ed25519>());
    const std::string secret = "world " + std::to_string(options.seed);
    return std::make_shared<KeyedScheme>(sha256(as_bytes(secret)));
}

std::unique_ptr<LedgerService> make_service(LedgerParts parts) {
    switch (parts.spec.kind) {
        case LedgerKind::cash:
            return make_cash_service(std::move(parts));
        case LedgerKind::securities:
            return make_securities_service(std::move(parts));
        case LedgerKind::bitcoin:
            return make_bitcoin_service(std::move(parts));
    }
    UNREACHABLE();
}

// Amounts of orders grow so many times where there is Bitcoin, whose miners take their part of
// each.
constexpr std::uint64_t bitcoin_orders = 1'000;

std::uint64_t order_scale(const Scenario& scenario) {
    const bool has_bitcoin =
        std::any_of(scenario.ledgers.begin(), scenario.ledgers.end(),
                    [](const LedgerSpec& each) { return each.kind == LedgerKind::bitcoin; });
    return has_bitcoin ? bitcoin_orders : 1;
}

}  // namespace

// Notices when a preimage is asked for before its release left as durable.
class World::WatchedKeeper final : public assembly::SecretKeeper {
public:
    explicit WatchedKeeper(KeySeed seed) : inner_(std::move(seed)) {}
    Condition condition(const Hash& context, const Hash& entropy) const override {
        return inner_.condition(context, entropy);
    }
    Preimage preimage(const Hash& context, const Hash& entropy) const override {
        if (!released.contains(context)) leaked(inner_.condition(context, entropy));
        return inner_.preimage(context, entropy);
    }
    std::set<Hash> released;
    std::function<void(const Condition&)> leaked;

private:
    assembly::SeedSecretKeeper inner_;
};

World::World(const Scenario& scenario, WorldOptions options)
    : scenario_(scenario),
      options_(std::move(options)),
      rng_(options_.seed),
      accounts_(scenario_, options_.seed),
      scheduler_(dawn),
      trace_(options_.keep_trace),
      network_(scheduler_, trace_, tally_, rng_.fork("network")),
      scheme_(make_scheme(options_)),
      trade_pairs_(trade_pairs(scenario_)),
      payment_pairs_(payment_pairs(scenario_)),
      orders_(scheduler_, trace_, topics_, Duration::seconds(15), longest_life(scenario_)) {
    for (const LedgerSpec& spec : scenario_.ledgers)
        make_ledger(spec);
    for (const NodeSpec& spec : scenario_.nodes)
        make_node(spec);
    for (std::size_t i = 0; i < scenario_.nodes.size(); ++i)
        if (scenario_.nodes[i].venue) venues_.push_back(i);
}

World::~World() = default;

std::shared_ptr<const Signer> World::signer_of(const std::string& name) const {
    return scheme_->signer(KeySeed{sha256(as_bytes("key of " + name)).array()});
}

NodeProcess* World::find_node(const PublicKey& key) {
    for (const auto& node : nodes_)
        if (node->key() == key) return node.get();
    return nullptr;
}
NodeProcess* World::find_node(const std::string& name) {
    for (const auto& node : nodes_)
        if (node->name() == name) return node.get();
    return nullptr;
}
LedgerService* World::find_ledger(const Address& ledger) {
    for (const auto& service : ledgers_)
        if (service->address() == ledger) return service.get();
    return nullptr;
}

void World::make_ledger(const LedgerSpec& spec) {
    const std::size_t index = ledgers_.size();
    LedgerParts parts{
        scheduler_,
        trace_,
        tally_,
        network_,
        rng_.fork(spec.name),
        spec,
        scheme_,
        key_of("operator"),
        [this](const std::string& name) { return signer_of(name); },
        options_.make_disk,
        holders_on(spec),
        [this, index](const LedgerEvent& event) {
            if (watcher_ != nullptr) watcher_->escrow_moved(*ledgers_[index], event);
        },
        [this, index](const LedgerEvent& event, std::uint32_t blocks) {
            if (watcher_ != nullptr) watcher_->escrow_taken_back(*ledgers_[index], event, blocks);
        },
        [this, index](const Address& account, Amount fee, std::size_t vsize) {
            if (watcher_ != nullptr) watcher_->fee_paid(*ledgers_[index], account, fee, vsize);
        },
        [this, index](std::size_t process) { faults_->ledger_died(*ledgers_[index], process); }};
    ledgers_.push_back(make_service(std::move(parts)));
}

// Whose coins a chain begins with.
std::vector<Holder> World::holders_on(const LedgerSpec& spec) const {
    std::vector<Holder> holders;
    if (spec.kind != LedgerKind::bitcoin) return holders;
    for (const NodeSpec& node : scenario_.nodes)
        for (const AccountSpec& account : node.accounts)
            if (account.ledger == spec.name)
                holders.push_back({accounts_.bitcoin_signer(node.name), account.balance});
    return holders;
}

void World::make_node(const NodeSpec& spec) {
    const std::size_t index = nodes_.size();
    const auto self = [this, index]() -> NodeProcess& { return *nodes_[index]; };
    auto keeper = std::make_shared<WatchedKeeper>(KeySeed{
        sha256(as_bytes("secrets of " + spec.name + std::to_string(options_.seed))).array()});
    keeper->leaked = [this, self](const Condition& condition) {
        if (leaked_) leaked_(self(), condition);
    };
    const core::NodeConfig config = configure(
        scenario_, spec, [this](const std::string& name) { return key_of(name); }, accounts_);
    NodeProcess::Parts parts{
        scheduler_,
        trace_,
        tally_,
        network_,
        topics_,
        *this,
        rng_.fork(spec.name),
        config,
        signer_of(spec.name),
        scheme_,
        keeper,
        options_.make_disk(),
        spec.behaviour == Behaviour::honest,
        [this] {
            if (watcher_ != nullptr) watcher_->node_starts();
        },
        [this, self] { faults_->node_died(self()); },
        [this, self](std::uint64_t ticket, const Result<Bytes>& answer) {
            orders_.answered(self(), ticket, answer);
        },
        [this, self](const core::EventRecord& event) { orders_.published(self(), event); },
        [this, self, keeper](const assembly::effect::Release& release) {
            keeper->released.insert(release.context);
            if (watcher_ != nullptr) watcher_->secret_released(self(), release.condition);
            Moment moment;
            moment.at = scheduler_.now();
            moment.kind = MomentKind::released;
            moment.actor = self().actor();
            moment.text = release.condition.hex().substr(0, 8);
            moment.escrow.condition = release.condition;
            trace_.note(std::move(moment));
        },
        [this, self](const assembly::effect::Alarm& alarm) {
            tally_.alarm(alarm.code);
            if (watcher_ != nullptr) watcher_->alarm_raised(self(), alarm.code);
            Moment moment;
            moment.at = scheduler_.now();
            moment.kind = MomentKind::alarm;
            moment.actor = self().actor();
            moment.text = alarm.code + ": " + alarm.detail;
            trace_.note(std::move(moment));
        },
        nullptr};
    if (spec.behaviour != Behaviour::honest && options_.make_conduct)
        parts.make_conduct = [this, &spec](Means means) {
            means.whisper = [this, partner = spec.partner](const Condition& condition,
                                                           const Bytes& preimage) {
                NodeProcess* other = find_node(partner);
                if (other != nullptr && other->conduct() != nullptr)
                    other->conduct()->heard_whisper(condition, preimage);
            };
            for (const AccountSpec& account : spec.accounts)
                if (sim::find_ledger(scenario_, account.ledger)->kind == LedgerKind::bitcoin)
                    means.bitcoin_signer = accounts_.bitcoin_signer(spec.name);
            return options_.make_conduct(spec, std::move(means));
        };
    nodes_.push_back(std::make_unique<NodeProcess>(std::move(parts)));
}

// --- before anything happens ---

void World::submit_ops(LedgerService& ledger, std::vector<Op> ops, const Signer& signer) {
    if (ops.empty()) return;
    const Timestamp until = scheduler_.now() + Duration::seconds(60);
    const Bytes octets =
        sign_instruction({ledger.address(), signer.public_key(), until, std::move(ops)}, signer);
    std::optional<Result<Bytes>> answer;
    ledger.request(the_world, "/v1/instructions", octets,
                   [&](Result<Bytes> given) { answer = std::move(given); });
    while (!answer)
        ASSERT(scheduler_.step(until));
    ASSERT(*answer);
    const auto answers = decode_answers(**answer);
    ASSERT(answers);
    for (const OpAnswer& one : *answers)
        ASSERT(one.done);
}

void World::open_accounts(LedgerService& ledger, const LedgerSpec& spec) {
    if (spec.kind == LedgerKind::bitcoin) return;  // nobody opens them; see holders_on()
    const auto operator_signer = signer_of("operator");
    const auto issuer = signer_of("issuer");
    std::vector<Op> opening;
    std::vector<Op> issues;
    std::set<std::string> opened;
    std::uint64_t number = 0;
    const auto op = [&](std::vector<Op>& ops, OpBody body) {
        const std::string what = spec.name + " opening " + std::to_string(++number);
        ops.push_back({CommandId{sha256(as_bytes(what)).array()}, std::move(body)});
    };
    for (const AssetId& asset : spec.assets)
        op(opening, op::RegisterAsset{asset, issuer->public_key(), Amount{1}});
    for (const NodeSpec& node : scenario_.nodes)
        for (const AccountSpec& account : node.accounts) {
            if (account.ledger != spec.name) continue;
            if (opened.insert(node.name).second)
                op(opening, op::OpenAccount{accounts_.of(spec.name, node.name), key_of(node.name)});
            if (!account.balance.is_zero())
                op(issues,
                   op::Issue{accounts_.of(spec.name, node.name), account.asset, account.balance});
        }
    submit_ops(ledger, std::move(opening), *operator_signer);
    submit_ops(ledger, std::move(issues), *issuer);
}

void World::set_up() {
    faults_ = std::make_unique<FaultPlan>(
        FaultPlan::Parts{scheduler_, trace_, tally_, network_, rng_.fork("faults"),
                         options_.selection, scenario_, nodes_, ledgers_,
                         [this](NodeProcess& node) {
                             if (beyond_) beyond_(node);
                         },
                         [this](const NodeProcess& node, Timestamp copied) {
                             if (restored_) restored_(node, copied);
                         }});
    for (std::size_t i = 0; i < ledgers_.size(); ++i) {
        for (std::size_t process = 0; process < ledgers_[i]->processes(); ++process) {
            const auto started = ledgers_[i]->start(process);
            ASSERT(started);
        }
        open_accounts(*ledgers_[i], scenario_.ledgers[i]);
    }
    for (const auto& node : nodes_) {
        const auto started = node->start();
        ASSERT(started);
    }
    const auto ready = [this] {
        return std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
            const auto ledgers = node->node().machine().ledgers();
            return std::all_of(ledgers.begin(), ledgers.end(), [](const core::LedgerView& ledger) {
                return ledger.mode == static_cast<std::uint8_t>(report::Mode::live);
            });
        });
    };
    const Timestamp latest = scheduler_.now() + longest_set_up;
    while (!ready() && scheduler_.step(latest)) {
    }
    run_until(scheduler_.now() + Duration::seconds(2));
    started_at_ = scheduler_.now();
}

// --- the load ---

void World::order_trade(std::uint64_t number, Rng rng) {
    if (trade_pairs_.empty() || venues_.empty()) return;
    const TradePair& pair = trade_pairs_[rng.below(trade_pairs_.size())];
    Order order;
    order.trade = true;
    order.name = "TRD-" + std::to_string(number);
    order.at = nodes_[venues_[rng.below(venues_.size())]].get();
    order.payer = nodes_[pair.buyer].get();
    order.payee = nodes_[pair.seller].get();
    const Amount quantity{rng.between(1, 20)};
    const Amount price{rng.between(10, 500) * order_scale(scenario_)};
    order.order = {order.name,
                   pair.seller_securities.asset.code(),
                   quantity,
                   price,
                   order.payer->name(),
                   order.payee->name()};
    orders_.submit(std::move(order));
}

void World::order_payment(std::uint64_t number, Rng rng) {
    if (payment_pairs_.empty()) return;
    const PaymentPair& pair = payment_pairs_[rng.below(payment_pairs_.size())];
    Order order;
    order.trade = false;
    order.name = "PAY-" + std::to_string(number);
    order.at = order.payer = nodes_[pair.payer].get();
    order.payee = nodes_[pair.payee].get();
    order.from = accounts_.of(pair.from.ledger, order.payer->name());
    order.from_asset = pair.from.asset;
    order.to = accounts_.of(pair.to.ledger, order.payee->name());
    order.to_asset = pair.to.asset;
    order.amount = Amount{rng.between(100, 10'000) * order_scale(scenario_)};
    orders_.submit(std::move(order));
}

void World::schedule_load() {
    const LoadSpec& load = scenario_.load;
    Rng rng = rng_.fork("load");
    const Duration last = std::min(load.until, scenario_.length);
    const std::uint32_t burst = std::max<std::uint32_t>(load.burst, 1);
    Timestamp when;
    for (std::uint32_t i = 0; i < load.trades + load.payments; ++i) {
        if (i % burst == 0) when = started_at_ + rng.between(load.from, last);
        // Trades and payments mixed, whatever their numbers.
        const bool trade = i < load.trades;
        const Rng own(rng.next());
        if (!options_.selection.has_order(i)) continue;
        scheduler_.at(when, [this, i, trade, own] {
            trade ? order_trade(i + 1, own) : order_payment(i + 1, own);
        });
    }
}

// --- time ---

void World::run_until(Timestamp limit) {
    while (scheduler_.step(limit)) {
        if (watcher_ != nullptr) watcher_->after_step();
    }
    scheduler_.run_until(limit);
}

void World::run() {
    schedule_load();
    faults_->begin();
    run_until(started_at_ + scenario_.length);
}

void World::heal(const std::function<bool()>& quiet) {
    healed_at_ = scheduler_.now();
    faults_->heal();
    for (const auto& node : nodes_)
        if (node->conduct() != nullptr) node->conduct()->rest();
    const Timestamp latest = scheduler_.now() + longest_life(scenario_) * 2 + Duration::seconds(60);
    constexpr Duration look = Duration::seconds(10);
    while (scheduler_.now() < latest) {
        run_until(scheduler_.now() + look);
        orders_.look();
        if (orders_.all_over() && quiet()) break;
    }
    orders_.look();
}

}  // namespace lockstep::sim
