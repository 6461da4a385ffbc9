// One run of shares against bitcoin, phase by phase.
#pragma once

#include <atomic>

#include "deploy/demo/bitcoin_cast.h"
#include "deploy/demo/bitcoin_report.h"
#include "deploy/demo/screen.h"

namespace lockstep::demo {

struct BitcoinRunSettings {
    WorldSettings world = {{}, {}, bitcoin_profiles, false, {}, bitcoin_cast()};
    std::size_t trades = 40;    // that settle
    std::size_t payments = 12;  // that are paid
    bool keep = false;          // leave the processes running
};

// As run_demo.
Result<BitcoinReport, Failure> run_bitcoin(const BitcoinRunSettings& settings, Screen& screen,
                                           const std::atomic<bool>& stop);

}  // namespace lockstep::demo
