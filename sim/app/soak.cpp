#include "sim/app/soak.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <map>
#include <mutex>
#include <thread>

#include "sdk/codec/json.h"
#include "sdk/crypto/hash.h"
#include "sim/scenario/catalogue.h"

namespace lockstep::sim {
namespace {

// A kind that so many worlds might have been struck by and none was is a hole in the test.
constexpr std::uint64_t enough_worlds = 30;

struct Finished {
    Run run;
    bool same_again = true;
    std::vector<FaultKind> drawn;
};

std::int64_t cpu_now_us() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

void add(std::map<std::string, std::uint64_t>& to,
         const std::map<std::string, std::uint64_t>& more) {
    for (const auto& [name, count] : more)
        to[name] += count;
}

class Soak {
public:
    Soak(const SoakOptions& options, const std::atomic<bool>& stop)
        : options_(options), stop_(stop), planned_(options.seeds * options.scenarios.size()) {}

    SoakResult run(const std::function<void(const SoakResult&, std::uint64_t)>& progress) {
        const std::int64_t cpu = cpu_now_us();
        const auto begun = std::chrono::steady_clock::now();
        const auto clock = [&] {
            result_.cpu_us = cpu_now_us() - cpu;
            result_.wall_us = std::chrono::duration_cast<std::chrono::microseconds>(
                                  std::chrono::steady_clock::now() - begun)
                                  .count();
        };
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < std::max(options_.jobs, 1U); ++i)
            threads.emplace_back([this] { work(); });
        {
            std::unique_lock lock(mutex_);
            while (done_ < threads.size()) {
                changed_.wait_for(lock, std::chrono::milliseconds(250));
                clock();
                progress(result_, planned_);
            }
        }
        for (std::thread& thread : threads)
            thread.join();
        clock();
        result_.interrupted = stop_ && told_ < planned_;
        look_for_holes();
        return std::move(result_);
    }

private:
    void work() {
        while (true) {
            std::uint64_t number = 0;
            {
                const std::lock_guard lock(mutex_);
                if (stop_ || next_ >= planned_ || result_.violations >= options_.most_violations)
                    break;
                number = next_++;
            }
            Finished finished = run_one(number);
            const std::lock_guard lock(mutex_);
            waiting_.emplace(number, std::move(finished));
            while (!waiting_.empty() && waiting_.begin()->first == told_) {
                tell(waiting_.begin()->second);
                waiting_.erase(waiting_.begin());
                ++told_;
            }
            changed_.notify_one();
        }
        const std::lock_guard lock(mutex_);
        ++done_;
        changed_.notify_one();
    }

    Finished run_one(std::uint64_t number) const {
        const Scenario& scenario = options_.scenarios[number % options_.scenarios.size()];
        RunOptions with;
        with.seed = options_.first_seed + number / options_.scenarios.size();
        Finished finished{run_world(scenario, with), true, {}};
        for (const FaultSpec& fault : scenario_for(scenario, with.seed).faults)
            finished.drawn.push_back(fault.kind);
        if (options_.twice)
            finished.same_again =
                run_world(scenario, with).outcome.digest == finished.run.outcome.digest;
        return finished;
    }

    void tell(const Finished& finished) {
        const Outcome& outcome = finished.run.outcome;
        ++result_.seeds;
        result_.simulated = result_.simulated + finished.run.simulated;
        result_.settlements += outcome.settlements;
        result_.settled += outcome.settled;
        result_.unwound += outcome.unwound;
        result_.declined += outcome.declined;
        result_.broken += outcome.broken;
        result_.dropped += outcome.dropped;
        add(result_.reasons, outcome.reasons);
        add(result_.faults_hit, outcome.faults_hit);
        add(result_.cheats_hit, outcome.cheats_hit);
        add(result_.branches_hit, outcome.branches_hit);
        for (const FaultKind kind : finished.drawn)
            ++result_.faults_drawn[std::string(to_string(kind))];
        if (outcome.real_signatures) ++result_.seeds_real_crypto;
        if (outcome.real_store) ++result_.seeds_real_sqlite;
        Bytes chained(result_.digest.view().begin(), result_.digest.view().end());
        append(chained, outcome.digest.view());
        result_.digest = sha256(chained);
        const auto fail = [&](const std::string& rule, const std::string& what) {
            if (result_.failures.size() < options_.most_violations)
                result_.failures.push_back({outcome.scenario, outcome.seed, rule, what});
        };
        if (outcome.violated() || !finished.same_again) ++result_.violations;
        for (const RuleResult& rule : outcome.rules)
            if (!rule.violations.empty()) fail(rule.rule, rule.violations.front());
        if (!finished.same_again) fail("determinism", "a second run gave another digest");
    }

    void look_for_holes() {
        for (const auto& [kind, worlds] : result_.faults_drawn)
            if (worlds >= enough_worlds && !result_.faults_hit.contains(kind))
                result_.never_hit.push_back(kind);
    }

