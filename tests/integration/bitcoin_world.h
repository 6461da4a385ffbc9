// A cash ledger, a mock Bitcoin node with a miner, and three nodes as real processes on loopback:
// alice pays in krona, bob is paid in bitcoin, and only the connector has both.
#pragma once

#include <map>

#include "connector/client/api_client.h"
#include "sdk/service/ledger_client.h"
#include "tests/integration/mock_bitcoin.h"

namespace lockstep::test {

class BitcoinWorld {
public:
    BitcoinWorld();

    client::ApiClient& client(const std::string& node);
    Process& process(const std::string& name) { return *processes_.at(name); }
    bool wait_ready(int milliseconds);
    // Of an account that the adapter has, "connector" or "bob".
    const Address& bitcoin_account(const std::string& node) const {
        return accounts_.at(node).account;
    }
    // What the account's coins in blocks come to, in satoshi.
    std::int64_t coins(const std::string& node) {
        return bitcoin_.coins(accounts_.at(node).address);
    }
    std::int64_t krona(const std::string& account);
    net::IoLoop& loop() { return loop_; }
    const std::filesystem::path& directory() const { return directory_.path(); }

private:
    std::shared_ptr<const Signer> make_key(const std::filesystem::path& file);
    void start_cash();
    std::string ledger_text(const std::string& node, bool cash) const;
    void start_node(const std::string& name, bool cash, bool bitcoin);
    std::string url(std::uint16_t port) const;

    TemporaryDirectory directory_;
    Ed25519 scheme_;
    net::IoLoop loop_{2};
    std::map<std::string, std::shared_ptr<const Signer>> keys_;
    std::map<std::string, std::uint16_t> ports_;
    std::map<std::string, MockBitcoin::Account> accounts_;
    MockBitcoin bitcoin_{loop_, directory_.path() / "btc"};
    std::map<std::string, std::unique_ptr<Process>> processes_;
    std::map<std::string, std::unique_ptr<client::ApiClient>> clients_;
};

}  // namespace lockstep::test
