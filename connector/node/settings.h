// The configuration file of lockstepd: what the node's machine is told (core::NodeConfig), and what
// only this process needs: addresses, files, callers.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "connector/api/callers.h"
#include "connector/core/config.h"
#include "sdk/codec/json.h"
#include "sdk/net/http_server.h"
#include "sdk/net/url.h"
#include "sdk/store/data_directory.h"

namespace lockstep::node {

struct LedgerSettings {
    std::string place;  // in the file, "ledgers[0]."
    Address ledger;
    std::string adapter;  // the plugin's name: "cash" is lockstep-adapter-cash.so
    net::Url url;
    std::filesystem::path key_file;  // empty: the node's key
    // For a ledger that wants a name and a password (RFC 7617): either of the two, or neither.
    std::filesystem::path cookie_file;
    std::string user;
    std::filesystem::path password_file;
    std::vector<std::pair<std::string, std::string>> settings;  // the adapter's own
    bool is_profile_computed = false;                           // by the adapter, from these
};

// A table of [[ledgers]]: what this process needs, and what the machine is told. Paths in it are
// relative to `base`. An adapter that can tell its ledger's profile from its settings, found in
// `plugins` (as Settings has it) or beside the program, does so where the table has none; one that
// promises more than that is a mistake.
struct LedgerSection {
    LedgerSettings settings;
    core::LedgerConfig config;
};
class Section;
LedgerSection read_ledger_section(Section& section, const std::filesystem::path& base,
                                  const std::filesystem::path& plugins);
// The table [endurance].
core::Endurance read_endurance(Section& section);

struct PeerAddress {
    PublicKey key;
    std::optional<net::Url> url;  // absent: it calls us, we never call it
};

struct Settings {
    core::NodeConfig node;  // `self` is filled in from the key
    std::filesystem::path key_file;
    std::filesystem::path secret_seed_file;
    std::filesystem::path data;
    std::filesystem::path plugins;  // directory; empty: beside the program
    std::string listen_address = "127.0.0.1";
    std::uint16_t listen_port = 0;
    bool metrics = true;  // whether /metrics is served, unsigned, to whoever can reach it
    std::size_t max_connections_per_address = net::ServerLimits{}.max_connections_per_address;
    std::vector<net::Url> origins;  // how callers and peers address this node besides listen
    Duration drain;                 // longest wait of a drain
    Duration commit_interval;
    DiskLimits disk;
    std::string log_level;
    std::vector<LedgerSettings> ledgers;  // in the order of node.ledgers
    std::vector<PeerAddress> peers;       // in the order of node.peers
    std::vector<api::Caller> callers;
};

// Whether only programs of this machine reach it, or a proxy here.
bool listens_on_loopback(const Settings& settings);
// What is no mistake and yet ought to be known, "key: sentence".
std::vector<std::string> notes_on(const Settings& settings);

// What this node is addressed by besides `origins`, as its callers sign it.
net::Url listen_origin(const Settings& settings);

// Reads and checks a file; paths in it are relative to it. Every mistake is a line, "file: key:
// what is wrong and what is expected"; check_config is part of it.
struct SettingsRead {
    Settings settings;
    std::vector<std::string> mistakes;
};
SettingsRead read_settings(const std::filesystem::path& file);
// The same of a parsed document. `self` is the node's own key.
SettingsRead read_settings(const Json& document, const std::filesystem::path& file,
                           const PublicKey& self);

}  // namespace lockstep::node
