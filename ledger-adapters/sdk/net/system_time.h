// The system's clock, read where a program meets the world; machines are given their time.
#pragma once

#include <chrono>

#include "sdk/base/time.h"

namespace lockstep::net {

inline Timestamp system_time() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return Timestamp{std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

}  // namespace lockstep::net
