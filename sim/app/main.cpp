// lockstep-sim: worlds of ledgers, nodes, faults and cheats from a seed.
// Its exit codes are in exit_code.h and --help.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "sdk/base/exit_code.h"
#include "sim/app/catalogue_text.h"
#include "sim/app/shrink.h"
#include "sim/app/soak.h"
#include "sim/report/account.h"
#include "sim/report/html.h"
#include "sim/scenario/read.h"

namespace {

using namespace lockstep;
using namespace lockstep::sim;

std::atomic<bool> interrupted{false};

void on_signal(int) {
    interrupted = true;
}

std::optional<Scenario> read(const std::string& file) {
    auto scenario = read_scenario(file);
    if (scenario) return std::move(*scenario);
    for (const Mistake& mistake : scenario.error())
        std::cerr << mistake.text() << "\n";
    return std::nullopt;
}

struct RunArguments {
    std::string file;
    std::uint64_t seed = 1;
    std::string report;
    std::string strikes;
    std::string orders;
    bool calm = false;
};

bool write_report(const std::string& path, const Scenario& scenario, const Run& run) {
    std::ofstream out(path, std::ios::binary);
    out << html_report(scenario, run.outcome, *run.trace);
    out.close();
    if (out) return true;
    std::cerr << "lockstep-sim: cannot write " << path << "\n";
    return false;
}

bool read_selection(const RunArguments& arguments, Selection& selection) {
    selection.weather = !arguments.calm;
    if (!arguments.strikes.empty()) selection.strikes = numbers_of(arguments.strikes);
    if (!arguments.orders.empty()) selection.orders = numbers_of(arguments.orders);
    if ((arguments.strikes.empty() || selection.strikes) &&
        (arguments.orders.empty() || selection.orders))
        return true;
    std::cerr << "lockstep-sim: expected numbers with commas between them, or none\n";
    return false;
}

int run_one(const RunArguments& arguments) {
    const auto scenario = read(arguments.file);
    RunOptions with;
    if (!scenario || !read_selection(arguments, with.selection)) return exit_usage;
    with.seed = arguments.seed;
    with.keep_trace = true;
    const Run run = run_world(*scenario, with);
    AccountOptions how;
    how.colour = isatty(STDOUT_FILENO) != 0;
    how.file = arguments.file;
    std::cout << account_of(run.outcome, *run.trace, how);
    if (!arguments.report.empty()) {
        if (!write_report(arguments.report, scenario_for(*scenario, with.seed), run))
            return exit_usage;
        std::cout << "Report: " << arguments.report << "\n";
    }
    return run.outcome.violated() ? exit_failed : exit_done;
}

int shrink_one(const RunArguments& arguments) {
    const auto scenario = read(arguments.file);
    if (!scenario) return exit_usage;
    const auto shrunk = shrink(*scenario, arguments.seed,
                               [](const std::string& what) { std::cerr << "  " << what << "\n"; });
    if (!shrunk) {
        std::cout << "No rule breaks with this seed; there is nothing to shrink.\n";
        return exit_done;
    }
    AccountOptions how;
    how.colour = isatty(STDOUT_FILENO) != 0;
    how.file = arguments.file;
    std::cout << account_of(shrunk->run.outcome, *shrunk->run.trace, how) << "\nAfter "
              << shrunk->worlds << " worlds: " << shrunk->selection.strikes->size() << " of "
              << shrunk->strikes_before << " faults and " << shrunk->selection.orders->size()
              << " of " << shrunk->orders_before << " orders still break " << shrunk->rule
              << ".\n  lockstep-sim run " << arguments.file << " --seed " << arguments.seed
              << " --faults " << list_of(*shrunk->selection.strikes) << " --orders "
              << list_of(*shrunk->selection.orders) << (shrunk->selection.weather ? "" : " --calm")
              << "\n";
    if (!arguments.report.empty() && !write_report(arguments.report, shrunk->scenario, shrunk->run))
        return exit_usage;
    return exit_failed;
}

struct SoakArguments {
    std::vector<std::string> files;
    bool json = false;
    SoakOptions options;
};

// On standard error, so that what a program reads on standard output is the result alone.
class Progress {
public:
    explicit Progress(bool quiet) : terminal_(isatty(STDERR_FILENO) != 0), quiet_(quiet) {}

