// What a connector charges, carries and needs in time from one ledger to another.
#pragma once

#include <cstdint>
#include <string>

#include "sdk/machine/escrow.h"

namespace lockstep::routing {

// `rate_num` units of the incoming asset buy `rate_den` units of the outgoing one before the spread
// (both in smallest units).
struct Offer {
    PublicKey connector;
    Address in_ledger;
    AssetId in_asset;
    Address in_account;  // of the connector, to be paid on
    Address out_ledger;
    AssetId out_asset;
    Address out_account;  // of the connector, to pay from
    std::uint64_t rate_num = 1;
    std::uint64_t rate_den = 1;
    std::uint32_t spread_ppm = 0;
    Amount fixed_fee;  // in the incoming asset
    Amount min_out;
    Amount max_out;
    Duration margin;           // T_in - T_out that the connector needs
    TimingProfile in_profile;  // of the two ledgers, as the connector answers for them
    ExpiryRule in_rule = ExpiryRule::strict;
    TimingProfile out_profile;
    ExpiryRule out_rule = ExpiryRule::strict;

    friend bool operator==(const Offer&, const Offer&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.connector, s.in_ledger, s.in_asset, s.in_account, s.out_ledger, s.out_asset,
          s.out_account, s.rate_num, s.rate_den, s.spread_ppm, s.fixed_fee, s.min_out, s.max_out,
          s.margin, s.in_profile, s.in_rule, s.out_profile, s.out_rule);
    }
};

}  // namespace lockstep::routing
