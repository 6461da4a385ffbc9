// lockstepd: one node. Its exit codes are in exit_code.h and --help.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "connector/node/daemon.h"
#include "connector/node/log.h"
#include "connector/node/sample.h"
#include "sdk/base/exit_code.h"
#include "sdk/base/heap.h"
#include "sdk/machine/plugin.h"
#include "sdk/store/replay.h"

namespace {

using namespace lockstep;

int failed(const Failure& failure) {
    std::fprintf(stderr, "lockstepd: %s: %s\n", failure.code.c_str(), failure.detail.c_str());
    return exit_code_of(failure);
}

// A core dump would hold keys and secrets.
void forbid_core_dumps() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

void tell_sound(const std::string& config, const node::Settings& settings) {
    for (const std::string& note : node::notes_on(settings))
        std::printf("%s: note: %s\n", config.c_str(), note.c_str());
    std::printf("%s: sound\n", config.c_str());
}

int replay(const node::Settings& settings) {
    node::SystemRandom random;
    auto loaded = node::load_node(settings, std::make_shared<Ed25519>(), random,
                                  node::Adapters::none, node::Seed::none);
    if (!loaded) return failed(loaded.error());
    assembly::Node node(std::move(loaded->parts));
    const std::string data = settings.data.string();
    const auto live = read_state_file(state_file(data));
    const auto digest = live ? replay_and_compare(data, node) : replay_digest(data, node);
    if (!digest) return failed(digest.error());
    std::printf("%s", to_json(*digest).c_str());
    return exit_done;
}

}  // namespace

int main(int argc, char** argv) {
    lockstep::use_large_pages();
    forbid_core_dumps();
    CLI::App app{"lockstepd, a Lockstep node: sends, receives and forwards value across ledgers"};
    std::string config;
    std::string data;
    bool check = false;
    bool replay_only = false;
    bool sample = false;
    app.add_option("--config", config, "configuration file (TOML)");
    app.add_option("--data", data, "data directory, instead of the configuration's");
    app.add_flag("--check", check, "read the configuration, tell every mistake, and stop");
    app.add_flag("--replay", replay_only,
                 "recompute the state of a stopped node from its journal, and print its digest");
    app.add_flag("--sample", sample, "print a configuration to begin with");
    app.footer(
        "Exit codes: 0 stopped, replayed or sound, 1 it could not start (another runs on this\n"
        "data, for example), 2 a mistake in the command line or the configuration, 5 a journal\n"
        "that replays to another state, 70 ended at once as going on could lose money: a disk that\n"
        "fails, a damaged journal, an adapter that stalls. Its last line says which of them.\n"
        "A loud stop ends no process: lockstep alarms tells, lockstep acknowledge ends it.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    if (sample) {
        std::printf("%s", node::sample_configuration);
        return exit_done;
    }
    if (config.empty()) {
        std::fprintf(stderr, "lockstepd: --config is missing; --sample prints one to begin with\n");
        return exit_usage;
    }

    node::SettingsRead read = node::read_settings(config);
    if (!data.empty()) read.settings.data = data;
    auto mistakes = read.mistakes;
    if (!replay_only) {  // a replay needs neither plugins nor the seed
        const auto in_files = node::check_files(read, config);
        mistakes.insert(mistakes.end(), in_files.begin(), in_files.end());
    }
    for (const std::string& mistake : mistakes)
        std::fprintf(stderr, "%s\n", mistake.c_str());
    if (!mistakes.empty()) return exit_usage;
    if (check) {
        tell_sound(config, read.settings);
        return exit_done;
    }
    node::open_log(read.settings.log_level);
    if (replay_only) return replay(read.settings);

    node::Daemon daemon(std::move(read.settings));
    if (const auto started = daemon.start(); !started) return failed(started.error());
    daemon.run();
    return exit_done;
}
