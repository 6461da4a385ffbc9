#include "connector/node/load.h"

#include "sdk/machine/plugin.h"
#include "sdk/store/journal_file.h"

namespace lockstep::node {

namespace {

using SignerPtr = std::shared_ptr<const Signer>;

Result<SignerPtr, Failure> read_signer(const std::filesystem::path& file,
                                       const SignatureScheme& scheme) {
    const auto seed = read_key_file(file);
    if (!seed) return unexpected<Failure>(seed.error());
    return SignerPtr(scheme.signer(*seed));
}

bool is_there(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::exists(file, ignored);
}

// A journal without the seed that it depends on.
Result<void, Failure> check_seed_is_there(const Settings& settings) {
    if (is_there(settings.secret_seed_file) || !is_there(journal_file(settings.data.string())))
        return {};
    return fail("secret_seed_missing",
                settings.secret_seed_file.string() + ": is missing, and " + settings.data.string() +
                    " may hold conditions that only it can fulfil; put it back");
}

Result<KeySeed, Failure> read_secret_seed(const Settings& settings) {
    if (auto there = check_seed_is_there(settings); !there)
        return unexpected<Failure>(there.error());
    return read_or_create_key_file(settings.secret_seed_file);
}

Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(
    const Settings& settings, std::size_t ledger, SignerPtr signer,
    std::shared_ptr<const SignatureScheme> scheme) {
    std::vector<std::filesystem::path> folders;
    if (!settings.plugins.empty()) folders.push_back(settings.plugins);
    for (auto& folder : plugin_folders())
        folders.push_back(std::move(folder));
    const auto plugin = find_plugin(settings.ledgers[ledger].adapter, folders);
    if (!plugin) return unexpected<Failure>(plugin.error());
    AdapterSetup setup;
    setup.ledger = settings.node.ledgers[ledger].ledger;
    setup.accounts = settings.node.ledgers[ledger].accounts;
    setup.signer = std::move(signer);
    setup.scheme = std::move(scheme);
    setup.profile = settings.node.ledgers[ledger].timing.profile;
    setup.settings = settings.ledgers[ledger].settings;
    return plugin->make(setup);
}

}  // namespace

std::vector<std::string> check_files(const Settings& settings) {
    const auto scheme = std::make_shared<Ed25519>();
    std::vector<std::string> mistakes;
    const auto note = [&](const std::string& key, const Failure& failure) {
        mistakes.push_back(key + ": " + failure.detail);
    };
    auto signer = read_signer(settings.key_file, *scheme);
    if (!signer) note("key_file", signer.error());
    if (auto there = check_seed_is_there(settings); !there)
        note("secret_seed_file", there.error());
    else if (is_there(settings.secret_seed_file)) {
        if (const auto seed = read_key_file(settings.secret_seed_file); !seed)
            note("secret_seed_file", seed.error());
    }
    for (std::size_t i = 0; i < settings.ledgers.size(); ++i) {
        const std::string name = "ledgers[" + std::to_string(i) + "].";
        const auto& key_file = settings.ledgers[i].key_file;
        auto own = key_file.empty() ? signer : read_signer(key_file, *scheme);
        if (!own) {
            if (!key_file.empty()) note(name + "key_file", own.error());
            continue;
        }
        if (const auto adapter = make_adapter(settings, i, *own, scheme); !adapter)
            note(name + "adapter", adapter.error());
    }
    return mistakes;
}

Result<LoadedNode, Failure> load_node(const Settings& settings,
                                      std::shared_ptr<const SignatureScheme> scheme, Random& random,
                                      Adapters adapters, Seed seed) {
    LoadedNode loaded;
    auto signer = read_signer(settings.key_file, *scheme);
    if (!signer) return unexpected<Failure>(signer.error());
    KeySeed secret;
    if (seed == Seed::read) {
        auto read = read_secret_seed(settings);
        if (!read) return unexpected<Failure>(read.error());
        secret = std::move(*read);
    }
    for (std::size_t i = 0; i < settings.ledgers.size(); ++i) {
        if (adapters == Adapters::none) {
            loaded.parts.adapters.push_back(nullptr);
            continue;
        }
        SignerPtr ledger_signer = *signer;
        if (!settings.ledgers[i].key_file.empty()) {
            auto read = read_signer(settings.ledgers[i].key_file, *scheme);
            if (!read) return unexpected<Failure>(read.error());
            ledger_signer = *read;
        }
        auto adapter = make_adapter(settings, i, ledger_signer, scheme);
        if (!adapter) {
            return fail(adapter.error().code,
                        "ledgers[" + std::to_string(i) + "]: " + adapter.error().detail);
        }
        loaded.parts.adapters.push_back(std::move(*adapter));
        loaded.ledger_signers.push_back(std::move(ledger_signer));
    }
    loaded.parts.config = settings.node;
    loaded.parts.signer = std::move(*signer);
    loaded.parts.scheme = std::move(scheme);
    loaded.parts.keeper = std::make_shared<assembly::SeedSecretKeeper>(std::move(secret));
    loaded.parts.random = &random;
    return loaded;
}

}  // namespace lockstep::node
