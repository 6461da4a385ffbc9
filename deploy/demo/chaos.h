// Kills processes of a world with SIGKILL at random moments and starts them again, within the
// profiles that the world's operators answer for: one process at a time, at most o outages of each
// inside one margin, a node back before K, a ledger back before D. Measures each outage, so that it
// can be said afterwards whether the run stayed inside.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "deploy/demo/profile_check.h"
#include "deploy/demo/world.h"

namespace lockstep::demo {

struct ChaosSettings {
    std::uint64_t seed = 1;
    std::size_t rounds = 0;  // each kills every process once, in random order; 0: until stop()
};

class Chaos {
public:
    using Show = std::function<void(const Outage&)>;
    // Begins at once. A process that does not come back ends it; trouble() says so.
    Chaos(World& world, ChaosSettings settings, Show show);
    // As stop().
    ~Chaos();
    Chaos(const Chaos&) = delete;
    Chaos& operator=(const Chaos&) = delete;

    // Returns when all processes run again.
    void stop();
    // True when all rounds are done or there was trouble.
    bool is_done() const { return done_; }
    // Times count from here.
    std::chrono::steady_clock::time_point began() const { return began_; }
    std::vector<Outage> outages() const;
    std::string trouble() const;

private:
    using Clock = std::chrono::steady_clock;

    void run();
    bool one_round();
    bool kill_one(const std::string& name);
    void pause(double seconds);
    double draw(double from, double to);

    World& world_;
    ChaosSettings settings_;
    Show show_;
    std::mt19937_64 random_;
    const Clock::time_point began_ = Clock::now();
    std::map<std::string, Clock::time_point> back_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> done_{false};
    mutable std::mutex mutex_;
    std::vector<Outage> outages_;
    std::string trouble_;
    std::thread thread_;
};

}  // namespace lockstep::demo
