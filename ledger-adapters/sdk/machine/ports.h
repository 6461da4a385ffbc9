// The ports through which everything outside reaches a host: time, randomness. The network is a
// pair of effects and inputs of the program that the host runs, and the disk is the store.
#pragma once

#include <span>

#include "sdk/base/time.h"

namespace lockstep {

class Clock {
public:
    virtual ~Clock() = default;
    // True time as far as this process knows; may jump backwards, the host evens that out.
    virtual Timestamp now() const = 0;
};

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> bytes) = 0;
};

}  // namespace lockstep
