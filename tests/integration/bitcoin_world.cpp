#include "tests/integration/bitcoin_world.h"

#include <doctest/doctest.h>

#include "tests/integration/node_world.h"

namespace lockstep::test {
namespace {

const Address bitcoin_ledger = *Address::parse("test.btc");

const char* const cash_profile =
    "profile = { inclusion_ms = 1000, finality_ms = 0, late_ms = 1000, early_ms = 1000 }\n";
// Two blocks a second: the median of eleven stamps of whole seconds lies up to seven behind.
const char* const chain_settings =
    "depth = 2, block_interval_ms = 500, confirmation_target = 1, congestion = 1, "
    "reorg_depth = 0, late_ms = 8000, early_ms = 2000";
// What follows from it, for nodes that have no account there.
const char* const bitcoin_profile =
    "profile = { inclusion_ms = 4000, finality_ms = 3000, rollback_ms = 0, late_ms = 8000, "
    "early_ms = 2000, block_ms = 5000 }\n";

}  // namespace

BitcoinWorld::BitcoinWorld() {
    for (const char* name : {"alice", "connector", "bob"}) {
        keys_[name] = make_key(directory() / name / "node.key");
        ports_[name] = free_port();
    }
    keys_["caller"] = make_key(directory() / "caller.key");
    for (const char* name : {"connector", "bob"})
        accounts_[name] = bitcoin_.make_account(directory() / name / "btc.key", bitcoin_ledger);
    start_cash();
    bitcoin_.start({{accounts_.at("connector").address, 5}});
    start_node("alice", true, false);
    start_node("connector", true, true);
    start_node("bob", false, true);
}

std::shared_ptr<const Signer> BitcoinWorld::make_key(const std::filesystem::path& file) {
    std::filesystem::create_directories(file.parent_path());
    const auto seed = read_or_create_key_file(file);
    REQUIRE(seed);
    return scheme_.signer(*seed);
}

std::string BitcoinWorld::url(std::uint16_t port) const {
    return "http://127.0.0.1:" + std::to_string(port);
}

void BitcoinWorld::start_cash() {
    const auto base = directory() / "sek";
    const std::uint16_t port = ports_["sek"] = free_port();
    const auto key = make_key(base / "operator.key");
    write_file(base / "ledger.toml",
               "[ledger]\naddress = \"test.sek\"\noperator = \"" + key->public_key().hex() +
                   "\"\n[profile]\ninclusion_ms = 1000\nlate_ms = 1000\nearly_ms = 1000\n"
                   "[listen]\nport = " +
                   std::to_string(port) + "\n[data]\ndirectory = \"data\"\n");
    processes_["sek"] = std::make_unique<Process>(
        "lockstep-cash", std::vector<std::string>{"--config", (base / "ledger.toml").string()},
        base / "log");
    processes_["sek"]->start();
    service::LedgerClient owner(loop_, *net::parse_url(url(port)), key);
    REQUIRE(eventually(5'000, [&] { return owner.info().has_value(); }));
    const AssetId sek = *AssetId::make("SEK", 2);
    REQUIRE(owner.run(op::RegisterAsset{sek, key->public_key(), Amount{1}}));
    for (const char* name : {"alice", "connector"})
        REQUIRE(owner.run(op::OpenAccount{*Address::parse(std::string("test.sek.") + name),
                                          keys_.at(name)->public_key()}));
    REQUIRE(owner.run(op::Issue{*Address::parse("test.sek.alice"), sek, Amount{1'000'000'00}}));
}

std::string BitcoinWorld::ledger_text(const std::string& node, bool cash) const {
    if (cash)
        return "[[ledgers]]\naddress = \"test.sek\"\nadapter = \"cash\"\nurl = \"" +
               url(ports_.at("sek")) + "\"\naccounts = [\"test.sek." + node + "\"]\n" +
               cash_profile;
    return "[[ledgers]]\naddress = \"test.btc\"\nadapter = \"bitcoin\"\nurl = \"" + bitcoin_.url() +
           "\"\naccounts = [\"" + bitcoin_account(node).text() +
           "\"]\nexpiry_rule = \"open\"\ncookie_file = \"../btc/data/.cookie\"\n"
           "settings = { key_file = \"btc.key\", network = \"regtest\", poll_ms = 200, "
           "rebroadcast_ms = 1000, " +
           chain_settings + " }\n";
}

void BitcoinWorld::start_node(const std::string& name, bool cash, bool bitcoin) {
    const auto base = directory() / name;
    std::string text = "name = \"" + name +
                       "\"\nkey_file = \"node.key\"\nsecret_seed_file = \"secret.seed\"\n"
                       "data = \"data\"\nlog_level = \"debug\"\n[listen]\nport = " +
                       std::to_string(ports_.at(name)) +
                       "\n[endurance]\noutage_ms = 1000\noutages = 1\n"
                       "[[callers]]\nname = \"test\"\nrole = \"operator\"\nkey = \"" +
                       keys_.at("caller")->public_key().hex() + "\"\n";
    if (cash) text += ledger_text(name, true);
    if (bitcoin) text += ledger_text(name, false);
    for (const char* const peer : {"alice", "connector", "bob"})
        if (peer != name)
            text.append("[[peers]]\nname = \"")
                .append(peer)
                .append("\"\nkey = \"")
                .append(keys_.at(peer)->public_key().hex())
                .append("\"\nurl = \"")
                .append(url(ports_.at(peer)))
                .append("\"\n");
    // A million krona a bitcoin.
    const std::string offer =
        "in_ledger = \"test.sek\"\nin_asset = \"SEK/2\"\nin_account = \"test.sek.connector\"\n"
        "out_ledger = \"test.btc\"\nout_asset = \"BTC/8\"\nout_account = \"" +
        bitcoin_account("connector").text() +
        "\"\nrate = \"1000000\"\nspread_ppm = 2000\nmin_out = \"0.00100000\"\n"
        "max_out = \"10.00000000\"\nmargin_ms = 40000\n";
    if (name == "connector") text += "[[offers]]\n" + offer;
    if (name == "alice")
        text += "[[known_offers]]\nconnector = \"" + keys_.at("connector")->public_key().hex() +
                "\"\n" + offer + "out_" + bitcoin_profile + "out_expiry_rule = \"open\"\n";
    write_file(base / "node.toml", text);
    processes_[name] = std::make_unique<Process>(
        "lockstepd", std::vector<std::string>{"--config", (base / "node.toml").string()},
        base / "log");
    processes_[name]->start();
}

client::ApiClient& BitcoinWorld::client(const std::string& node) {
    auto& client = clients_[node];
    if (!client)
        client = std::make_unique<client::ApiClient>(
            loop_, client::ApiAccess{*net::parse_url(url(ports_.at(node))), keys_.at("caller")});
    return *client;
}

bool BitcoinWorld::wait_ready(int milliseconds) {
    return eventually(milliseconds, [&] {
        for (const char* name : {"alice", "connector", "bob"}) {
            const auto ready = client(name).ready();
            if (!ready || !*ready) return false;
        }
        return true;
    });
}

std::int64_t BitcoinWorld::krona(const std::string& account) {
    const std::string owner = account.substr(account.rfind('.') + 1);
    service::LedgerClient reader(loop_, *net::parse_url(url(ports_.at("sek"))), keys_.at(owner));
    const auto answer = reader.query(ask::Balances{*Address::parse(account)});
    if (!answer || answer->balances.empty()) return 0;
    return static_cast<std::int64_t>(answer->balances.front().free.units());
}

}  // namespace lockstep::test
