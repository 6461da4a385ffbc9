#include "connector/node/load.h"

#include "connector/node/ledger_profile.h"
#include "sdk/machine/plugin.h"
#include "sdk/net/basic_login.h"
#include "sdk/store/journal_file.h"

namespace lockstep::node {

using SignerPtr = std::shared_ptr<const Signer>;

Result<SignerPtr, Failure> read_signer(const std::filesystem::path& file,
                                       const SignatureScheme& scheme) {
    const auto seed = read_key_file(file);
    if (!seed) return unexpected<Failure>(seed.error());
    return SignerPtr(scheme.signer(*seed));
}

namespace {

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

AdapterSetup setup_of(const LedgerSettings& ledger, const core::LedgerConfig& config,
                      SignerPtr signer, std::shared_ptr<const SignatureScheme> scheme) {
    AdapterSetup setup;
    setup.ledger = config.ledger;
    setup.accounts = config.accounts;
    setup.signer = std::move(signer);
    setup.scheme = std::move(scheme);
    setup.profile = config.timing.profile;
    setup.settings = ledger.settings;
    return setup;
}

class FileChecker {
public:
    FileChecker(const SettingsRead& read, const std::filesystem::path& file)
        : read_(read), settings_(read.settings), file_(file.string() + ": ") {}

    std::vector<std::string> check() {
        if (!settings_.key_file.empty()) signer_ = signer_of(settings_.key_file, "key_file");
        if (!settings_.secret_seed_file.empty()) check_secret_seed();
        for (std::size_t i = 0; i < settings_.ledgers.size(); ++i)
            check_ledger(i);
        return std::move(mistakes_);
    }

private:
    void tell(const std::string& key, const std::string& what) {
        if (!is_told(key)) mistakes_.push_back(file_ + key + ": " + what);
    }
    // What follows from a mistake in the key, or in a table that it lies in, is none of its own.
    bool is_told(const std::string& key) const {
        for (std::size_t end = key.size(); end != std::string::npos && end != 0;
             end = key.rfind('.', end - 1)) {
            const std::string start = file_ + key.substr(0, end) + ": ";
            for (const std::string& line : read_.mistakes)
                if (line.starts_with(start)) return true;
        }
        return false;
    }

    SignerPtr signer_of(const std::filesystem::path& file, const std::string& key) {
        auto signer = read_signer(file, *scheme_);
        if (!signer) tell(key, signer.error().detail);
        return signer ? std::move(*signer) : nullptr;
    }

    void check_secret_seed() {
        if (auto there = check_seed_is_there(settings_); !there)
            tell("secret_seed_file", there.error().detail);
        else if (is_there(settings_.secret_seed_file)) {
            if (const auto seed = read_key_file(settings_.secret_seed_file); !seed)
                tell("secret_seed_file", seed.error().detail);
        }
    }

    void check_ledger(std::size_t i) {
        const LedgerSettings& ledger = settings_.ledgers[i];
        const SignerPtr signer = ledger.key_file.empty()
                                     ? signer_
                                     : signer_of(ledger.key_file, ledger.place + "key_file");
        if (!ledger.password_file.empty())
            if (const auto read = net::read_password_file(ledger.password_file); !read)
                tell(ledger.place + "password_file", read.error().detail);
        if (ledger.adapter.empty()) return;
        const auto plugin = find_plugin_of(ledger, settings_.plugins);
        if (!plugin) return tell(ledger.place + "adapter", plugin.error().detail);
        const AdapterSetup setup = setup_of(ledger, settings_.node.ledgers[i], signer, scheme_);
        const SettingMistakes wrong = plugin->check(setup);
        for (const SettingMistake& mistake : wrong)
            tell(ledger.place + "settings." + mistake.key, mistake.what);
        // Made of what is known to be wrong, it would only say so again.
        if (!wrong.empty() || !signer || !read_.mistakes.empty()) return;
        if (const auto adapter = plugin->make(setup); !adapter)
            tell(ledger.place + "adapter", adapter.error().detail);
    }

    const SettingsRead& read_;
    const Settings& settings_;
    const std::string file_;
    const std::shared_ptr<const SignatureScheme> scheme_ = std::make_shared<Ed25519>();
    SignerPtr signer_;
    std::vector<std::string> mistakes_;
};

}  // namespace

std::vector<std::string> check_files(const SettingsRead& read, const std::filesystem::path& file) {
    return FileChecker(read, file).check();
}

Result<LoadedLedger, Failure> load_ledger(const LedgerSettings& settings,
                                          const core::LedgerConfig& config, SignerPtr signer,
                                          std::shared_ptr<const SignatureScheme> scheme,
                                          const std::filesystem::path& plugins) {
    if (!settings.key_file.empty()) {
        auto read = read_signer(settings.key_file, *scheme);
        if (!read) return unexpected<Failure>(read.error());
        signer = std::move(*read);
    }
    const auto plugin = find_plugin_of(settings, plugins);
    if (!plugin) return unexpected<Failure>(plugin.error());
    auto adapter = plugin->make(setup_of(settings, config, signer, std::move(scheme)));
    if (!adapter) return unexpected<Failure>(adapter.error());
    return LoadedLedger{std::move(*adapter), std::move(signer)};
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
        auto ledger = load_ledger(settings.ledgers[i], settings.node.ledgers[i], *signer, scheme,
                                  settings.plugins);
        if (!ledger) {
            return fail(ledger.error().code,
                        "ledgers[" + std::to_string(i) + "]: " + ledger.error().detail);
        }
        loaded.parts.adapters.push_back(std::move(ledger->adapter));
        loaded.ledger_signers.push_back(std::move(ledger->signer));
    }
    loaded.parts.config = settings.node;
    loaded.parts.signer = std::move(*signer);
    loaded.parts.scheme = std::move(scheme);
    loaded.parts.keeper = std::make_shared<assembly::SeedSecretKeeper>(std::move(secret));
    loaded.parts.random = &random;
    return loaded;
}

}  // namespace lockstep::node
