// Measures D of the world's ledgers while it runs: escrows a little between two accounts of its
// own, asks until a reader sees it, gives it back, over and over, one operation of a ledger at a
// time.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "deploy/demo/profile_check.h"
#include "deploy/demo/world.h"

namespace lockstep::demo {

class Probe {
public:
    // Begins at once; times count from `began`. The world's settings must have asked for the
    // probe's accounts.
    Probe(World& world, std::chrono::steady_clock::time_point began);
    // As stop().
    ~Probe();
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

    // Returns when everything was given back.
    void stop();
    std::vector<Inclusion> inclusions() const;
    // Refusals by a ledger, which the probe does not expect.
    std::vector<std::string> trouble() const;

private:
    void run(const std::string& ledger);

    World& world_;
    const std::chrono::steady_clock::time_point began_;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::vector<Inclusion> inclusions_;
    std::vector<std::string> trouble_;
    std::vector<std::thread> threads_;
};

}  // namespace lockstep::demo
