#include "tests/unit/bitcoin_node.h"

#include <doctest/doctest.h>

#include "bitcoin/adapter/escrow_keys.h"
#include "bitcoin/script/script.h"
#include "sdk/crypto/hash.h"

namespace lockstep::test {
namespace {

using namespace bitcoin;

const Bytes anybody{static_cast<std::uint8_t>(Opcode::op_1)};
Bytes faucet_script() {
    ScriptWriter script;
    script.op(Opcode::op_0).push(sha256(anybody).view());
    return script.take();
}

std::shared_ptr<const BitcoinSigner> signer_of_seed(std::uint8_t seed) {
    std::array<std::uint8_t, KeySeed::size> bytes{};
    bytes.fill(seed);
    return make_signer(KeySeed{bytes}, *network_named("regtest"));
}

std::string word(Certainty certainty) {
    switch (certainty) {
        case Certainty::seen:
            return " seen";
        case Certainty::final_:
            return " final";
        case Certainty::rolled_back:
            return " gone";
    }
    return "?";
}

constexpr int most_steps = 10'000;

}  // namespace

Settings BitcoinNode::few_confirmations() {
    Settings settings;
    settings.coinbase_maturity = 2;
    return settings;
}

BitcoinNode::BitcoinNode(Settings settings) {
    REQUIRE(give(input::Configure{settings}));
    mine(20);
}

bool BitcoinNode::look(const std::function<void(const BitcoinMachine&, Timestamp)>& view) {
    view(machine, now);
    return true;
}

Result<output::Done> BitcoinNode::give(Input input) {
    if (const auto checked = machine.check(now, input); !checked) return refuse(checked.error());
    Outputs<BitcoinMachine> out;
    machine.apply(now, input, out);
    return std::get<output::Done>(out.outputs.at(0));
}

Bytes BitcoinNode::answer(ByteView body) {
    const NodeFacts facts{*network_named(network), start_s};
    const RpcReply reply = answer_body(
        as_text(body), [&](const RpcRequest& request) { return call(*this, facts, request); });
    CHECK(reply.http_status == 200);
    return {reply.body.begin(), reply.body.end()};
}

void BitcoinNode::mine_with(std::optional<std::vector<Transaction>> transactions) {
    now = now + interval;
    input::Mine mine;
    mine.script = faucet_script();
    mine.transactions = std::move(transactions);
    const auto done = give(mine);
    REQUIRE(done);
    REQUIRE(done->blocks.size() == 1);
}

void BitcoinNode::mine(int blocks) {
    for (int i = 0; i < blocks; ++i)
        mine_with(std::nullopt);
}
void BitcoinNode::mine_empty(int blocks) {
    for (int i = 0; i < blocks; ++i)
        mine_with(std::vector<Transaction>{});
}

void BitcoinNode::reorganise(int depth) {
    const int from = height() - depth + 1;
    REQUIRE(give(input::Invalidate{machine.chain().at(from)->id}));
    mine_empty(depth + 1);
}

OutPoint BitcoinNode::faucet_coin() {
    ++faucet_height_;
    REQUIRE(faucet_height_ + 2 <= height());
    return {txid_of(machine.chain().at(faucet_height_)->block.transactions[0]), 0};
}

Txid BitcoinNode::pay(const Bytes& script, Satoshi value) {
    Transaction transaction;
    TxIn input;
    input.prevout = faucet_coin();
    input.witness = {anybody};
    transaction.inputs.push_back(input);
    const Satoshi all = machine.chain().at(faucet_height_)->block.transactions[0].outputs[0].value;
    transaction.outputs.push_back({value, script});
    transaction.outputs.push_back({all - value - 10'000, faucet_script()});
    CHECK(submit(transaction) == "ok");
    return txid_of(transaction);
}

std::string BitcoinNode::submit(const Transaction& transaction) {
    const Input input = input::Submit{transaction};
    if (!machine.check(now, input)) return *machine.fault_of(now, input).fault;
    const auto done = give(input);
    REQUIRE(done);
    return done->fault.value_or("ok");
}

std::vector<Transaction> BitcoinNode::pool() const {
    std::vector<Transaction> transactions;
    for (const auto* entry : machine.pool().in_order())
        transactions.push_back(*entry->transaction);
    return transactions;
}

Timestamp BitcoinNode::median() const {
    return Timestamp{machine.chain().median_time(machine.chain().tip()) * 1'000'000};
}

AdapterSetup BitcoinDesk::setup() {
    AdapterSetup setup;
    setup.ledger = ledger();
    setup.profile.inclusion = Duration::seconds(3600);
    setup.profile.finality = Duration::seconds(3600);
    setup.profile.late = Duration::seconds(3 * 3600);
    setup.profile.block = Duration::seconds(6000);
    return setup;
}

BitcoinDesk::BitcoinDesk(BitcoinNode& node, std::uint8_t seed,
                         std::vector<std::pair<std::string, std::string>> settings)
    : node_(node), signer_(signer_of_seed(seed)), settings_(std::move(settings)) {
    account_ = account_address(ledger(), signer_->public_key(account_key));
    home_ = script_pubkey_of(signer_->public_key(account_key));
    const auto set = [&](const char* key, const char* value) {
        for (const auto& [name, text] : settings_)
            if (name == key) return;
        settings_.emplace_back(key, value);
    };
    set("depth", "3");
    set("poll_ms", "1000");
    set("min_fee_rate", "2000");
    set("max_fee_rate", "50000");
    restart(false);
}

void BitcoinDesk::restart(bool with_memory) {
    if (!with_memory) memory.clear();
    inputs_.clear();
    AdapterSetup made = setup();
    made.accounts = {account_};
    made.settings = settings_;
    auto adapter = make_adapter(made, signer_);
    REQUIRE(adapter);
    adapter_ = std::move(*adapter);
    std::vector<Put> puts;
    for (const auto& [key, value] : memory)
        puts.push_back({0, key, value});
    adapter_->restore(puts);
    give(Woken{});
}

void BitcoinDesk::give(AdapterInput input) {
    inputs_.push_back(std::move(input));
}

void BitcoinDesk::run() {
    for (int step = 0;; ++step) {
        REQUIRE(step < most_steps);
        const auto wake = adapter_->next_wake();
        if (inputs_.empty() && (!wake || *wake > node_.now)) return;
        std::vector<AdapterInput> inputs = std::move(inputs_);
        inputs_.clear();
        AdapterOutputs out;
        adapter_->step(node_.now, inputs, out);
        writes += out.puts.size();
        for (Put& put : out.puts) {
            if (put.value)
                memory[put.key] = *put.value;
            else
                memory.erase(put.key);
        }
        for (Report& report : out.reports) {
            if (auto* answer = std::get_if<report::Answer>(&report))
                answers[answer->id].push_back(*answer);
            else if (auto* escrow = std::get_if<report::Escrow>(&report))
                events.push_back(std::move(*escrow));
            else if (auto* balances = std::get_if<report::Balances>(&report))
                balance = balances->balances.at(0);
            else if (auto* state = std::get_if<report::Health>(&report))
                health = *state;
            else if (auto* told = std::get_if<report::Info>(&report))
                info = told->info;
            else if (auto* release = std::get_if<report::Release>(&report))
                releases.push_back(*release);
            else if (auto* result = std::get_if<report::QueryResult>(&report))
                results.push_back(*result);
        }
        for (const Request& request : out.requests)
            carry(request);
    }
}

void BitcoinDesk::carry(const Request& request) {
    CHECK(request.path == "/");
    CHECK(request.is_foreign);
    if (is_silent) return;
    if (is_down) return give(Reply{request.id, refuse(Reason::unavailable)});
    const auto json = parse_json(as_text(request.body), rpc_limits);
    REQUIRE(json);
    bool is_sending = false;
    for (const Json& one : *json->as_array())
        if (one["method"].text_or("") == "sendrawtransaction") {
            is_sending = true;
            sent.push_back(*from_hex(one["params"][0].text_or("")));
        }
    if (is_sending && lost_requests > 0) {
        --lost_requests;
        return give(Reply{request.id, refuse(Reason::outcome_unknown)});
    }
    if (divert && divert(request, *json)) return;
    Bytes body = node_.answer(request.body);
    if (alter) {
        const auto real = parse_json(as_text(body), rpc_limits);
        REQUIRE(real);
        Json altered = Json::array();
        for (std::size_t i = 0; i < real->size(); ++i) {
            Json one = (*real)[i];
            alter((*json)[i]["method"].text_or(""), one);
            altered.push(std::move(one));
        }
        const std::string text = write_json(altered);
        body.assign(text.begin(), text.end());
    }
    if (garbage) body.assign(garbage->begin(), garbage->end());
    if (is_sending && lost_answers > 0) {
        --lost_answers;
        return give(Reply{request.id, refuse(Reason::outcome_unknown)});
    }
    give(Reply{request.id, std::move(body)});
}

std::string BitcoinDesk::answer(const CommandId& id) const {
    const auto found = answers.find(id);
    return found == answers.end() ? "" : std::string(word(found->second.back()));
}

std::string BitcoinDesk::command(CommandBody body, std::uint8_t id) {
    const CommandId name = *CommandId::from(Bytes(CommandId::size, id));
    give(Command{name, std::move(body)});
    run();
    return answer(name);
}

std::string BitcoinDesk::take_events() {
    std::string text;
    for (; told_ < events.size(); ++told_) {
        if (told_ > 0) CHECK(events[told_].cursor > events[told_ - 1].cursor);
        if (!text.empty()) text += ", ";
        text += std::string(to_string(events[told_].state)) + word(events[told_].certainty);
    }
    return text;
}

void pass(BitcoinNode& node, std::vector<BitcoinDesk*> desks, Duration time) {
    const Timestamp end = node.now + time;
    while (true) {
        for (BitcoinDesk* const desk : desks)
            desk->run();
        if (node.now >= end) return;
        node.now = std::min(end, node.now + Duration::seconds(1));
    }
}

}  // namespace lockstep::test
