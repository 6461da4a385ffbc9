// One run of the demonstration, phase by phase.
#pragma once

#include <atomic>
#include <filesystem>

#include "deploy/demo/report.h"
#include "deploy/demo/screen.h"

namespace lockstep::demo {

struct RunSettings {
    WorldSettings world;
    std::filesystem::path trades_file;
    std::size_t trades = 0;  // of the file, from its top; 0: all
    std::size_t speed_trades = 5'000;
    std::size_t latency_trades = 2'000;
    std::size_t in_flight = 256;
    bool chaos = false;
    std::uint64_t seed = 0;  // of the chaos
    bool keep = false;       // leave the processes running
};

// The failure says what could not even be tried; everything else is in the report, problems
// included. When `stop` is set, what was started is stopped and the failure's code is "stopped".
Result<Report, Failure> run_demo(const RunSettings& settings, Screen& screen,
                                 const std::atomic<bool>& stop);

}  // namespace lockstep::demo
