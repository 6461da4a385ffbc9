#include "sdk/service/clock.h"

#include "sdk/net/system_time.h"

namespace lockstep::service {

Timestamp LedgerClock::now() const {
    const std::int64_t us = net::system_time().us();
    std::int64_t last = last_us_.load(std::memory_order_relaxed);
    while (last < us && !last_us_.compare_exchange_weak(last, us, std::memory_order_relaxed)) {
    }
    return Timestamp{last < us ? us : last};
}

}  // namespace lockstep::service
