#include "connector/cli/swap_settings.h"

#include "connector/node/section.h"
#include "sdk/base/assert.h"
#include "sdk/codec/toml.h"

namespace lockstep::cli {
namespace {

constexpr std::size_t ledgers_of_a_swap = 2;

std::string sentence(const TomlMistake& mistake) {
    switch (mistake.trouble) {
        case TomlTrouble::unreadable:
            return "cannot be read; check the path and its permissions";
        case TomlTrouble::too_large:
            return "is larger than 1 MiB";
        case TomlTrouble::malformed:
            return "line " + std::to_string(mistake.line) + ", column " +
                   std::to_string(mistake.column) + ": " + mistake.what;
    }
    UNREACHABLE();
}

void read(node::Section& root, const std::filesystem::path& base, SwapSettings& settings) {
    settings.key_file = base / root.text("key_file");
    settings.secret_seed_file = base / root.text("secret_seed_file", "secret.seed");
    settings.data = base / root.text("data", "data");
    const std::string plugins = root.text("plugins", "");
    if (!plugins.empty()) settings.plugins = base / plugins;
    root.table("endurance", true, [&](node::Section& endurance) {
        settings.endurance = node::read_endurance(endurance);
    });
    root.tables("ledgers", [&](node::Section& ledger) {
        settings.ledgers.push_back(node::read_ledger_section(ledger, base, settings.plugins));
        if (settings.ledgers.back().config.accounts.size() != 1)
            ledger.mistake("accounts", "expected one account, which this party swaps with");
    });
    if (settings.ledgers.size() != ledgers_of_a_swap)
        root.mistake("ledgers", "expected two tables [[ledgers]], those that are swapped between");
    if (settings.secret_seed_file.lexically_normal() == settings.key_file.lexically_normal())
        root.mistake("secret_seed_file",
                     "is the file of a key; the seed is a file of its own, used for nothing else");
}

// What lockstepd would say of the same ledgers and endurance.
std::vector<std::string> check(const SwapSettings& settings) {
    core::NodeConfig config;
    config.name = "swap";
    config.endurance = settings.endurance;
    for (const node::LedgerSection& ledger : settings.ledgers)
        config.ledgers.push_back(ledger.config);
    return core::check_config(config);
}

}  // namespace

SwapSettingsRead read_swap_settings(const std::filesystem::path& file) {
    SwapSettingsRead all;
    all.settings.file = file;
    const auto document = read_toml_file(file);
    if (!document) {
        all.mistakes.push_back(sentence(document.error()));
    } else {
        for (const std::string& key : document->refused)
            all.mistakes.push_back(key + ": times and dates are not used here; write a text");
        {
            node::Section root(document->values, "", all.mistakes);
            read(root, file.parent_path(), all.settings);
        }
        if (all.mistakes.empty()) all.mistakes = check(all.settings);
    }
    for (std::string& mistake : all.mistakes)
        mistake.insert(0, file.string() + ": ");
    return all;
}

}  // namespace lockstep::cli
