// Trades that flow beside a phase, on a thread of their own.
#pragma once

#include <atomic>
#include <thread>

#include "deploy/demo/desk.h"

namespace lockstep::demo {

class Flow {
public:
    // Begins at once. `stop` ends it as it ends a phase, whose `enough` and `halted` are its own.
    Flow(net::IoLoop& loop, const client::ApiAccess& venue, const std::atomic<bool>& stop,
         Phase phase);
    ~Flow();
    Flow(const Flow&) = delete;
    Flow& operator=(const Flow&) = delete;

    // Submits no more and waits until what it submitted has ended. Once.
    PhaseResult finish();

private:
    Desk desk_;
    std::atomic<bool> enough_{false};
    std::atomic<bool> halt_{false};
    PhaseResult result_;  // the thread's until it has ended
    std::thread thread_;
};

}  // namespace lockstep::demo
