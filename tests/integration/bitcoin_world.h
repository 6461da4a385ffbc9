// A cash ledger, a mock Bitcoin node with a miner, and three nodes as real processes on loopback:
// alice pays in krona, bob is paid in bitcoin, and only the connector has both.
#pragma once

#include <atomic>
#include <map>
#include <thread>

#include "bitcoin/adapter/bitcoin_adapter.h"
#include "connector/client/api_client.h"
#include "sdk/net/http_client.h"
#include "sdk/service/ledger_client.h"
#include "tests/integration/process.h"

namespace lockstep::test {

class BitcoinWorld {
public:
    BitcoinWorld();
    ~BitcoinWorld();

    client::ApiClient& client(const std::string& node);
    Process& process(const std::string& name) { return *processes_.at(name); }
    bool wait_ready(int milliseconds);
    // Of an account that the adapter has, "connector" or "bob".
    const Address& bitcoin_account(const std::string& node) const { return accounts_.at(node); }
    // A call of the Bitcoin node; null where it failed.
    Json call(const std::string& method, Json params = Json::array());
    // What the account's coins in blocks come to, in satoshi, as the node's own scan finds.
    std::int64_t coins(const std::string& node);
    std::int64_t krona(const std::string& account);
    // The miner rests, or goes on.
    void mine(bool on) { mining_ = on; }
    net::IoLoop& loop() { return loop_; }
    const std::filesystem::path& directory() const { return directory_.path(); }

private:
    std::shared_ptr<const Signer> make_key(const std::filesystem::path& file);
    void start_cash();
    void start_bitcoin();
    void make_bitcoin_account(const std::string& node);
    std::string ledger_text(const std::string& node, bool cash) const;
    void start_node(const std::string& name, bool cash, bool bitcoin);
    std::string url(std::uint16_t port) const;

    TemporaryDirectory directory_;
    Ed25519 scheme_;
    net::IoLoop loop_{2};
    net::HttpClient http_{loop_};
    std::map<std::string, std::shared_ptr<const Signer>> keys_;
    std::map<std::string, std::uint16_t> ports_;
    std::map<std::string, Address> accounts_;
    std::map<std::string, std::string> addresses_;
    std::map<std::string, std::unique_ptr<Process>> processes_;
    std::map<std::string, std::unique_ptr<client::ApiClient>> clients_;
    std::atomic<bool> mining_{true};
    std::atomic<bool> over_{false};
    std::thread miner_;
};

}  // namespace lockstep::test
