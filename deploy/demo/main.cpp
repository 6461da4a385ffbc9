// lockstep-demo: three ledgers, their nodes, and every trade settled, unwound or declined; against
// euro through a connector, or against bitcoin.
// Its exit codes are in exit_code.h and --help.
#include <csignal>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "deploy/demo/bitcoin_run.h"
#include "deploy/demo/run.h"
#include "sdk/base/exit_code.h"

namespace {

namespace fs = std::filesystem;
using namespace lockstep;

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
    stop_requested = true;
}

fs::path own_directory() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    return self.parent_path();
}

std::string time_stamp() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &utc);
    return text;
}

int complain(const Failure& failure) {
    std::fprintf(stderr, "lockstep-demo: %s [%s]\n", failure.detail.c_str(), failure.code.c_str());
    return failure.code == "stopped" ? exit_interrupted : exit_failed;
}

// Writes the result where it is wanted, and says how it went.
template <class Report>
int conclude(const Result<Report, Failure>& report, const std::string& json_file,
             demo::Screen& screen) {
    if (!report) return complain(report.error());
    if (!json_file.empty()) {
        std::ofstream out(json_file, std::ios::binary);
        out << write_json_pretty(demo::to_json(*report));
        out.close();
        if (!out) return complain({"io", json_file + ": cannot be written"});
    }
    for (const std::string& problem : report->problems)
        screen.line("PROBLEM: " + problem);
    screen.line(report->problems.empty()
                    ? "All as it should be, after " + demo::fixed(report->total_s, 1) + " s."
                    : std::to_string(report->problems.size()) + " problems, after " +
                          demo::fixed(report->total_s, 1) + " s.");
    return report->problems.empty() ? exit_done : exit_failed;
}

}  // namespace

int main(int argc, char** argv) {
    demo::RunSettings settings;
    settings.world.programs = own_directory();
    settings.world.directory = "lockstep-demo-" + time_stamp();
    settings.trades_file =
        (own_directory() / ".." / ".." / "deploy" / "demo" / "trades.csv").lexically_normal();
    std::string json_file;
    bool bitcoin = false;
    std::size_t payments = 0;
    CLI::App app{
        "Settles trades across three ledgers on this machine: starts the ledgers and four nodes as\n"
        "processes, settles a file of trades and then thousands more, prints what came of them,\n"
        "checks the ledgers' books, stops everything and replays every journal. With --bitcoin\n"
        "buyers pay in bitcoin, and payments from krona to bitcoin go beside the trades.",
        "lockstep-demo"};
    app.add_option("--json", json_file, "write the result as one JSON object to this file");
    app.add_flag("--keep", settings.keep,
                 "leave the processes running and say how to talk to them");
    auto* const coins = app.add_flag("--bitcoin", bitcoin,
                                     "shares against bitcoin: a Bitcoin node, a miner, six nodes");
    app.add_option("--payments", payments, "with --bitcoin, payments that are paid (12)")
        ->check(CLI::Range(1, 10'000))
        ->needs(coins);
    app.add_flag("--chaos", settings.chaos,
                 "kill random processes with -9 at random moments while the trades run")
        ->excludes(coins);
    app.add_option("--seed", settings.seed, "of the chaos")->excludes(coins);
    app.add_option("--trades", settings.trades,
                   "only so many trades of the file, from its top; with --bitcoin, trades that "
                   "settle (40)")
        ->check(CLI::Range(1, 10'000'000));
    app.add_option("--trades-file", settings.trades_file, "another file of trades")
        ->capture_default_str()
        ->excludes(coins);
    app.add_option("--speed-trades", settings.speed_trades, "trades of the speed phase")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000'000))
        ->excludes(coins);
    app.add_option("--latency-trades", settings.latency_trades, "trades of the latency phase")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000'000))
        ->excludes(coins);
    app.add_option("--in-flight", settings.in_flight, "trades open at a time")
        ->capture_default_str()
        ->check(CLI::Range(1, 4'096))
        ->excludes(coins);
    app.add_option("--dir", settings.world.directory,
                   "a new directory for logs, journals, keys and configurations")
        ->capture_default_str();
    app.footer(
        "Exit codes: 0 all as it should be, 1 not so or not possible, 2 wrong usage, 130 stopped\n"
        "by Ctrl-C.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }

    // Found out now, not after minutes of work.
    if (!json_file.empty() && !std::ofstream(json_file, std::ios::binary | std::ios::app))
        return complain({"io", json_file + ": cannot be written; give another file with --json"});

    struct sigaction action {};
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGHUP, &action, nullptr);
    signal(SIGPIPE, SIG_IGN);

    demo::Screen screen;
    if (bitcoin) {
        demo::BitcoinRunSettings run;
        run.world.programs = settings.world.programs;
        run.world.directory = settings.world.directory;
        run.keep = settings.keep;
        if (settings.trades != 0) run.trades = settings.trades;
        if (payments != 0) run.payments = payments;
        return conclude(demo::run_bitcoin(run, screen, stop_requested), json_file, screen);
    }
    return conclude(demo::run_demo(settings, screen, stop_requested), json_file, screen);
}
