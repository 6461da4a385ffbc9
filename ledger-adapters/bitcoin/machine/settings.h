// What a mock node is configured with. Part of its state: it enters as the first input.
#pragma once

#include "bitcoin/pool/policy.h"
#include "sdk/base/time.h"

namespace lockstep::bitcoin {

// Regtest, unless told otherwise.
struct Settings {
    std::uint32_t halving_interval = 150;   // blocks
    std::uint32_t coinbase_maturity = 100;  // blocks
    std::uint64_t min_relay_fee = 1'000;    // satoshi for a thousand virtual bytes
    std::uint64_t incremental_fee = 1'000;
    std::uint64_t dust_fee = 3'000;
    std::uint64_t max_pool_octets = 300'000'000;
    Duration pool_expiry = Duration::seconds(336 * 60 * 60);
    bool full_rbf = false;

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.halving_interval, self.coinbase_maturity, self.min_relay_fee, self.incremental_fee,
          self.dust_fee, self.max_pool_octets, self.pool_expiry, self.full_rbf);
    }
    friend bool operator==(const Settings&, const Settings&) = default;
};

// Every field within what the machine can work with.
bool is_valid(const Settings& settings);
ChainParams chain_params(const Settings& settings);
PoolPolicy pool_policy(const Settings& settings);

}  // namespace lockstep::bitcoin
