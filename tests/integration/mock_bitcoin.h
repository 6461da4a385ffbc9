// A mock Bitcoin node as a process on loopback, with a miner that makes two blocks a second.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "sdk/base/address.h"
#include "sdk/codec/json.h"
#include "sdk/net/http_client.h"
#include "tests/integration/process.h"

namespace lockstep::test {

class MockBitcoin {
public:
    // Data and log are below `base`.
    MockBitcoin(net::IoLoop& loop, std::filesystem::path base);
    ~MockBitcoin();

    // Of a new key file: the account that an adapter has, and the address of its coins.
    struct Account {
        Address account;
        std::string address;
    };
    Account make_account(const std::filesystem::path& key_file, const Address& ledger);
    // Starts the node; each of the addresses gets so many coins of 50, which can be spent.
    void start(const std::vector<std::pair<std::string, int>>& coins);

    // A call of the node; null where it failed.
    Json call(const std::string& method, Json params = Json::array());
    // What the address's coins in blocks come to, in satoshi, as the node's own scan finds.
    std::int64_t coins(const std::string& address);
    // The miner rests, or goes on.
    void mine(bool on) { mining_ = on; }
    Process& process() { return *process_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::filesystem::path cookie() const { return base_ / "data" / ".cookie"; }

private:
    const std::filesystem::path base_;
    net::HttpClient http_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
    std::atomic<bool> mining_{true};
    std::atomic<bool> over_{false};
    std::thread miner_;
};

}  // namespace lockstep::test
