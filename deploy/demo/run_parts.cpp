#include "deploy/demo/run_parts.h"

#include <thread>

namespace lockstep::demo {

using Steady = std::chrono::steady_clock;

namespace {
constexpr Duration stop_grace = Duration::seconds(30);
constexpr std::chrono::milliseconds wait_step{20};
}  // namespace

double since(Steady::time_point from) {
    return std::chrono::duration<double>(Steady::now() - from).count();
}

bool wait_until(std::chrono::milliseconds patience, const std::atomic<bool>& stop,
                const std::function<bool()>& holds) {
    const auto until = Steady::now() + patience;
    while (!holds()) {
        if (stop.load() || Steady::now() >= until) return false;
        std::this_thread::sleep_for(wait_step);
    }
    return true;
}

std::string status_line(const Counts& counts, double settled_per_second) {
    return "  " + std::to_string(counts.ended()) + "/" + std::to_string(counts.total) +
           "  settled " + std::to_string(counts.settled) + "  unwound " +
           std::to_string(counts.unwound) + "  declined " + std::to_string(counts.declined) +
           (counts.broken > 0 ? "  BROKEN " + std::to_string(counts.broken) : "") + "  open " +
           std::to_string(counts.open()) + "  " + fixed(settled_per_second, 0) + "/s  " +
           fixed(counts.seconds, 1) + " s";
}

bool wait_until_quiet(World& world, std::chrono::seconds patience, const std::atomic<bool>& stop) {
    const auto until = Steady::now() + patience;
    while (!stop.load() && Steady::now() < until) {
        std::uint64_t open = 0;
        for (const std::string& node : world.nodes()) {
            const auto stats = world.client(node).stats();
            open += stats ? stats->open_deals + stats->open_trades : 1;
        }
        if (open == 0) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
}

bool check_conserved(const std::vector<LedgerBooks>& books, std::vector<std::string>& problems) {
    bool conserved = true;
    for (const LedgerBooks& ledger : books) {
        for (const std::string& mistake : ledger.mistakes) {
            conserved = false;
            problems.push_back(mistake);
        }
        for (const AssetBook& total : ledger.totals) {
            if (!total.escrowed.is_zero())
                problems.push_back(ledger.ledger + ": " + total.asset.code() +
                                   " is still in escrow");
        }
    }
    return conserved;
}

std::vector<Ending> stop_and_replay(World& world, Screen& screen,
                                    std::vector<std::string>& problems) {
    world.stop(stop_grace);
    auto endings = world.verify_replays();
    for (const Ending& ending : endings) {
        screen.line(
            "  " + ending.name +
            std::string(10 - std::min<std::size_t>(9, ending.name.size()), ' ') +
            (ending.status == 0 ? "stopped, " : "ENDED " + std::to_string(ending.status) + ", ") +
            (ending.replayed ? "replayed to the same state " + ending.digest.substr(0, 16)
                             : "REPLAY DIFFERS: " + ending.detail));
        if (ending.status != 0)
            problems.push_back(ending.name + " ended with status " + std::to_string(ending.status));
        if (!ending.replayed) problems.push_back(ending.name + ": the journal gives another state");
    }
    return endings;
}

std::string for_shell(const std::filesystem::path& path) {
    std::string word = "'";
    for (const char c : path.string())
        word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

std::string node_command(const World& world, const std::string& node) {
    return "  " + for_shell(world.settings().programs / "lockstep") + " --node " + world.url(node) +
           " --key " + for_shell(world.key_file("operator")) + " ";
}

std::string totals_command(const World& world, const std::string& ledger) {
    return "  " + for_shell(world.settings().programs / "lockstep-ledger") + " --url " +
           world.url(ledger) + " --key " + for_shell(world.key_file("auditor")) + " totals";
}

std::string kill_command(const World& world) {
    std::string pids;
    for (const pid_t pid : world.pids())
        pids += " " + std::to_string(pid);
    return "  kill" + pids;
}

}  // namespace lockstep::demo
