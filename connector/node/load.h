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

// An adapter from its plugin, and who signs what goes to its ledger.
struct LoadedLedger {
    std::unique_ptr<LedgerAdapter> adapter;
    std::shared_ptr<const Signer> signer;
};
// `signer` is used where the ledger has no key file of its own. `plugins` as Settings has it.
// Codes: of the key files, of the plugins.
Result<LoadedLedger, Failure> load_ledger(const LedgerSettings& settings,
                                          const core::LedgerConfig& config,
                                          std::shared_ptr<const Signer> signer,
                                          std::shared_ptr<const SignatureScheme> scheme,
                                          const std::filesystem::path& plugins);
Result<std::shared_ptr<const Signer>, Failure> read_signer(const std::filesystem::path& file,
                                                           const SignatureScheme& scheme);

enum class Adapters : std::uint8_t { loaded, none };  // none: for a replay
enum class Seed : std::uint8_t { read, none };        // none: where nothing is released

// Codes: of the key files, of the plugins; secret_seed_missing where a journal depends on one. The
// secret seed's file is made where there is no journal yet.
Result<LoadedNode, Failure> load_node(const Settings& settings,
                                      std::shared_ptr<const SignatureScheme> scheme, Random& random,
                                      Adapters adapters, Seed seed);

}  // namespace lockstep::node
