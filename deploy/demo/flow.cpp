#include "deploy/demo/flow.h"

namespace lockstep::demo {

Flow::Flow(net::IoLoop& loop, const client::ApiAccess& venue, const std::atomic<bool>& stop,
           Phase phase)
    : desk_(loop, venue), thread_([this, &stop, phase = std::move(phase)]() mutable {
          phase.enough = [this] { return enough_.load(); };
          phase.halted = [this] { return halt_.load(); };
          result_ = desk_.run(std::move(phase), stop, nullptr);
      }) {}

// Given up: what is open may never end, if its world is being taken down.
Flow::~Flow() {
    halt_ = true;
    if (thread_.joinable()) thread_.join();
}

PhaseResult Flow::finish() {
    enough_ = true;
    thread_.join();
    return std::move(result_);
}

}  // namespace lockstep::demo
