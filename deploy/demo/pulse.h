// Whether the machine is fast enough for the profiles of a world with a Bitcoin node, told while it
// runs: how long its nodes take to answer, and how long its chain goes without a block.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "deploy/demo/profile_check.h"
#include "deploy/demo/world.h"

namespace lockstep::demo {

class Pulse {
public:
    // Begins at once; times count from `began`. Who was killed or paused on purpose is not asked.
    Pulse(World& world, std::chrono::steady_clock::time_point began);
    // As stop().
    ~Pulse();
    Pulse(const Pulse&) = delete;
    Pulse& operator=(const Pulse&) = delete;

    void stop();
    // Of nodes that did not answer for half of their K or longer: a while in which they did
    // nothing, as where they are away.
    std::vector<Outage> stalls() const;
    // Of the chain, F or longer.
    std::vector<BlockGap> gaps() const;

private:
    void ask(const std::string& node);
    void watch_blocks();

    World& world_;
    const std::chrono::steady_clock::time_point began_;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::vector<Outage> stalls_;
    std::vector<BlockGap> gaps_;
    std::vector<std::thread> threads_;
};

}  // namespace lockstep::demo
