#include "core_world.h"

#include <doctest/doctest.h>

#include "sdk/crypto/hash.h"

namespace lockstep::test {
namespace {

KeySeed seed_of(std::string_view name) {
    return KeySeed{sha256(as_bytes(name)).array()};
}

constexpr TimingProfile profile{Duration::seconds(1), Duration{0},          Duration{0},
                                Duration::seconds(1), Duration::seconds(1), Duration{0}};
constexpr core::Endurance endurance{Duration::seconds(2), 3, 0};

}  // namespace

CoreWorld::CoreWorld() : operator_seed_(seed_of("operator")) {
    operator_ = scheme_.signer(operator_seed_);
    pass_on = [](const auto&, const auto&, const auto&) { return true; };
    carry_out = [](const auto&, const auto&) { return true; };
    for (const char* name : {"venue", "buyer", "seller", "connector"})
        add_node(name);
    add_ledger("test.csd", share, Amount{10});
    add_ledger("test.sek", sek, Amount{1});
    add_ledger("test.eur", eur, Amount{1});
    const auto open = [&](const char* ledger, const char* account, const char* owner,
                          std::uint64_t amount) {
        Ledger& at = *ledgers_.at(ledger);
        const Address address = addr(std::string(ledger) + "." + account);
        instruct(at, operator_->public_key(),
                 {{}, op::OpenAccount{address, nodes_.at(owner)->signer->public_key()}}, nullptr);
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
    configure();
    settle_down();
}

void CoreWorld::add_ledger(const std::string& name, AssetId asset, Amount lot) {
    auto ledger = std::make_unique<Ledger>();
    ledger->address = addr(name);
    cash::Settings settings;
    settings.ledger = ledger->address;
    settings.ledger_operator = operator_->public_key();
    settings.profile = profile;
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
    node->seed = seed_of(name);
    node->signer = scheme_.signer(node->seed);
    node->machine = std::make_unique<core::NodeMachine>(*node->signer);
    nodes_[name] = std::move(node);
}

void CoreWorld::configure() {
    const auto key = [&](const char* name) { return nodes_.at(name)->signer->public_key(); };
    routing::Offer offer;
    offer.connector = key("connector");
    offer.in_ledger = addr("test.eur");
    offer.in_asset = eur;
    offer.in_account = addr("test.eur.conn");
    offer.out_ledger = addr("test.sek");
    offer.out_asset = sek;
    offer.out_account = addr("test.sek.conn");
    offer.rate_num = 10;
    offer.rate_den = 113;  // 11.30 SEK a EUR
    offer.spread_ppm = 2000;
    offer.min_out = Amount{1};
    offer.max_out = Amount{10'000'000'000};
    offer.in_profile = profile;
    offer.out_profile = profile;
    offer.margin = core::margin({profile}, {profile}, endurance);
    for (auto& [name, node] : nodes_) {
        core::NodeConfig& config = node->config;
        config.self = node->signer->public_key();
        config.name = name;
        config.endurance = endurance;
        config.price_asset = sek;
        const auto ledger = [&](const char* address, std::vector<Address> accounts) {
            config.ledgers.push_back({addr(address), std::move(accounts), {profile}});
        };
        if (name == "buyer") {
            ledger("test.eur", {addr("test.eur.anna"), addr("test.eur.poor")});
            ledger("test.csd", {addr("test.csd.anna"), addr("test.csd.poor")});
        } else if (name == "seller") {
            ledger("test.sek", {addr("test.sek.sven"), addr("test.sek.empty")});
            ledger("test.csd", {addr("test.csd.sven"), addr("test.csd.empty")});
        } else if (name == "connector") {
            ledger("test.sek", {addr("test.sek.conn")});
            ledger("test.eur", {addr("test.eur.conn")});
            config.own_offers.push_back(offer);
        }
        if (name != "connector") config.known_offers.push_back(offer);
        for (auto& [other, peer] : nodes_)
            if (other != name)
                config.peers.push_back({peer->signer->public_key(), other, other == "venue"});
        config.instruments.push_back(
            {share, addr("test.csd"), Amount{10}, Amount{25'000}, 100'000});
        const auto party = [&](const char* who, const char* at, const char* cash_account,
                               const AssetId& asset, const char* securities) {
            config.parties.push_back({who, key(at), addr(cash_account), asset, addr(securities)});
        };
        if (name != "seller" && name != "connector") {
            party("anna", "buyer", "test.eur.anna", eur, "test.csd.anna");
            party("poor", "buyer", "test.eur.poor", eur, "test.csd.poor");
        }
        if (name != "buyer" && name != "connector") {
            party("sven", "seller", "test.sek.sven", sek, "test.csd.sven");
            party("empty", "seller", "test.sek.empty", sek, "test.csd.empty");
        }
        CHECK(core::check_config(config) == std::vector<std::string>{});
        give(*node, core::input::Configure{config});
        give(*node, core::input::Started{1});
        say_health(*node);
    }
}

// What an adapter says after it has caught up: the ledger, the balances, that it is live.
void CoreWorld::say_health(Node& node) {
    for (const core::LedgerConfig& config : node.config.ledgers) {
        Ledger& at = *ledgers_.at(config.ledger.text());
        give(node, core::input::LedgerDescribed{at.machine.info()});
        const PublicKey& key = node.signer->public_key();
        for (const Address& account : config.accounts) {
            const auto answer =
                at.machine.ask(now_, key, cash::CashMachine::Reader::owner, ask::Balances{account});
            REQUIRE(answer);
            for (const Balance& balance : answer->balances)
                give(node,
                     core::input::BalanceReported{config.ledger, balance.account, balance.asset,
                                                  balance.free, balance.escrowed});
        }
        give(node, core::input::LedgerHealth{config.ledger, now_,
                                             static_cast<std::uint8_t>(report::Mode::live)});
    }
}

void CoreWorld::give(Node& node, core::NodeInput input) {
    node.inbox.push_back(std::move(input));
}

void CoreWorld::settle_down() {
    for (bool moved = true; moved;) {
        moved = false;
        for (auto& [name, node] : nodes_) {
            if (node->down) continue;
            while (!node->inbox.empty()) {
                const core::NodeInput input = std::move(node->inbox.front());
                node->inbox.pop_front();
                apply(*node, input);
                moved = true;
            }
        }
    }
}

void CoreWorld::apply(Node& node, const core::NodeInput& input) {
    if (const auto* call = std::get_if<core::input::FromApi>(&input)) {
        if (const auto checked = node.machine->check(now_, input); !checked) {
            node.answers.emplace(call->ticket, unexpected(checked.error()));
            return;
        }
    }
    node.journal.emplace_back(now_, input);
    Outputs<core::NodeMachine> out;
    node.machine->apply(now_, input, out);
    for (const Record& row : out.records)
        node.rows[{row.kind, row.key}] = row.value;
    for (const core::NodeOutput& output : out.outputs)
        carry(node, output);
}

void CoreWorld::carry(Node& from, const core::NodeOutput& output) {
    if (const auto recorded = core::encode_recorded(output)) from.recorded.push_back(*recorded);
    if (const auto* command = std::get_if<core::output::ToLedger>(&output)) {
        if (!carry_out(from.name, *command)) return;
        Ledger& at = *ledgers_.at(command->ledger.text());
        Op op{command->id,
              std::visit([](const auto& body) { return OpBody{body}; }, command->body)};
        instruct(at, from.signer->public_key(), std::move(op), &from);
    } else if (const auto* send = std::get_if<core::output::ToPeer>(&output)) {
        Node* to = owner(send->peer);
        REQUIRE(to != nullptr);
        const auto octets = core::encode_message(send->message);
        const auto decoded = core::decode_message(octets);
        REQUIRE(decoded);
        if (pass_on(from.name, to->name, *decoded))
            give(*to, core::input::FromPeer{from.signer->public_key(), *decoded});
    } else if (const auto* make = std::get_if<core::output::MakeCondition>(&output)) {
        OerWriter name;
        name.u64(entropy_++);
        const Hash entropy = sha256(name.bytes());
        const auto secret = hkdf_sha256(from.seed.view(), entropy.view(), make->context.view());
        from.secrets[make->context] = secret;
        const Preimage preimage = *Preimage::from(secret);
        give(from, core::input::ConditionMade{make->context, entropy, condition_of(preimage)});
    } else if (const auto* release = std::get_if<core::output::ReleaseSecret>(&output)) {
        const auto& secret = from.secrets.at(release->context);
        give(from, core::input::SecretReleased{release->context, {secret.begin(), secret.end()}});
    } else if (const auto* answer = std::get_if<core::output::ToCaller>(&output)) {
        from.answers.insert_or_assign(answer->ticket, answer->body);
    } else if (const auto* alarm = std::get_if<core::output::Alarm>(&output)) {
        from.alarms.push_back(alarm->code);
    }
}

void CoreWorld::instruct(Ledger& at, const PublicKey& signer, Op op, Node* asker) {
    if (at.halted) return;
    if (op.id.is_zero()) {
        OerWriter name;
        name.text("op").u64(next_op_++);
        op.id = CommandId{sha256(name.bytes()).array()};
    }
    const cash::Input input =
        cash::input::Submit{{at.address, signer, now_ + Duration::seconds(60), {op}}, {}, true};
    REQUIRE(at.machine.check(now_, input));
    Outputs<cash::CashMachine> out;
    at.machine.apply(now_, input, out);
    for (const cash::Output& output : out.outputs) {
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
                     answer.reason});
        }
    }
    publish(at, std::move(out.outputs));
}

void CoreWorld::publish(Ledger& at, std::vector<cash::Output> outputs) {
    for (const cash::Output& output : outputs) {
        const auto* changed = std::get_if<cash::output::Changed>(&output);
        if (changed == nullptr) continue;
        for (const cash::output::Event& event : changed->events) {
            std::set<Node*> readers{owner(event.payer), owner(event.payee)};
            for (Node* reader : readers)
                if (reader != nullptr)
                    give(*reader,
                         core::input::EscrowReported{
                             at.address, event.event.sequence, event.event.terms, event.event.state,
                             Certainty::final_, event.event.preimage, event.event.at});
        }
        for (const cash::output::BalanceChange& change : changed->balances)
            if (Node* reader = owner(change.owner))
                give(*reader, core::input::BalanceReported{
                                  at.address, change.balance.account, change.balance.asset,
                                  change.balance.free, change.balance.escrowed});
    }
}

CoreWorld::Node* CoreWorld::owner(const PublicKey& key) {
    for (auto& [name, node] : nodes_)
        if (node->signer->public_key() == key) return node.get();
    return nullptr;
}

void CoreWorld::pass(Duration duration) {
    settle_down();
    const Timestamp end = now_ + duration;
    while (true) {
        Timestamp next = end;
        for (auto& [name, at] : ledgers_)
            if (const auto wake = at->machine.next_wake(); wake && !at->halted)
                next = std::min(next, *wake);
        for (auto& [name, node] : nodes_)
            if (const auto wake = node->machine->next_wake(); wake && !node->down)
                next = std::min(next, *wake);
        now_ = std::max(now_, next);
        for (auto& [name, at] : ledgers_) {
            if (at->halted) continue;
            if (const auto wake = at->machine.next_wake(); wake && *wake <= now_) {
                Outputs<cash::CashMachine> out;
                at->machine.apply(now_, cash::CashMachine::wake(), out);
                publish(*at, std::move(out.outputs));
            }
        }
        for (auto& [name, node] : nodes_)
            if (const auto wake = node->machine->next_wake(); wake && *wake <= now_ && !node->down)
                give(*node, core::input::Wake{});
        settle_down();
        if (next >= end) return;
    }
}

core::input::TradeOrder CoreWorld::order(std::string reference) const {
    return {std::move(reference), share.code(), Amount{100}, Amount{25'000}, "anna", "sven"};
}

Result<core::CallerAnswer> CoreWorld::try_call(const std::string& name, core::input::ApiBody body) {
    Node& at = node(name);
    core::input::FromApi call;
    call.ticket = next_ticket_++;
    call.caller = "test";
    call.idempotency_key = "key-" + std::to_string(call.ticket);
    call.request = Hash{};
    call.body = std::move(body);
    give(at, call);
    settle_down();
    const auto found = at.answers.find(call.ticket);
    REQUIRE(found != at.answers.end());
    if (!found->second) return unexpected(found->second.error());
    return decode_fields<core::CallerAnswer>(*found->second);
}

core::CallerAnswer CoreWorld::call(const std::string& name, core::input::ApiBody body) {
    auto answer = try_call(name, std::move(body));
    REQUIRE_MESSAGE(answer, to_string(answer ? Reason::internal_error : answer.error()));
    return *answer;
}

core::answer::Submitted CoreWorld::submit(std::vector<core::input::TradeOrder> orders) {
    return std::get<core::answer::Submitted>(
        call("venue", core::input::SubmitTrades{std::move(orders)}));
}

core::TradeRecord CoreWorld::trade(const std::string& name, const std::string& reference) {
    for (const auto& [key, value] : node(name).rows) {
        if (key.first != static_cast<std::uint16_t>(core::RecordKind::trade)) continue;
        const auto record = decode_fields<core::TradeRecord>(value);
        REQUIRE(record);
        if (record->trade.reference == reference) return *record;
    }
    FAIL("no trade " << reference << " at " << name);
    return {};
}

Amount CoreWorld::free(const std::string& name, const std::string& account) {
    Ledger& at = *ledgers_.at(name);
    const AssetId asset = at.machine.info().assets.front().asset;
    for (auto& [who, node] : nodes_) {
        const auto answer =
            at.machine.ask(now_, node->signer->public_key(), cash::CashMachine::Reader::owner,
                           ask::Balances{addr(name + "." + account)});
        if (!answer) continue;
        for (const Balance& balance : answer->balances)
            if (balance.asset == asset) return balance.free;
        return Amount{};
    }
    FAIL("no account " << name << "." << account);
    return {};
}

bool CoreWorld::books_balance() const {
    for (const auto& [name, at] : ledgers_)
        if (!at->machine.is_conserved()) return false;
    return true;
}

std::size_t CoreWorld::open_escrows() const {
    std::size_t open = 0;
    for (const auto& [name, at] : ledgers_)
        for (const auto& total : at->machine.totals())
            if (!total.escrows.is_zero()) ++open;
    return open;
}

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
    CHECK(replayed(node) == state);
    node.machine = std::make_unique<core::NodeMachine>(*node.signer);
    REQUIRE(node.machine->read_snapshot(state));
    CHECK(node.machine->write_snapshot() == state);
    node.inbox.push_front(core::input::Started{2});
    for (const core::output::ReleaseSecret& release : node.machine->unfinished_releases()) {
        const auto& secret = node.secrets.at(release.context);
        give(node, core::input::SecretReleased{release.context, {secret.begin(), secret.end()}});
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
