// lockstep-conformance: runs the conformance kit against an adapter and a ledger that is running.
#include <CLI/CLI.hpp>
#include <iostream>

#include "sdk/base/exit_code.h"
#include "sdk/service/settings_file.h"
#include "tests/conformance/bitcoin_remote.h"
#include "tests/conformance/remote_ledger.h"

namespace {

using namespace lockstep;
using namespace lockstep::conformance;
using service::SettingsTable;

struct Arguments {
    std::string adapter;
    std::string config;
    std::string only;
    std::vector<std::string> plugins;
    bool json = false;
};

class ConfigFile {
public:
    ConfigFile(std::filesystem::path file, std::shared_ptr<const SignatureScheme> scheme)
        : file_(std::move(file)), scheme_(std::move(scheme)) {}

    // Nothing where there are mistakes.
    std::optional<RemoteSettings> read() {
        const auto document = service::read_settings_file(file_, mistakes);
        if (!document) return std::nullopt;
        if (document->find("node") != nullptr) bitcoin_.emplace();
        {
            SettingsTable root(*document, file_.string() + ": ", mistakes);
            root.table("ledger", [this](SettingsTable& table) { read_ledger(table); });
            if (bitcoin_) {
                root.table("node", [this](SettingsTable& table) { read_node(table); });
                if (document->find("peer") != nullptr)
                    root.table("peer", [this](SettingsTable& table) { read_peer(table); });
            }
            const char* const names[] = {"payer", "payee", "other"};
            for (std::size_t i = 0; i < role_count; ++i) {
                root.table(names[i], [this, i](SettingsTable& table) {
                    if (bitcoin_) return read_party(table, i);
                    settings_.world.accounts[i] = table.address("account");
                    settings_.signers[i] = read_key(table, "key_file", true);
                });
            }
            root.table("profile", [this](SettingsTable& table) { read_profile(table); });
            root.table("setup", [this](SettingsTable& table) {
                settings_.ledger_operator = read_key(table, "operator_key_file", false);
                settings_.issuer = read_key(table, "issuer_key_file", false);
            });
            root.tables("adapter", [this](SettingsTable& table) {
                std::string key = table.text("key");
                settings_.adapter.emplace_back(std::move(key), table.text("value"));
            });
        }
        if (!mistakes.empty()) return std::nullopt;
        if (bitcoin_) finish_bitcoin();
        return settings_;
    }
    // Where the ledger is a node of Bitcoin's kind; what is read otherwise is in it.
    std::optional<BitcoinRemoteSettings>& bitcoin() { return bitcoin_; }

