#include "tests/unit/core_world.h"

#include <doctest/doctest.h>

#include "sdk/crypto/hash.h"
#include "tests/unit/core_world_settings.h"

namespace lockstep::test {

CoreWorld::CoreWorld(const Options& options)
    : operator_seed_(world_seed("operator")), options_(options) {
    operator_ = scheme_.signer(operator_seed_);
    pass_on = [](const auto&, const auto&, const auto&) { return true; };
    carry_out = [](const auto&, const auto&) { return true; };
    for (const char* name : {"venue", "buyer", "seller", "connector"})
        add_node(name);
    if (options.second_connector) add_node("second");
    add_ledger("test.csd", share, Amount{10});
    add_ledger("test.sek", sek, Amount{1});
    add_ledger("test.eur", eur, Amount{1});
    if (options.second_connector) add_ledger("test.usd", usd, Amount{1});
    const auto open = [&](const char* ledger, const char* account, const char* owner,
                          std::uint64_t amount) {
        Ledger& at = *ledgers_.at(ledger);
        const Address address = addr(std::string(ledger) + "." + account);
        instruct(at, operator_->public_key(), {{}, op::OpenAccount{address, key(owner)}}, nullptr);
        const AssetId asset = at.machine.info().assets.front().asset;
        if (amount > 0)
            instruct(at, operator_->public_key(), {{}, op::Issue{address, asset, Amount{amount}}},
                     nullptr);
    };
    open("test.csd", "anna", "buyer", 0);
    open("test.csd", "sven", "seller", 10'000);
    open("test.csd", "empty", "seller", 0);
    open("test.sek", "sven", "seller", 0);
    open("test.sek", "empty", "seller", 0);
    open("test.sek", "conn", "connector", 100'000'000);
    open("test.eur", "anna", "buyer", 10'000'000);
    open("test.eur", "poor", "buyer", 1);
    open("test.eur", "conn", "connector", 0);
    open("test.csd", "poor", "buyer", 0);
    if (options.second_connector) {
        open("test.usd", "anna", "buyer", 1'000'000);
        open("test.usd", "second", "second", 0);
        open("test.eur", "second", "second", 5'000'000);
    }
    configure_all();
    settle_down();
}

void CoreWorld::add_ledger(const std::string& name, const AssetId& asset, Amount lot) {
    auto ledger = std::make_unique<Ledger>();
    ledger->address = addr(name);
    cash::Settings settings;
    settings.ledger = ledger->address;
    settings.ledger_operator = operator_->public_key();
    settings.profile = world_profile;
    Outputs<cash::CashMachine> out;
    const cash::Input configure = cash::input::Configure{settings};
    REQUIRE(ledger->machine.check(now_, configure));
    ledger->machine.apply(now_, configure, out);
    ledgers_[name] = std::move(ledger);
    instruct(*ledgers_[name], operator_->public_key(),
             {{}, op::RegisterAsset{asset, operator_->public_key(), lot}}, nullptr);
}

void CoreWorld::add_node(const std::string& name) {
    auto node = std::make_unique<Node>();
    node->name = name;
    node->seed = world_seed(name);
    node->signer = scheme_.signer(node->seed);
    node->machine = std::make_unique<core::NodeMachine>(*node->signer);
    nodes_[name] = std::move(node);
}

void CoreWorld::configure_all() {
    for (auto& [name, node] : nodes_) {
        node->config = config_of(name);
        CHECK(core::check_config(node->config) == std::vector<std::string>{});
        configure(*node);
    }
}

void CoreWorld::configure(Node& node) {
    give(node, core::input::Configure{node.config});
    give(node, core::input::Started{1});
    settle_down();
    say_health(node);
}

// What an adapter says after it has caught up: the ledger, the balances, that it is live.
void CoreWorld::say_health(Node& node) {
    for (const core::LedgerConfig& config : node.config.ledgers)
        say_health(node, config);
}

void CoreWorld::say_health(Node& node, const core::LedgerConfig& config) {
    Ledger& at = *ledgers_.at(config.ledger.text());
    const std::string channel = config.ledger.text() + " events";
    give(node, core::input::LedgerDescribed{at.machine.info()}, channel);
    for (const Address& account : config.accounts) {
        const auto answer =
            at.machine.ask(time_of(at), node.signer->public_key(), cash::CashMachine::Reader::owner,
                           ask::Balances{account});
        REQUIRE(answer);
        for (const Balance& balance : answer->balances)
            give(node,
                 core::input::BalanceReported{config.ledger, balance.account, balance.asset,
                                              balance.free, balance.escrowed},
                 channel);
    }
    give(node,
         core::input::LedgerHealth{config.ledger, time_of(at),
                                   static_cast<std::uint8_t>(report::Mode::live)},
         channel);
}

void CoreWorld::give(Node& node, core::NodeInput input, const std::string& channel) {
    node.channels[channel].push_back({next_number_++, now_, std::move(input)});
}

std::vector<CoreWorld::Ready> CoreWorld::ready() {
    std::vector<Ready> list;
    for (auto& [name, node] : nodes_)
        if (!node->down)
            for (auto& [channel, queue] : node->channels)
                if (!queue.empty() && !slow.contains({name, channel}))
                    list.push_back({node.get(), nullptr, channel, queue.front().since});
    for (auto& [name, ledger] : ledgers_)
        if (!ledger->halted)
            for (auto& [from, queue] : ledger->commands)
                if (!queue.empty())
                    list.push_back({nodes_.at(from).get(), ledger.get(), {}, queue.front().since});
    return list;
}

void CoreWorld::deliver(const Ready& ready) {
    if (ready.ledger != nullptr) {
        auto& queue = ready.ledger->commands[ready.node->name];
        Ledger::Pending pending = std::move(queue.front());
        queue.pop_front();
        instruct(*ready.ledger, pending.signer, std::move(pending.op), ready.node);
        return;
    }
    auto& queue = ready.node->channels[ready.channel];
    const core::NodeInput input = std::move(queue.front().input);
    queue.pop_front();
    if (const auto* event = std::get_if<core::input::EscrowReported>(&input))
        ready.node->history[event->ledger.text()].push_back(input);
    apply(*ready.node, input);
}

void CoreWorld::settle_down() {
    while (true) {
        std::vector<Ready> list = ready();
        if (list.empty()) return;
        // In the order in which it came.
        const auto number = [](const Ready& ready) {
            if (ready.ledger != nullptr) return std::uint64_t{0};
            return ready.node->channels[ready.channel].front().number;
        };
        deliver(*std::min_element(list.begin(), list.end(), [&](const Ready& a, const Ready& b) {
            return number(a) < number(b);
        }));
    }
}

void CoreWorld::apply(Node& node, const core::NodeInput& input) {
    node.turn.push_back(input);
    while (!node.turn.empty()) {
        const core::NodeInput next = std::move(node.turn.front());
        node.turn.pop_front();
        apply_one(node, next);
    }
}

void CoreWorld::apply_one(Node& node, const core::NodeInput& input) {
    if (const auto* call = std::get_if<core::input::FromApi>(&input)) {
        if (const auto checked = node.machine->check(now_, input); !checked) {
            node.answers.emplace(call->ticket, unexpected(checked.error()));
            return;
        }
    }
    node.journal.emplace_back(now_, input);
    Outputs<core::NodeMachine> out;
    node.machine->apply(now_, input, out);
    if (check_indexes) compare_indexes(node);
    for (const Record& row : out.records)
        node.rows[{row.kind, row.key}] = row.value;
    for (const core::NodeOutput& output : out.outputs)
        carry(node, output);
}

// A machine that was restored from a snapshot must not behave differently from one that was not.
void CoreWorld::compare_indexes(const Node& node) const {
    core::NodeMachine restored(*node.signer);
    REQUIRE(restored.read_snapshot(node.machine->write_snapshot()));
    const core::State& a = node.machine->state();
    const core::State& b = restored.state();
    CHECK(a.by_escrow == b.by_escrow);
    CHECK(a.by_ask == b.by_ask);
    CHECK(a.by_context == b.by_context);
    CHECK(a.due_of == b.due_of);
    CHECK(a.due == b.due);
    CHECK(a.by_command == b.by_command);
    CHECK(a.slots == b.slots);
    CHECK(a.shares == b.shares);
    CHECK(a.early == b.early);
    CHECK(a.stray_payers == b.stray_payers);
    CHECK(a.by_condition == b.by_condition);
    CHECK(a.calls_by_age == b.calls_by_age);
}

void CoreWorld::carry(Node& from, const core::NodeOutput& output) {
    if (const auto recorded = core::encode_recorded(output)) from.recorded.push_back(*recorded);
    if (const auto* command = std::get_if<core::output::ToLedger>(&output)) {
        if (!carry_out(from.name, *command)) return;
        Ledger& at = *ledgers_.at(command->ledger.text());
        this->command(
            at,
            {command->id, std::visit([](const auto& body) { return OpBody{body}; }, command->body)},
            from);
    } else if (const auto* send = std::get_if<core::output::ToPeer>(&output)) {
        Node* to = owner(send->peer);
        REQUIRE(to != nullptr);
        const auto octets = core::encode_message(send->message);
        const auto decoded = core::decode_message(octets);
        REQUIRE(decoded);
        if (pass_on(from.name, to->name, *decoded))
            give(*to, core::input::FromPeer{from.signer->public_key(), *decoded},
                 "from " + from.name);
    } else if (const auto* make = std::get_if<core::output::MakeCondition>(&output)) {
        OerWriter name;
        name.u64(entropy_++);
        const Hash entropy = sha256(name.bytes());
        const auto secret = hkdf_sha256(from.seed.view(), entropy.view(), make->context.view());
        from.secrets[make->context] = secret;
        const Preimage preimage = *Preimage::from(secret);
        from.turn.push_back(
            core::input::ConditionMade{make->context, entropy, condition_of(preimage)});
    } else if (const auto* release = std::get_if<core::output::ReleaseSecret>(&output)) {
        const auto& secret = from.secrets.at(release->context);
        give(from, core::input::SecretReleased{release->context, {secret.begin(), secret.end()}},
             "secrets");
        if (secret_released) secret_released(from.name, release->condition);
    } else if (const auto* answer = std::get_if<core::output::ToCaller>(&output)) {
        from.answers.insert_or_assign(answer->ticket, answer->body);
    } else if (const auto* passed = std::get_if<core::output::PassShare>(&output)) {
        from.shares.push_back(*passed);
    } else if (const auto* alarm = std::get_if<core::output::Alarm>(&output)) {
        from.alarms.push_back(alarm->code);
        from.alarm_details.push_back(alarm->detail);
    }
}

void CoreWorld::command(Ledger& at, Op op, Node& asker) {
    if (deferred || at.halted)
        at.commands[asker.name].push_back({now_, asker.signer->public_key(), std::move(op)});
    else
        instruct(at, asker.signer->public_key(), std::move(op), &asker);
}

void CoreWorld::instruct_as(const std::string& name, const std::string& ledger, OpBody body) {
    instruct(*ledgers_.at(ledger), key(name), {{}, std::move(body)}, nullptr);
}

void CoreWorld::instruct(Ledger& at, const PublicKey& signer, Op op, Node* asker) {
    const Timestamp time = time_of(at);
    if (op.id.is_zero()) {
        OerWriter name;
        name.text("op").u64(next_op_++);
        op.id = CommandId{sha256(name.bytes()).array()};
    }
    const cash::Input input =
        cash::input::Submit{{at.address, signer, time + Duration::seconds(60), {op}}, {}, true};
    REQUIRE(at.machine.check(time, input));
    Outputs<cash::CashMachine> out;
    at.machine.apply(time, input, out);
    publish(at, out.outputs, asker);
}

void CoreWorld::publish(Ledger& at, const std::vector<cash::Output>& outputs, Node* asker) {
    for (const cash::Output& output : outputs) {
        const auto* answers = std::get_if<cash::output::Answers>(&output);
        if (answers == nullptr) continue;
        for (const OpAnswer& answer : answers->answers) {
            if (asker == nullptr) {
                REQUIRE(answer.done);
                continue;
            }
            give(*asker,
                 core::input::CommandAnswered{
                     at.address, answer.id,
                     static_cast<std::uint8_t>(answer.done ? report::Answer::Outcome::done
                                                           : report::Answer::Outcome::refused),
                     answer.reason},
                 at.address.text() + " answers");
        }
    }
    const std::string channel = at.address.text() + " events";
    for (const cash::Output& output : outputs) {
        const auto* changed = std::get_if<cash::output::Changed>(&output);
        if (changed == nullptr) continue;
        for (const cash::output::Event& event : changed->events) {
            const EscrowTerms& terms = event.event.terms;
            hops[terms.condition][{at.address, {terms.payer, terms.id}}] = event.event.state;
            if (escrow_moved) escrow_moved(at.address, terms, event.event.state);
            std::set<Node*> readers{owner(event.payer), owner(event.payee)};
            for (Node* reader : readers)
                if (reader != nullptr)
                    give(*reader,
                         core::input::EscrowReported{at.address, event.event.sequence, terms,
                                                     event.event.state, Certainty::final_,
                                                     event.event.preimage, event.event.at},
                         channel);
        }
        for (const cash::output::BalanceChange& change : changed->balances)
            if (Node* reader = owner(change.owner))
                give(*reader,
                     core::input::BalanceReported{at.address, change.balance.account,
                                                  change.balance.asset, change.balance.free,
                                                  change.balance.escrowed},
                     channel);
    }
}

CoreWorld::Node* CoreWorld::owner(const PublicKey& key) {
    for (auto& [name, node] : nodes_)
        if (node->signer->public_key() == key) return node.get();
    return nullptr;
}

std::optional<Timestamp> CoreWorld::next_due() const {
    std::optional<Timestamp> next;
    const auto keep = [&](std::optional<Timestamp> time) {
        if (time && (!next || *time < *next)) next = time;
    };
    for (const auto& [name, at] : ledgers_)
        if (!at->halted)
            if (const auto wake = at->machine.next_wake()) keep(*wake - at->skew);
    for (const auto& [name, node] : nodes_)
        if (!node->down) keep(node->machine->next_wake());
    return next;
}

void CoreWorld::move_to(Timestamp time) {
    now_ = std::max(now_, time);
    for (auto& [name, at] : ledgers_) {
        if (at->halted) continue;
        if (const auto wake = at->machine.next_wake(); wake && *wake <= time_of(*at)) {
            Outputs<cash::CashMachine> out;
            at->machine.apply(time_of(*at), cash::CashMachine::wake(), out);
            publish(*at, out.outputs, nullptr);
        }
    }
    for (auto& [name, node] : nodes_)
        if (const auto wake = node->machine->next_wake(); wake && *wake <= now_ && !node->down)
            apply(*node, core::input::Wake{});
}

void CoreWorld::pass(Duration duration) {
    settle_down();
    const Timestamp end = now_ + duration;
    while (now_ < end) {
        const auto due = next_due();
        move_to(due ? std::min(*due, end) : end);
        settle_down();
    }
}

// From the journal alone: the digest must be that of the live machine.
Bytes CoreWorld::replayed(const Node& node) {
    core::NodeMachine again(*node.signer);
    for (const auto& [at, input] : node.journal) {
        const auto decoded = core::decode_node_input(core::encode_node_input(input));
        REQUIRE(decoded);
        Outputs<core::NodeMachine> out;
        again.apply(at, *decoded, out);
    }
    return again.write_snapshot();
}

void CoreWorld::crash(const std::string& name) {
    Node& node = this->node(name);
    const Bytes state = node.machine->write_snapshot();
    node.machine = std::make_unique<core::NodeMachine>(*node.signer);
    REQUIRE(node.machine->read_snapshot(state));
    CHECK(node.machine->write_snapshot() == state);
    // Events come at least once: the last few of each ledger come again.
    for (const auto& [ledger, events] : node.history) {
        auto& queue = node.channels[ledger + " events"];
        for (std::size_t i = 1; i <= std::min<std::size_t>(3, events.size()); ++i)
            queue.push_front({0, now_, events[events.size() - i]});
    }
    node.channels["secrets"].clear();
    apply(node, core::input::Started{2});
    for (const core::output::ReleaseSecret& release : node.machine->unfinished_releases()) {
        const auto& secret = node.secrets.at(release.context);
        give(node, core::input::SecretReleased{release.context, {secret.begin(), secret.end()}},
             "secrets");
    }
    say_health(node);
}

void CoreWorld::down(const std::string& name) {
    node(name).down = true;
}
void CoreWorld::up(const std::string& name) {
    node(name).down = false;
    crash(name);
}

}  // namespace lockstep::test
