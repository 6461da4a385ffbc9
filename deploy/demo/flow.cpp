#include "deploy/demo/flow.h"

#include "deploy/demo/generated_trades.h"

namespace lockstep::demo {

namespace {

// With tens of milliseconds from instruction to settled, one or the other is always open.
constexpr double trades_per_second = 20;
constexpr std::size_t most_trades = 12'000;  // ten minutes

}  // namespace

Flow::Flow(net::IoLoop& loop, const client::ApiAccess& venue, const std::atomic<bool>& stop)
    : desk_(loop, venue), thread_([this, &stop] {
          Phase phase;
          phase.trades = make_trades("BESIDE-", most_trades);
          phase.per_second = trades_per_second;
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
