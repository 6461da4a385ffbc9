#include "sdk/service/ledger_program.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>

#include "sdk/base/exit_code.h"
#include "sdk/machine/state_file.h"
#include "sdk/service/clock.h"
#include "sdk/store/data_directory.h"
#include "sdk/store/replay.h"

namespace lockstep::service {
namespace {

namespace fs = std::filesystem;

constexpr Duration stop_grace = Duration::seconds(2);

struct Arguments {
    std::string config = "ledger.toml";
    std::string data;
    bool check = false;
    bool replay = false;
    std::string init_directory;
    std::string init_ledger;
    std::string init_operator;
    std::uint16_t init_port = 0;
};

int complain(const std::string& program, const Failure& failure) {
    std::cerr << program << ": " << failure.detail << " [" << failure.code << "]\n";
    log(LogLevel::error, "stopped",
        Json::object({{"code", failure.code}, {"detail", failure.detail}}));
    return exit_code_of(failure);
}

// Relative paths are relative to the configuration file, so that it works from any directory.
std::string beside(const fs::path& config, const std::string& path) {
    if (path.empty()) return path;
    return (fs::absolute(config).parent_path() / path).lexically_normal().string();
}

void read_common(SettingsTable& file, const Arguments& arguments, ProgramSettings& settings) {
    file.table("listen", [&](SettingsTable& listen) {
        settings.service.host = listen.text("host", "127.0.0.1");
        settings.service.port = static_cast<std::uint16_t>(listen.integer("port", 65'535, 0));
        settings.service.origins = listen.texts("origins");
        settings.threads = listen.integer("threads", 64, 2);
        net::ServerLimits& limits = settings.service.limits;
        limits.max_connections = listen.integer("max_connections", 65'536, limits.max_connections);
        limits.max_connections_per_address =
            listen.integer("max_connections_per_address", 65'536,
                           std::max<std::size_t>(limits.max_connections / 2, 1));
    });
    file.table("data", [&](SettingsTable& data) {
        settings.directory = beside(arguments.config, data.text("directory", "data"));
        settings.host.snapshot_rows = data.integer("snapshot_rows", 10'000'000, 20'000);
        settings.host.commit_interval =
            Duration{static_cast<std::int64_t>(data.integer("commit_interval_us", 1'000'000, 0))};
        settings.disk.low_bytes =
            data.integer("low_disk_mib", 1'000'000, settings.disk.low_bytes >> 20) << 20;
        settings.disk.ballast_bytes =
            data.integer("ballast_mib", 1'000'000, settings.disk.ballast_bytes >> 20) << 20;
        settings.disk.on_ballast = log_ballast;
    });
    file.table("log", [&](SettingsTable& log) {
        settings.log_file = beside(arguments.config, log.text("file", ""));
        const std::string level = log.text("level", "info");
        if (level == "debug")
            settings.log_level = LogLevel::debug;
        else if (level == "warning")
            settings.log_level = LogLevel::warning;
        else if (level == "error")
            settings.log_level = LogLevel::error;
        else if (level != "info")
            log.mistake("level", "debug, info, warning or error");
    });
    file.table("readers", [&](SettingsTable& readers) {
        settings.service.auditors = readers.public_keys("auditors");
    });
}

std::optional<ProgramSettings> read_settings(LedgerKind& kind, const Arguments& arguments,
                                             Mistakes& mistakes) {
    const auto values = read_settings_file(arguments.config, mistakes);
    if (!values) return std::nullopt;
    ProgramSettings settings;
    {
        SettingsTable file(*values, arguments.config + ": ", mistakes);
        read_common(file, arguments, settings);
        settings.service.ledger = kind.read(file);
    }
    settings.service.program = kind.program();
    if (!arguments.data.empty()) settings.directory = fs::absolute(arguments.data).string();
    settings.service.port_file = settings.directory + "/port";
    settings.host.state_file = state_file(settings.directory);
    if (!mistakes.empty()) return std::nullopt;
    return settings;
}

int replay(LedgerKind& kind, const ProgramSettings& settings) {
    auto digest = kind.replay(settings, true);
    bool compared = true;
    if (!digest && digest.error().code == "not_found") {
        compared = false;
        digest = kind.replay(settings, false);
    }
    if (!digest) return complain(kind.program(), digest.error());
    std::cout << to_json(*digest);
    std::cerr << (compared ? "the same as state.json\n"
                           : "not compared: the process did not stop by itself, so there is no "
                             "state.json\n");
    return exit_done;
}

int run(LedgerKind& kind, const ProgramSettings& settings) {
    std::error_code ignored;
    if (const auto made = make_data_directory(settings.directory); !made)
        return complain(kind.program(), made.error());
    if (const auto opened = open_log(settings.log_file, settings.log_level); !opened)
        return complain(kind.program(), opened.error());
    const LedgerClock clock;
    const Ed25519 scheme;
    const Timestamp began = clock.now();
    net::IoLoop workers(2);
    auto backend = kind.open(settings, workers, clock);
    if (!backend) {
        workers.stop();
        return complain(kind.program(), backend.error());
    }
    // what an earlier process left there is not ours; the lock is held by now
    fs::remove(settings.service.port_file, ignored);
    net::IoLoop loop(static_cast<unsigned>(settings.threads));
    auto terminated = std::make_shared<std::promise<void>>();
    auto once = std::make_shared<std::atomic<bool>>(false);
    loop.on_terminate([terminated, once] {
        if (!once->exchange(true)) terminated->set_value();
    });
    LedgerService service({loop, workers, **backend, scheme, clock}, settings.service);
    const auto port = service.start();
    if (port) {
        log(LogLevel::info, "serving",
            Json::object({{"program", kind.program()},
                          {"ledger", settings.service.ledger.text()},
                          {"host", settings.service.host},
                          {"port", *port},
                          {"start_ms", (clock.now() - began).us() / 1'000}}));
        terminated->get_future().wait();
        log(LogLevel::info, "stopping");
    }
    service.stop(stop_grace);
    (*backend)->stop();
    workers.stop();
    loop.stop();
    backend->reset();
    if (!port) return complain(kind.program(), port.error());
    log(LogLevel::info, "stopped");
    flush_log();
    return exit_done;
}

int init(const LedgerKind& kind, const Arguments& arguments) {
    const fs::path directory = arguments.init_directory;
    const auto ledger = Address::parse(arguments.init_ledger);
    if (!ledger) {
        std::cerr << kind.program() << ": --ledger is an address such as test.sek\n";
        return exit_usage;
    }
    // Who operates a ledger is never guessed: what was given and is no key ends here.
    std::optional<PublicKey> key = PublicKey::from_hex(arguments.init_operator);
    if (!key && !arguments.init_operator.empty()) {
        std::cerr << kind.program() << ": --operator is a public key of 64 hexadecimal digits\n";
        return exit_usage;
    }
    std::error_code error;
    fs::create_directories(directory, error);
    const fs::path config = directory / "ledger.toml";
    if (error || fs::exists(config)) {
        std::cerr << kind.program() << ": " << config.string()
                  << (error ? ": " + error.message() : " exists; give another directory") << '\n';
        return exit_failed;
    }
    if (!key) {
        const auto seed = read_or_create_key_file(directory / "operator.key");
        if (!seed) return complain(kind.program(), seed.error());
        key = Ed25519().signer(*seed)->public_key();
    }
    std::ofstream(config) << kind.sample(*ledger, *key)
                          << "\n[listen]\nhost = \"127.0.0.1\"\nport = " << arguments.init_port
                          << "        # 0: any free one, written to DATA/port\n"
                             "\n[data]\ndirectory = \"data\"\n"
                             "# low_disk_mib = 256           # less is free: no new business\n"
                             "# ballast_mib = 64             # given up when the disk is full\n"
                             "\n[log]\nfile = \"ledger.log\"\nlevel = \"info\"\n"
                             "\n[readers]\nauditors = []\n";
    std::cout << "wrote " << config.string() << "\noperator " << key->hex() << '\n';
    return exit_done;
}

}  // namespace

int run_ledger_program(LedgerKind& kind, int argc, const char* const* argv) {
    Arguments arguments;
    CLI::App app{kind.about(), kind.program()};
    app.add_option("-c,--config", arguments.config, "configuration file")->capture_default_str();
    app.add_option("--data", arguments.data, "directory of the journal, instead of data.directory");
    app.add_flag("--check", arguments.check, "check the configuration and exit");
    app.add_flag("--replay", arguments.replay,
                 "replay the journal, print the digest, compare it with state.json");
    auto* init_command = app.add_subcommand("init", "make a configuration and an operator's key");
    init_command->add_option("directory", arguments.init_directory, "where to write ledger.toml")
        ->required();
    init_command->add_option("--ledger", arguments.init_ledger, "the ledger's address")->required();
    init_command->add_option("--operator", arguments.init_operator,
                             "the operator's public key; without it, one is made");
    init_command->add_option("--port", arguments.init_port,
                             "port to listen on; 0, the default, is any free one");
    app.footer(
        "Exit codes: 0 stopped, replayed or sound, 1 it could not start (another runs on this\n"
        "data, for example), 2 a mistake in the command line or the configuration, 5 a journal\n"
        "that replays to another state, 70 ended at once as going on could lose money: a disk that\n"
        "fails, a damaged journal. Its last line says which of them.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    if (*init_command) return init(kind, arguments);
    Mistakes mistakes;
    const auto settings = read_settings(kind, arguments, mistakes);
    for (const std::string& mistake : mistakes)
        std::cerr << mistake << '\n';
    if (!settings) return exit_usage;
    if (arguments.check) {
        std::cout << arguments.config << ": no mistakes\n";
        return exit_done;
    }
    return arguments.replay ? replay(kind, *settings) : run(kind, *settings);
}

}  // namespace lockstep::service
