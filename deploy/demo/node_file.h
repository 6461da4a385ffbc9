// The parts that the configuration files of all nodes are written of.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/demo/cast.h"
#include "sdk/base/ids.h"
#include "sdk/base/time.h"

namespace lockstep::demo {

struct NodeFacts {
    std::filesystem::path directory;  // of the world
    std::filesystem::path plugins;
    Profiles profiles;
    std::optional<Duration> drain;                      // longest wait after SIGTERM
    std::map<std::string, std::uint16_t> ports;         // by role
    std::map<std::string, PublicKey> node_keys;         // by role
    std::map<std::string, PublicKey> caller_keys;       // "operator", "desk"
    std::map<std::string, std::string> coin_accounts;   // on the Bitcoin chain, by role
    std::map<std::string, std::string> coin_addresses;  // the same as wallets write them
    std::string trust;  // lines of the securities adapter's settings
};

std::string quoted(std::string_view text);

// TOML, in the order of the calls.
class NodeFile {
public:
    NodeFile(const std::string& role, const NodeFacts& facts);

    // What every node has. Without a price asset it neither matches nor judges prices.
    void head(std::string_view price_asset);
    // A ledger with books: "csd" or a currency's.
    void ledger(const std::string& name, const std::vector<std::string>& accounts);
    void peer(const std::string& name);
    void caller(const std::string& name, std::string_view role);
    void instrument(const Share& share, bool with_price);

    // For what only some nodes have.
    std::ostream& out() { return out_; }
    // Of a ledger with books, in a table of its own.
    void profile(std::string_view table);
    std::string url(const std::string& name) const;
    std::string text() const { return out_.str(); }

private:
    const std::string& role_;
    const NodeFacts& facts_;
    std::ostringstream out_;
};

}  // namespace lockstep::demo