    service::Mistakes mistakes;

private:
    void read_ledger(SettingsTable& table) {
        settings_.world.ledger = table.address("address");
        const auto url = net::parse_url(table.text("url"));
        if (url) {
            settings_.url = *url;
        } else {
            table.mistake("url", "http://HOST:PORT");
        }
        const std::string text = table.text("asset");
        const auto slash = text.find('/');
        const auto scale = slash == std::string::npos
                               ? std::nullopt
                               : parse_amount(std::string_view(text).substr(slash + 1), 0);
        const auto asset = scale && scale->units() <= max_asset_scale
                               ? AssetId::make(std::string_view(text).substr(0, slash),
                                               static_cast<std::uint8_t>(scale->units()))
                               : std::nullopt;
        if (asset) {
            settings_.world.asset = *asset;
        } else {
            table.mistake("asset", "CODE/SCALE, for example SEK/2");
        }
        settings_.world.lot = Amount{table.integer("lot", 1'000'000'000, 1)};
        if (settings_.world.lot.is_zero()) table.mistake("lot", "at least 1");
    }

    // The table before those of the parties, whose keys are of its network.
    void read_node(SettingsTable& table) {
        BitcoinWorld& world = bitcoin_->world;
        world.network = bitcoin::network_named(table.text("network", std::string("regtest")));
        if (world.network == nullptr) table.mistake("network", "main, test, signet or regtest");
        world.is_ours = table.flag("mine", false);
        world.block = table.seconds("block_s", world.block);
        world.height = static_cast<std::int64_t>(table.integer("height", 10'000'000, 110));
        world.least = Amount{table.integer("least", 1'000'000'000, world.least.units())};
        world.fee_allowance =
            Amount{table.integer("fee_allowance", 1'000'000'000, world.fee_allowance.units())};
        bitcoin_->authorization = read_login(table);
    }

    // A second node, which reorganises the first.
    void read_peer(SettingsTable& table) {
        BitcoinRemoteSettings::Peer peer;
        if (const auto url = net::parse_url(table.text("url")))
            peer.url = *url;
        else
            table.mistake("url", "http://HOST:PORT");
        peer.address = table.text("address");
        if (!bitcoin_->world.is_ours)
            table.mistake("address", "a peer only where mine = true in [node]");
        peer.authorization = read_login(table);
        bitcoin_->peer = std::move(peer);
    }

    net::Authorization read_login(SettingsTable& table) {
        const std::string none;
        const std::string cookie = table.text("cookie_file", none);
        const std::string user = table.text("user", none);
        const std::string password = table.text("password_file", none);
        if (user.empty() != password.empty())
            table.mistake("user", "user and password_file go together");
        if (cookie.empty() == user.empty())
            table.mistake("cookie_file", "either this, or user and password_file");
        return cookie.empty() ? net::login_by_password(user, beside(password))
                              : net::login_by_cookie(beside(cookie));
    }

    void read_party(SettingsTable& table, std::size_t index) {
        const auto path = beside(table.text("key_file"));
        bitcoin_->key_files[index] = path.string();
        // a party's key may be new: blocks of ours pay to it
        const auto seed = read_or_create_key_file(path);
        if (!seed) return table.mistake("key_file", "a key file; " + seed.error().detail);
        if (bitcoin_->world.network == nullptr) return;
        bitcoin_->world.signers[index] = bitcoin::make_signer(*seed, *bitcoin_->world.network);
    }

    void finish_bitcoin() {
        bitcoin_->url = settings_.url;
        bitcoin_->world.ledger = settings_.world.ledger;
        bitcoin_->world.asset = settings_.world.asset;
        bitcoin_->profile = settings_.profile;
        bitcoin_->adapter = settings_.adapter;
    }

    std::filesystem::path beside(const std::string& name) const {
        return std::filesystem::absolute(file_).parent_path() / name;
    }

    void read_profile(SettingsTable& table) {
        TimingProfile& profile = settings_.profile;
        const Duration second = Duration::seconds(1);
        profile.inclusion = table.milliseconds("inclusion_ms", second);
        profile.finality = table.milliseconds("finality_ms", Duration{});
        profile.rollback = table.milliseconds("rollback_ms", Duration{});
        profile.late = table.milliseconds("late_ms", second);
        profile.early = table.milliseconds("early_ms", second);
        profile.block = table.milliseconds("block_ms", Duration{});
    }

    std::shared_ptr<const Signer> read_key(SettingsTable& table, const char* key, bool required) {
        const std::string name =
            required ? table.text(key) : table.text(key, std::optional<std::string>(""));
        if (name.empty()) return nullptr;
        const auto path = beside(name);
        // a party's key may be new: its account is opened with it
        const auto seed = read_or_create_key_file(path);
        if (seed) return scheme_->signer(*seed);
        table.mistake(key, "a key file; " + seed.error().detail);
        return nullptr;
    }

    std::filesystem::path file_;
    std::shared_ptr<const SignatureScheme> scheme_;
    RemoteSettings settings_;
    std::optional<BitcoinRemoteSettings> bitcoin_;
};

// A reason is the ledger's; any other code is of a plugin or its settings.
int complain(const Failure& failure) {
    std::cerr << "lockstep-conformance: " << failure.detail << " [" << failure.code << "]\n";
    return reason_from_string(failure.code) ? exit_code_of(failure) : exit_usage;
}

std::string to_json(const Outcomes& outcomes) {
    const auto word = [](Outcome outcome) {
        switch (outcome) {
            case Outcome::passed:
                return "passed";
            case Outcome::failed:
                return "failed";
            case Outcome::left_out:
                return "left_out";
        }
        return "";
    };
    Json cases = Json::array();
    for (const CaseResult& result : outcomes.cases) {
        cases.push(Json::object({{"rule", result.rule},
                                 {"title", result.title},
                                 {"outcome", word(result.outcome)},
                                 {"detail", result.detail}}));
    }
    return write_json_pretty(Json::object({{"ledger", outcomes.info.ledger.text()},
                                           {"passed", outcomes.count(Outcome::passed)},
                                           {"failed", outcomes.count(Outcome::failed)},
                                           {"left_out", outcomes.count(Outcome::left_out)},
                                           {"cases", std::move(cases)}}));
}

Result<std::unique_ptr<ConformanceLedger>, Failure> open_ledger(
    RemoteSettings settings, std::optional<BitcoinRemoteSettings>& bitcoin, Plugin plugin,
    const std::shared_ptr<const SignatureScheme>& scheme) {
    if (bitcoin) return open_bitcoin_remote(std::move(*bitcoin), plugin, scheme);
    auto ledger = std::make_unique<RemoteLedger>(std::move(settings), std::move(plugin), scheme);
    if (const auto opened = ledger->open(); !opened) return unexpected<Failure>(opened.error());
    return ledger;
}

int run_kit(const Arguments& arguments) {
    const auto scheme = std::make_shared<Ed25519>();
    ConfigFile config(arguments.config, scheme);
    auto settings = config.read();
    for (const std::string& mistake : config.mistakes)
        std::cerr << mistake << '\n';
    if (!settings) return exit_usage;

    std::vector<std::filesystem::path> folders(arguments.plugins.begin(), arguments.plugins.end());
    for (auto& folder : plugin_folders())
        folders.push_back(std::move(folder));
    auto plugin = find_plugin(arguments.adapter, folders);
    if (!plugin) return complain(plugin.error());

    auto ledger = open_ledger(std::move(*settings), config.bitcoin(), std::move(*plugin), scheme);
    if (!ledger) return complain(ledger.error());
    const Outcomes outcomes = run(**ledger, arguments.only);
    if (arguments.json) {
        std::cout << to_json(outcomes);
    } else {
        std::cout << to_table(outcomes) << '\n' << to_rules(outcomes);
    }
    return outcomes.passed() ? exit_done : exit_failed;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app{"Runs the conformance kit against a ledger that is running, through its adapter.",
                 "lockstep-conformance"};
    app.add_option("--adapter", arguments.adapter, "name: lockstep-adapter-NAME.so")->required();
    app.add_option("--config", arguments.config, "ledger, accounts and keys, as TOML")->required();
    app.add_option("--only", arguments.only, "a rule, or a part of a case's title");
    app.add_option("--plugins", arguments.plugins, "where to look for adapters first");
    app.add_flag("--json", arguments.json, "one JSON object instead of a table");
    app.footer(
        "Exit codes: 0 no case failed, 1 one did or the ledger refused to be set up, 2 a mistake\n"
        "in the command line, the configuration or the adapter's settings, 3 no answer from the\n"
        "ledger.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    return run_kit(arguments);
}