    void show(const SoakResult& so_far, std::uint64_t planned) {
        const std::int64_t seconds = so_far.wall_us / 1'000'000;
        if (quiet_ || (!terminal_ && seconds < last_ + 30) || so_far.wall_us == 0) return;
        last_ = seconds;
        constexpr std::uint64_t width = 30;
        const std::uint64_t done = planned == 0 ? width : so_far.seeds * width / planned;
        const auto wall = static_cast<std::uint64_t>(so_far.wall_us);
        const std::uint64_t rate = so_far.seeds * 60'000'000 / wall;
        const std::uint64_t left =
            so_far.seeds == 0 ? 0 : (planned - so_far.seeds) * (wall / 1'000'000) / so_far.seeds;
        std::cerr << (terminal_ ? "\r" : "") << "[" << std::string(done, '#')
                  << std::string(width - done, '.') << "] " << so_far.seeds << "/" << planned
                  << "  " << rate << "/min  " << so_far.violations << " violations  " << left
                  << " s left   " << (terminal_ ? "" : "\n") << std::flush;
    }
    void end() const {
        if (terminal_ && !quiet_) std::cerr << "\n";
    }

private:
    bool terminal_;
    bool quiet_;
    std::int64_t last_ = 0;
};

int soak_many(SoakArguments& arguments) {
    if (arguments.files.empty()) {
        const char* usual = "sim/scenarios/swarm.toml";
        if (!std::filesystem::exists(usual)) {
            std::cerr << "lockstep-sim: there is no " << usual
                      << " here; name a scenario, or run this from the repository's root\n";
            return exit_usage;
        }
        arguments.files.emplace_back(usual);
    }
    for (const std::string& file : arguments.files) {
        auto scenario = read(file);
        if (!scenario) return exit_usage;
        arguments.options.scenarios.push_back(std::move(*scenario));
    }
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    Progress progress(arguments.json && isatty(STDERR_FILENO) == 0);
    const SoakResult result = soak(
        arguments.options, interrupted,
        [&](const SoakResult& so_far, std::uint64_t planned) { progress.show(so_far, planned); });
    progress.end();
    std::cout << (arguments.json ? to_json(result) + "\n" : to_text(result));
    if (result.failed()) return exit_failed;
    return result.interrupted ? exit_interrupted : exit_done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Simulates ledgers, connectors and parties with faults and cheats, from a seed.",
                 "lockstep-sim");
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 every rule held, 1 one broke or a fault was never hit, 2 wrong usage,\n"
        "130 interrupted. The same seed gives the same world everywhere.");
    int result = exit_done;

    RunArguments run;
    const auto scenario_and_seed = [&run](CLI::App& sub) {
        sub.add_option("scenario", run.file, "a TOML file, see sim/scenarios/README.md")
            ->required()
            ->check(CLI::ExistingFile);
        sub.add_option("--seed", run.seed, "what everything else is drawn from")
            ->capture_default_str();
        sub.add_option("--report", run.report, "write an HTML page to look at");
    };
    CLI::App* one = app.add_subcommand("run", "one world, and an account of what happened");
    scenario_and_seed(*one);
    one->add_option("--faults", run.strikes, "only these of the faults drawn, by number, or none");
    one->add_option("--orders", run.orders, "only these trades and payments, by number, or none");
    one->add_flag("--calm", run.calm, "no message is lost, delayed, repeated or cut");
    one->callback([&] { result = run_one(run); });

    CLI::App* small = app.add_subcommand("shrink", "the smallest world that still breaks the rule");
    scenario_and_seed(*small);
    small->callback([&] { result = shrink_one(run); });

    SoakArguments many;
    CLI::App* soaking = app.add_subcommand("soak", "many worlds, with progress and figures");
    soaking->add_option("scenario", many.files, "TOML files; the swarm where none is named")
        ->check(CLI::ExistingFile);
    soaking->add_option("--seeds", many.options.seeds, "how many")->capture_default_str();
    soaking->add_option("--first-seed", many.options.first_seed, "the first of them")
        ->capture_default_str();
    soaking->add_option("--jobs", many.options.jobs, "threads")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    soaking
        ->add_option("--most-violations", many.options.most_violations,
                     "stop after so many worlds that broke a rule")
        ->capture_default_str();
    soaking->add_flag("--twice", many.options.twice,
                      "run each seed twice; both must give the same digest");
    soaking->add_flag("--json", many.json, "print one JSON object");
    soaking->callback([&] { result = soak_many(many); });

    app.add_subcommand("list", "scenarios, behaviours, faults, threats and rules, a line each")
        ->callback([] { std::cout << catalogue_text("sim/scenarios"); });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    return result;
}
