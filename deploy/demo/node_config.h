// The configuration files of the four nodes.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "deploy/demo/cast.h"
#include "sdk/base/ids.h"
#include "sdk/base/time.h"

namespace lockstep::demo {

struct NodeFacts {
    std::filesystem::path directory;  // of the world
    std::filesystem::path plugins;
    Profiles profiles;
    std::optional<Duration> drain;                 // longest wait after SIGTERM
    std::map<std::string, std::uint16_t> ports;    // by role
    std::map<std::string, PublicKey> node_keys;    // by role
    std::map<std::string, PublicKey> caller_keys;  // "operator", "desk"
    std::string trust;                             // lines of the securities adapter's settings
};

// TOML for one of the four; paths in it are relative to directory/<role>.
std::string node_config(const std::string& role, const NodeFacts& facts);

}  // namespace lockstep::demo
