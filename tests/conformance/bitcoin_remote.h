// A node of Bitcoin's kind that runs as a program of its own: the mock one, litecoind or Bitcoin
// Core. On regtest its clock and its blocks are ours; elsewhere time is real and blocks come.
#pragma once

#include "sdk/machine/plugin.h"
#include "sdk/net/basic_login.h"
#include "sdk/net/url.h"
#include "tests/conformance/bitcoin_bench.h"

namespace lockstep::conformance {

struct BitcoinRemoteSettings {
    struct Peer {
        net::Url url;
        net::Authorization authorization;
        std::string address;  // HOST:PORT, where the node connects to it
    };
    BitcoinWorld world;
    net::Url url;
    net::Authorization authorization;
    std::optional<Peer> peer;
    TimingProfile profile;
    std::string key_files[role_count];
    std::vector<std::pair<std::string, std::string>> adapter;  // its own settings
};

// Failure: the node's, and the adapter's.
Result<std::unique_ptr<ConformanceLedger>, Failure> open_bitcoin_remote(
    BitcoinRemoteSettings settings, const Plugin& plugin,
    const std::shared_ptr<const SignatureScheme>& scheme);

}  // namespace lockstep::conformance
