// Makes a node from its settings: keys from their files, adapters from their plugins.
#pragma once

#include "connector/assembly/node.h"
#include "connector/node/settings.h"

namespace lockstep::node {

struct LoadedNode {
    assembly::NodeParts parts;
    // Of config.ledgers, in that order: who signs what goes to that ledger.
    std::vector<std::shared_ptr<const Signer>> ledger_signers;
};

// What a start would stumble over besides `read.mistakes`: key files, the secret seed, plugins and
// what they think of their settings, as far as these were read. A line each, as those of `file`;
// makes no file.
std::vector<std::string> check_files(const SettingsRead& read, const std::filesystem::path& file);

enum class Adapters : std::uint8_t { loaded, none };  // none: for a replay
enum class Seed : std::uint8_t { read, none };        // none: where nothing is released

// Codes: of the key files, of the plugins; secret_seed_missing where a journal depends on one. The
// secret seed's file is made where there is no journal yet.
Result<LoadedNode, Failure> load_node(const Settings& settings,
                                      std::shared_ptr<const SignatureScheme> scheme, Random& random,
                                      Adapters adapters, Seed seed);

}  // namespace lockstep::node
