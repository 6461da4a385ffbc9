// The ledger's clock: the system's, but it never goes back while the process lives. Heartbeats tell
// its time to readers, who conclude from it what can no longer happen; so nothing may be stamped
// with an earlier time afterwards.
#pragma once

#include <atomic>

#include "sdk/machine/ports.h"

namespace lockstep::service {

class LedgerClock final : public Clock {
public:
    Timestamp now() const override;

private:
    mutable std::atomic<std::int64_t> last_us_{0};
};

}  // namespace lockstep::service
