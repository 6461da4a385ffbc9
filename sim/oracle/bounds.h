// What a party must keep to, reckoned here from the definition of the protocol and from nothing of
// the product, so that a mistake there is not made here as well.
#pragma once

#include "connector/core/ladder.h"
#include "sdk/base/amount.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// How much later an incoming escrow expires than the outgoing one, at least. On an open ledger a
// claim comes after the expiry too.
Duration bound_of_margin(const LedgerSpec& in, const LedgerSpec& out, const core::Endurance& node);
// How long before the expiry the last moment is in which a secret may be shown.
Duration bound_of_reveal(const TimingProfile& hop, const core::Endurance& node);
// How long after its expiry an escrow is over. Where nobody refunds but its payer, `payer` is what
// that node survives.
Duration bound_of_end(const LedgerSpec& ledger, const core::Endurance& payer);
// Whether a ledger takes claims after an expiry, and leaves refunds to the payer.
bool is_open_ledger(const LedgerSpec& ledger);
// The most that a transaction of that size pays at that rate for 1000 virtual bytes: change that is
// worth less than its output costs is left to miners.
Amount bound_of_fee(std::uint64_t rate, std::size_t vsize);

// What a connector asks for one unit out.
struct Price {
    std::uint64_t rate_num = 1;
    std::uint64_t rate_den = 1;
    std::uint32_t spread_ppm = 0;
    Amount fixed_fee;
    friend bool operator==(const Price&, const Price&) = default;
};
// Whether `in` is the least whole amount that pays for `out`, the fee included: rounded once, in
// favour of who forwards, by less than a unit.
bool is_exact_price(const Price& price, Amount in, Amount out);
// Whether `in` is at most what pays for `out`, and so many millionths more.
bool is_at_most(const Price& price, Amount in, Amount out, std::uint32_t tolerance_ppm);

}  // namespace lockstep::sim
