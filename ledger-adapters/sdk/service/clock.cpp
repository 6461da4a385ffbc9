#include "sdk/service/clock.h"

#include <chrono>

namespace lockstep::service {

Timestamp LedgerClock::now() const {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t us = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
    std::int64_t last = last_us_.load(std::memory_order_relaxed);
    while (last < us && !last_us_.compare_exchange_weak(last, us, std::memory_order_relaxed)) {
    }
    return Timestamp{last < us ? us : last};
}

}  // namespace lockstep::service
