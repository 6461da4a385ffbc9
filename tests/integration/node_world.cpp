#include "tests/integration/node_world.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

namespace lockstep::test {

namespace {

constexpr std::uint64_t enough = 10'000'00;

std::string profile_text() {
    return "profile = { inclusion_ms = 1000, finality_ms = 0, late_ms = 1000, early_ms = 1000 }\n";
}

}  // namespace

bool sleep_ms(int milliseconds) {
    ::usleep(static_cast<useconds_t>(milliseconds) * 1000);
    return true;
}

NodeWorld::NodeWorld(Adapters connector_adapters)
    : connector_adapters_(std::move(connector_adapters)) {
    for (const char* name : {"alice", "connector", "bob"}) {
        keys_[name] = make_key(directory() / name / "node.key");
        ports_[name] = free_port();
    }
    keys_["caller"] = make_key(directory() / "caller.key");
    keys_["auditor"] = make_key(directory() / "auditor.key");
    start_ledger("eur", "EUR");
    start_ledger("sek", "SEK");
    open_account("test.eur.alice", "alice", enough);
    open_account("test.eur.connector", "connector", 0);
    open_account("test.sek.connector", "connector", enough);
    open_account("test.sek.bob", "bob", 0);
    write_node("alice", {"eur"});
    write_node("connector", {"eur", "sek"});
    write_node("bob", {"sek"});
}

std::shared_ptr<const Signer> NodeWorld::make_key(const std::filesystem::path& file) {
    std::filesystem::create_directories(file.parent_path());
    const auto seed = read_or_create_key_file(file);
    REQUIRE(seed);
    return scheme_.signer(*seed);
}

void NodeWorld::start_ledger(const std::string& name, const std::string& asset) {
    const auto base = directory() / ("ledger-" + name);
    Ledger ledger;
    ledger.address = "test." + name;
    ledger.asset = asset;
    ledger.port = free_port();
    const auto key = make_key(base / "operator.key");
    write_file(base / "ledger.toml",
               "[ledger]\naddress = \"" + ledger.address + "\"\noperator = \"" +
                   key->public_key().hex() +
                   "\"\n[profile]\ninclusion_ms = 1000\nlate_ms = 1000\nearly_ms = 1000\n"
                   "[listen]\nport = " +
                   std::to_string(ledger.port) + "\n[data]\ndirectory = \"data\"\n");
    auto& process = processes_[name] = std::make_unique<Process>(
        "lockstep-cash", std::vector<std::string>{"--config", (base / "ledger.toml").string()},
        base / "log");
    process->start();
    const auto url = net::parse_url("http://127.0.0.1:" + std::to_string(ledger.port));
    REQUIRE(url);
    ledger.owner = std::make_unique<service::LedgerClient>(loop_, *url, key);
    REQUIRE(eventually(5'000, [&] { return ledger.owner->info().has_value(); }));
    REQUIRE(ledger.owner->run(
        op::RegisterAsset{*AssetId::make(asset, 2), key->public_key(), Amount{1}}));
    ledgers_.emplace(name, std::move(ledger));
}

NodeWorld::Ledger& NodeWorld::ledger_of(const std::string& account) {
    for (auto& [name, ledger] : ledgers_) {
        if (account.starts_with(ledger.address + ".")) return ledger;
    }
    FAIL("no ledger has this account");
    return ledgers_.begin()->second;
}

void NodeWorld::open_account(const std::string& account, const std::string& owner,
                             std::uint64_t units) {
    Ledger& ledger = ledger_of(account);
    const auto address = Address::parse(account);
    REQUIRE(ledger.owner->run(op::OpenAccount{*address, keys_.at(owner)->public_key()}));
    if (units > 0)
        REQUIRE(
            ledger.owner->run(op::Issue{*address, *AssetId::make(ledger.asset, 2), Amount{units}}));
}

void NodeWorld::write_node(const std::string& name, const std::vector<std::string>& ledgers) {
    const auto base = directory() / name;
    std::string text = "name = \"" + name +
                       "\"\nkey_file = \"node.key\"\nsecret_seed_file = \"secret.seed\"\n"
                       "data = \"data\"\nlog_level = \"debug\"\nplugins = \"" LOCKSTEP_BINARY_DIR
                       "/tests\"\n[listen]\nport = " +
                       std::to_string(ports_.at(name)) +
                       "\n[endurance]\noutage_ms = 2000\noutages = 3\n"
                       "[[callers]]\nname = \"test\"\nrole = \"operator\"\nkey = \"" +
                       keys_.at("caller")->public_key().hex() +
                       "\"\n[[callers]]\nname = \"auditor\"\nrole = \"auditor\"\nkey = \"" +
                       keys_.at("auditor")->public_key().hex() + "\"\n";
    for (const std::string& ledger : ledgers) {
        Adapter adapter{"cash", "{}"};
        const auto other = connector_adapters_.find(ledger);
        if (name == "connector" && other != connector_adapters_.end()) adapter = other->second;
        text.append("[[ledgers]]\naddress = \"test.")
            .append(ledger)
            .append("\"\nadapter = \"")
            .append(adapter.name)
            .append("\"\nsettings = ")
            .append(adapter.settings)
            .append("\nurl = \"http://127.0.0.1:")
            .append(std::to_string(ledgers_.at(ledger).port))
            .append("\"\naccounts = [\"test.")
            .append(ledger)
            .append(".")
            .append(name)
            .append("\"]\n")
            .append(profile_text());
    }
    for (const auto& [peer, port] : ports_) {
        if (peer == name) continue;
        text.append("[[peers]]\nname = \"")
            .append(peer)
            .append("\"\nkey = \"")
            .append(keys_.at(peer)->public_key().hex())
            .append("\"\nurl = \"http://127.0.0.1:")
            .append(std::to_string(port))
            .append("\"\n");
    }
    const std::string offer =
        "in_ledger = \"test.eur\"\nin_asset = \"EUR/2\"\nin_account = \"test.eur.connector\"\n"
        "out_ledger = \"test.sek\"\nout_asset = \"SEK/2\"\nout_account = \"test.sek.connector\"\n"
        "rate = \"0.09\"\nspread_ppm = 2000\nmax_out = \"100000.00\"\n";
    if (name == "connector") text += "[[offers]]\n" + offer;
    if (name == "alice") {
        text += "[[known_offers]]\nconnector = \"" + keys_.at("connector")->public_key().hex() +
                "\"\nmargin_ms = 13000\n" + offer + "out_" + profile_text();
    }
    write_file(base / "node.toml", text);
    auto& process = processes_[name] = std::make_unique<Process>(
        "lockstepd", std::vector<std::string>{"--config", (base / "node.toml").string()},
        base / "log");
    process->start();
}

client::ApiAccess NodeWorld::access(const std::string& node, const std::string& caller) const {
    return {*net::parse_url(url(node)), keys_.at(caller)};
}

std::string NodeWorld::url(const std::string& node) const {
    return "http://127.0.0.1:" + std::to_string(ports_.at(node));
}

client::ApiClient& NodeWorld::client(const std::string& node) {
    auto& client = clients_[node];
    if (!client) client = std::make_unique<client::ApiClient>(loop_, access(node));
    return *client;
}

Balance NodeWorld::balance(const std::string& account) {
    Ledger& ledger = ledger_of(account);
    const std::string owner = account.substr(ledger.address.size() + 1);
    const auto url = net::parse_url("http://127.0.0.1:" + std::to_string(ledger.port));
    service::LedgerClient reader(loop_, *url, keys_.at(owner));
    const auto answer = reader.query(ask::Balances{*Address::parse(account)});
    if (!answer || answer->balances.empty()) return {};
    return answer->balances.front();
}

void NodeWorld::instruct_as(const std::string& node, const std::string& account, OpBody body) {
    const auto url = net::parse_url("http://127.0.0.1:" + std::to_string(ledger_of(account).port));
    service::LedgerClient owner(loop_, *url, keys_.at(node));
    const auto done = owner.run(std::move(body));
    REQUIRE_MESSAGE(done, done.error().code, ": ", done.error().detail);
}

std::optional<int> NodeWorld::command_line(const std::string& node,
                                           std::vector<std::string> arguments, std::string& said) {
    const auto log = directory() / "cli.log";
    std::filesystem::remove(log);
    arguments.insert(arguments.begin(),
                     {"--node", url(node), "--key", (directory() / "caller.key").string()});
    Process process("lockstep", std::move(arguments), log);
    process.start();
    const auto code = process.wait(10'000);
    said = read_file(log);
    return code;
}

bool NodeWorld::conserved() {
    for (auto& [name, ledger] : ledgers_) {
        const auto totals = ledger.owner->get("/v1/totals");
        REQUIRE(totals);
        MESSAGE(name << " " << write_json(*totals));
    }
    std::uint64_t eur = 0;
    std::uint64_t sek = 0;
    for (const char* account : {"test.eur.alice", "test.eur.connector"}) {
        const Balance held = balance(account);
        eur += held.free.units() + held.escrowed.units();
    }
    for (const char* account : {"test.sek.bob", "test.sek.connector"}) {
        const Balance held = balance(account);
        sek += held.free.units() + held.escrowed.units();
    }
    return eur == enough && sek == enough;
}

bool NodeWorld::is_ready(const std::string& node) {
    const auto ready = client(node).ready();
    return ready && *ready;
}

bool NodeWorld::wait_ready(const std::string& node, int milliseconds) {
    return eventually(milliseconds, [&] { return is_ready(node); });
}

bool NodeWorld::wait_ready(int milliseconds) {
    return eventually(milliseconds, [&] {
        return std::all_of(ports_.begin(), ports_.end(),
                           [&](const auto& port) { return is_ready(port.first); });
    });
}

std::string pay(NodeWorld& world, const std::string& amount) {
    const auto invoice = world.client("bob").create_invoice({"test.sek.bob", "SEK", amount, {}});
    REQUIRE_MESSAGE(invoice, invoice.error().code, ": ", invoice.error().detail);
    const auto id =
        world.client("alice").pay({invoice->code, "test.eur.alice", "EUR", "1000.00", false});
    REQUIRE_MESSAGE(id, id.error().code, ": ", id.error().detail);
    return *id;
}

std::string end_of(NodeWorld& world, const std::string& payment, int milliseconds) {
    std::string state;
    eventually(milliseconds, [&] {
        const auto view = world.client("alice").payment(payment);
        if (view) state = view->state;
        return state == "paid" || state == "refunded" || state == "declined" || state == "broken";
    });
    return state;
}

}  // namespace lockstep::test
