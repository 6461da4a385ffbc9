// The one source of chance in a simulated world: integers from a seed, the same on every machine
// and with every compiler. SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, 2014).
#pragma once

#include <cstdint>
#include <string_view>

#include "sdk/base/assert.h"
#include "sdk/base/time.h"

namespace lockstep::sim {

class Rng {
public:
    explicit Rng(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        return mix(state_);
    }
    // 0 … n-1. The bias of the multiplication is below n / 2^64.
    std::uint64_t below(std::uint64_t n) {
        ASSERT(n > 0);
        return static_cast<std::uint64_t>((static_cast<Wide>(next()) * n) >> 64);
    }
    // Both ends included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return low + below(high - low + 1);
    }
    Duration between(Duration low, Duration high) {
        if (high <= low) return low;
        return low + Duration{static_cast<std::int64_t>(
                         below(static_cast<std::uint64_t>((high - low).us()) + 1))};
    }
    bool chance_ppm(std::uint32_t ppm) { return ppm > 0 && below(1'000'000) < ppm; }

    // A generator of its own for a part of the world, so that what one part draws does not move
    // what another does.
    Rng fork(std::string_view label) const {
        std::uint64_t state = state_ ^ 0xA0761D6478BD642FULL;
        for (const char c : label)
            state = mix(state ^ static_cast<unsigned char>(c));
        return Rng(state);
    }

private:
    __extension__ using Wide = unsigned __int128;
    static constexpr std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    std::uint64_t state_;
};

}  // namespace lockstep::sim
