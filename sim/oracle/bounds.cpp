#include "sim/oracle/bounds.h"

#include <algorithm>

namespace lockstep::sim {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr std::uint64_t million = 1'000'000;

// Rates have at most 40 bits, a millionth and a spread together 21: products fit.
Wide owed(const Price& price, Amount out) {
    return Wide{out.units()} * price.rate_num * (million + price.spread_ppm);
}
Wide scale(const Price& price) {
    return Wide{price.rate_den} * million;
}

}  // namespace

// Two inclusions, the claim below and ours; for each outage and for each roll-back what it takes
// and an inclusion more; and both clocks.
Duration bound_of_margin(const LedgerSpec& from, const LedgerSpec& to,
                         const core::Endurance& node) {
    const TimingProfile& in = from.profile;
    const TimingProfile& out = to.profile;
    const std::int64_t inclusions = 2 + std::int64_t{node.outages} + std::int64_t{node.rollbacks};
    Duration bound = std::max(in.inclusion, out.inclusion) * inclusions;
    bound = bound + node.outage * node.outages;
    bound = bound + std::max(in.rollback, out.rollback) * node.rollbacks;
    // Until the refund is in; it may just have missed a block.
    if (is_open_ledger(to)) bound = bound + out.inclusion + out.block;
    return bound + out.late + in.early;
}

bool is_open_ledger(const LedgerSpec& ledger) {
    return ledger.kind == LedgerKind::bitcoin;
}

Duration bound_of_end(const LedgerSpec& ledger, const core::Endurance& payer) {
    const TimingProfile& profile = ledger.profile;
    Duration bound = profile.late + profile.inclusion + Duration::seconds(1);
    if (!is_open_ledger(ledger)) return bound;
    bound = bound + profile.inclusion + profile.block;
    bound = bound + (payer.outage + profile.inclusion) * payer.outages;
    return bound + (profile.rollback + profile.inclusion) * payer.rollbacks;
}

Amount bound_of_fee(std::uint64_t rate, std::size_t vsize) {
    // An output to a key, and what Bitcoin Core calls dust there.
    constexpr std::size_t change_vsize = 31;
    constexpr Amount dust{294};
    const auto most = mul_div_ceil(rate, vsize + change_vsize, 1'000);
    return checked_add(Amount{most.value_or(UINT64_MAX)}, dust).value_or(Amount{UINT64_MAX});
}

Duration bound_of_reveal(const TimingProfile& hop, const core::Endurance& node) {
    const std::int64_t inclusions = 1 + std::int64_t{node.outages} + std::int64_t{node.rollbacks};
    return hop.early + hop.inclusion * inclusions + node.outage * node.outages +
           hop.rollback * node.rollbacks;
}

bool is_exact_price(const Price& price, Amount in, Amount out) {
    const auto exchanged = checked_sub(in, price.fixed_fee);
    if (!exchanged) return false;
    const Wide paid = scale(price) * exchanged->units();
    return paid >= owed(price, out) && paid - owed(price, out) < scale(price);
}

bool is_at_most(const Price& price, Amount in, Amount out, std::uint32_t tolerance_ppm) {
    const Wide whole =
        (owed(price, out) + scale(price) - 1) / scale(price) + price.fixed_fee.units();
    return Wide{in.units()} * million < whole * (million + tolerance_ppm) + million;
}

}  // namespace lockstep::sim
