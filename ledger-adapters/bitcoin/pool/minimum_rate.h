// The fee rate below which nothing is taken after the pool was full: it rises with what was evicted
// and halves every twelve hours from the next block on, sooner the emptier the pool is.
// Source: Bitcoin Core, txmempool.cpp, GetMinFee. Fixed point, so that every machine finds the
// same.
#pragma once

#include "bitcoin/pool/policy.h"

namespace lockstep::bitcoin {

class MinimumRate {
public:
    explicit MinimumRate(FeeRate incremental) : incremental_(incremental) {}

    struct Moment {
        std::int64_t now_s = 0;
        std::size_t octets = 0;  // in the pool
        std::size_t room = 0;    // for so many
    };
    // What was evicted last paid this rate, and the least step more.
    void raise(FeeRate rate);
    void set_incremental(FeeRate incremental) { incremental_ = incremental; }
    // A block came: from now on it falls.
    void start_falling(std::int64_t now_s);
    // Takes into account how full the pool was until now.
    void settle(const Moment& moment);
    // 0 where nothing was evicted, or that is long ago.
    FeeRate at(const Moment& moment) const;

    // What it is made again from.
    struct State {
        std::uint64_t scaled = 0;
        std::int64_t since_s = 0;
        bool is_falling = true;
        friend bool operator==(const State&, const State&) = default;
    };
    State state() const { return {scaled_, since_s_, is_falling_}; }
    void restore(const State& state) {
        scaled_ = state.scaled;
        since_s_ = state.since_s;
        is_falling_ = state.is_falling;
    }

private:
    // Shorter times make no step.
    static constexpr std::int64_t least_step_s = 10;
    std::uint64_t fallen(const Moment& moment) const;

    FeeRate incremental_;
    std::uint64_t scaled_ = 0;  // satoshi by 1000 virtual bytes, with a binary fraction
    std::int64_t since_s_ = 0;  // when `scaled_` was right
    bool is_falling_ = true;
};

}  // namespace lockstep::bitcoin
