// The clock and the chance of a real process.
#pragma once

#include "sdk/crypto/signature.h"
#include "sdk/machine/ports.h"
#include "sdk/net/system_time.h"

namespace lockstep::node {

class SystemClock final : public Clock {
public:
    Timestamp now() const override { return net::system_time(); }
};
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override { fill_random(bytes); }
};

}  // namespace lockstep::node
