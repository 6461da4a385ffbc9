// lockstepd: one node. Exit codes: 0 stopped or sound, 1 a mistake in the configuration or the
// command, 2 it could not start, 3 a replay that differs, 70 ended at once because going on could
// lose money (a disk that fails, a damaged journal, an adapter that stalls).
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "connector/node/daemon.h"
#include "connector/node/log.h"
#include "connector/node/sample.h"
#include "sdk/machine/plugin.h"
#include "sdk/store/replay.h"

namespace {

using namespace lockstep;

constexpr int exit_mistake = 1;
constexpr int exit_failed = 2;
constexpr int exit_diverged = 3;

int failed(const Failure& failure) {
    std::fprintf(stderr, "lockstepd: %s: %s\n", failure.code.c_str(), failure.detail.c_str());
    return failure.code == "diverged" ? exit_diverged : exit_failed;
}

// A core dump would hold keys and secrets.
void forbid_core_dumps() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

// Keys and plugins too; makes no file.
int check_files(const std::string& config, const node::Settings& settings) {
    const auto mistakes = node::check_files(settings);
    for (const std::string& mistake : mistakes)
        std::fprintf(stderr, "%s: %s\n", config.c_str(), mistake.c_str());
    if (!mistakes.empty()) return exit_mistake;
    std::printf("%s: sound\n", config.c_str());
    return 0;
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
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
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
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_mistake;
    }
    if (sample) {
        std::printf("%s", node::sample_configuration);
        return 0;
    }
    if (config.empty()) {
        std::fprintf(stderr, "lockstepd: --config is missing; --sample prints one to begin with\n");
        return exit_mistake;
    }

    node::SettingsRead read = node::read_settings(config);
    if (!read.mistakes.empty()) {
        for (const std::string& mistake : read.mistakes)
            std::fprintf(stderr, "%s\n", mistake.c_str());
        return exit_mistake;
    }
    if (!data.empty()) read.settings.data = data;
    if (check) return check_files(config, read.settings);
    node::open_log(read.settings.log_level);
    if (replay_only) return replay(read.settings);

    node::Daemon daemon(std::move(read.settings));
    if (const auto started = daemon.start(); !started) return failed(started.error());
    daemon.run();
    return 0;
}
