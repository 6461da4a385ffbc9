// Trades that flow beside a phase. The file's last trades wait long for their escrows to expire,
// and a process that is killed then would be killed idle.
#pragma once

#include <atomic>
#include <thread>

#include "deploy/demo/desk.h"

namespace lockstep::demo {

class Flow {
public:
    // Begins at once. `stop` ends it as it ends a phase.
    Flow(net::IoLoop& loop, const client::ApiAccess& venue, const std::atomic<bool>& stop);
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
