#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "sim/app/runner.h"
#include "sim/scenario/read.h"

int main(int argc, char** argv) {
    using namespace lockstep::sim;
    const auto scenario = read_scenario(argv[1]);
    if (!scenario) {
        for (const auto& m : scenario.error()) std::printf("%s\n", m.text().c_str());
        return 2;
    }
    const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    const std::uint64_t count = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const auto begun = std::chrono::steady_clock::now();
        const Run run = run_world(*scenario, {seed, false});
        const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
        const Outcome& o = run.outcome;
        std::printf("seed %lu: %lu orders, %lu settled, %lu unwound, %lu declined, %lu broken, %lu dropped; %lu steps, %.3f s, %s\n",
                    seed, o.settlements, o.settled, o.unwound, o.declined, o.broken, o.dropped, run.steps, s,
                    o.digest.hex().substr(0, 12).c_str());
        for (const auto& [r, n] : o.reasons) std::printf("   reason %s %lu\n", r.c_str(), n);
        for (const auto& [r, n] : o.faults_hit) std::printf("   fault %s %lu\n", r.c_str(), n);
        for (const auto& [r, n] : o.branches_hit) std::printf("   branch %s %lu\n", r.c_str(), n);
        for (const auto& [r, n] : o.alarms) std::printf("   alarm %s %lu\n", r.c_str(), n);
        for (const auto& rule : o.rules)
            for (const auto& v : rule.violations) std::printf("   BROKEN %s: %s\n", rule.rule.c_str(), v.c_str());
    }
}
