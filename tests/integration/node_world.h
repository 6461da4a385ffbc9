// Two cash ledgers and three nodes as real processes on loopback: alice pays in euro, bob is paid
// in krona, and only the connector has both.
#pragma once

#include <map>

#include "connector/client/api_client.h"
#include "sdk/service/ledger_client.h"
#include "tests/integration/process.h"

namespace lockstep::test {

class NodeWorld {
public:
    // The adapters of the connector's ledgers, where they are not "cash": a plugin of
    // build/tests/, with its settings as TOML.
    struct Adapter {
        std::string name, settings;
    };
    using Adapters = std::map<std::string, Adapter>;  // by ledger: "eur", "sek"
    NodeWorld() : NodeWorld(Adapters{}) {}
    explicit NodeWorld(Adapters connector_adapters);

    client::ApiClient& client(const std::string& node);
    // "caller" is an operator, "auditor" only reads.
    client::ApiAccess access(const std::string& node, const std::string& caller = "caller") const;
    // Of a node.
    std::shared_ptr<const Signer> signer(const std::string& node) const { return keys_.at(node); }
    Process& process(const std::string& name) { return *processes_.at(name); }
    // Of the account's owner, as its ledger says.
    Balance balance(const std::string& account);
    // As if the node's key had been used outside of it.
    void instruct_as(const std::string& node, const std::string& account, OpBody body);
    // `lockstep` as an operator of the node: its exit code, and in `said` what it printed.
    std::optional<int> command_line(const std::string& node, std::vector<std::string> arguments,
                                    std::string& said);
    // Issued against held, on both ledgers.
    bool conserved();
    // Until every node says that it is ready.
    bool wait_ready(int milliseconds);
    bool wait_ready(const std::string& node, int milliseconds);
    const std::filesystem::path& directory() const { return directory_.path(); }
    net::IoLoop& loop() { return loop_; }

private:
    bool is_ready(const std::string& node);
    struct Ledger {
        std::string address, asset;
        std::uint16_t port = 0;
        std::unique_ptr<service::LedgerClient> owner;  // the operator
    };
    std::shared_ptr<const Signer> make_key(const std::filesystem::path& file);
    void start_ledger(const std::string& name, const std::string& asset);
    void open_account(const std::string& account, const std::string& owner, std::uint64_t units);
    void write_node(const std::string& name, const std::vector<std::string>& ledgers);
    Ledger& ledger_of(const std::string& account);
    std::string url(const std::string& node) const;

    const Adapters connector_adapters_;
    TemporaryDirectory directory_;
    Ed25519 scheme_;
    net::IoLoop loop_{1};
    std::map<std::string, Ledger> ledgers_;
    std::map<std::string, std::shared_ptr<const Signer>> keys_;
    std::map<std::string, std::uint16_t> ports_;
    std::map<std::string, std::unique_ptr<Process>> processes_;
    std::map<std::string, std::unique_ptr<client::ApiClient>> clients_;
};

// A payment from alice to bob, who gets `amount` krona; its id.
std::string pay(NodeWorld& world, const std::string& amount);
// The state in which the payment ended, or the last one seen in that time.
std::string end_of(NodeWorld& world, const std::string& payment, int milliseconds);

// Looks every few milliseconds until it is so, or the time is over.
template <class IsSo>
bool eventually(int milliseconds, IsSo is_so);
bool sleep_ms(int milliseconds);
template <class IsSo>
bool eventually(int milliseconds, IsSo is_so) {
    for (int waited = 0; waited < milliseconds; waited += 10) {
        if (is_so()) return true;
        sleep_ms(10);
    }
    return is_so();
}

}  // namespace lockstep::test