    const SoakOptions& options_;
    const std::atomic<bool>& stop_;
    const std::uint64_t planned_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t next_ = 0;
    std::uint64_t told_ = 0;
    std::size_t done_ = 0;
    std::map<std::uint64_t, Finished> waiting_;  // finished before an earlier one
    SoakResult result_;
};

Json counts(const std::map<std::string, std::uint64_t>& of) {
    Json object = Json::object({});
    for (const auto& [name, count] : of)
        object.set(name, count);
    return object;
}

// Days with three decimals, without a floating-point number.
std::string days(Duration time) {
    const std::int64_t thousandths = time.us() / 86'400'000;
    std::string text = std::to_string(thousandths % 1'000);
    return std::to_string(thousandths / 1'000) + "." + std::string(3 - text.size(), '0') + text;
}

}  // namespace

std::string to_json(const SoakResult& result) {
    Json failures = Json::array();
    for (const SoakFailure& failure : result.failures)
        failures.push(Json::object({{"scenario", failure.scenario},
                                    {"seed", failure.seed},
                                    {"rule", failure.rule},
                                    {"what", failure.what}}));
    Json never = Json::array();
    for (const std::string& kind : result.never_hit)
        never.push(kind);
    return write_json(Json::object({{"seeds", result.seeds},
                                    {"violations", result.violations},
                                    {"simulated_days", days(result.simulated)},
                                    {"settlements", result.settlements},
                                    {"settled", result.settled},
                                    {"unwound", result.unwound},
                                    {"declined", result.declined},
                                    {"broken", result.broken},
                                    {"dropped", result.dropped},
                                    {"reasons", counts(result.reasons)},
                                    {"faults_hit", counts(result.faults_hit)},
                                    {"cheats_hit", counts(result.cheats_hit)},
                                    {"branches_hit", counts(result.branches_hit)},
                                    {"never_hit", std::move(never)},
                                    {"seeds_per_core_minute", result.seeds_per_core_minute()},
                                    {"seeds_real_crypto", result.seeds_real_crypto},
                                    {"seeds_real_sqlite", result.seeds_real_sqlite},
                                    {"cpu_ms", result.cpu_us / 1'000},
                                    {"wall_ms", result.wall_us / 1'000},
                                    {"interrupted", result.interrupted},
                                    {"digest", result.digest.hex()},
                                    {"failures", std::move(failures)}}));
}

std::string to_text(const SoakResult& result) {
    const auto table = [](const std::string& title,
                          const std::map<std::string, std::uint64_t>& of) {
        std::string text;
        for (const auto& [name, count] : of) {
            const std::string number = std::to_string(count);
            const std::string head = text.empty() ? title : std::string(title.size(), ' ');
            text.append("  ").append(head).append("  ").append(name);
            text.append(name.size() < 32 ? 32 - name.size() : 1, ' ');
            text.append(number.size() < 12 ? 12 - number.size() : 1, ' ');
            text.append(number).append("\n");
        }
        return text;
    };
    std::string text = std::to_string(result.seeds) + " worlds, " + days(result.simulated) +
                       " simulated days, " + std::to_string(result.settlements) +
                       " settlements and payments: " + std::to_string(result.settled) +
                       " settled, " + std::to_string(result.unwound) + " unwound, " +
                       std::to_string(result.declined) + " declined, " +
                       std::to_string(result.broken) + " broken, " +
                       std::to_string(result.dropped) + " of parties that are gone\n";
    text += table("reasons ", result.reasons);
    text += table("faults  ", result.faults_hit);
    text += table("cheats  ", result.cheats_hit);
    text += table("branches", result.branches_hit);
    text += std::to_string(result.seeds_per_core_minute()) + " seeds a core-minute; " +
            std::to_string(result.seeds_real_crypto) + " with real signatures, " +
            std::to_string(result.seeds_real_sqlite) + " on SQLite; digest " +
            result.digest.hex().substr(0, 16) + "\n";
    for (const std::string& kind : result.never_hit)
        text += "never hit: " + kind + ", although " +
                std::to_string(result.faults_drawn.at(kind)) + " worlds might have been\n";
    for (const SoakFailure& failure : result.failures)
        text += "seed " + std::to_string(failure.seed) + " broke " + failure.rule + ": " +
                failure.what + "\n  lockstep-sim run sim/scenarios/" + failure.scenario +
                ".toml --seed " + std::to_string(failure.seed) + "\n";
    text += result.interrupted ? "Interrupted; the figures are those so far.\n" : "";
    text += result.violations == 0 ? "No rule broke.\n"
                                   : std::to_string(result.violations) + " worlds broke a rule.\n";
    return text;
}

SoakResult soak(const SoakOptions& options, const std::atomic<bool>& stop,
                const std::function<void(const SoakResult&, std::uint64_t)>& progress) {
    return Soak(options, stop).run(progress);
}

}  // namespace lockstep::sim
