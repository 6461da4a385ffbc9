// How a process ends when going on could lose money: one line, then at once, with nothing flushed,
// destroyed or retried. The next start recovers from what is durable.
#pragma once

#include <functional>

#include "sdk/base/exit_code.h"

namespace lockstep {

[[noreturn]] void stop_process(const Failure& failure);

// Called once, from the thread that saw the failure; in production it does not return.
using FatalHandler = std::function<void(const Failure&)>;

}  // namespace lockstep
