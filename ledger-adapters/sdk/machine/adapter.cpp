#include "sdk/machine/adapter.h"

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

// Enumerations on the wire are 1..last; anything else is malformed.
template <class E>
E read_enum(OerReader& from, E last) {
    const std::uint8_t value = from.u8();
    if (value >= 1 && value <= static_cast<std::uint8_t>(last)) return static_cast<E>(value);
    from.fail(Reason::malformed);
    return last;
}

}  // namespace

std::string_view report::word(const Answer& answer) {
    switch (answer.outcome) {
        case Answer::Outcome::done:
            return "done";
        case Answer::Outcome::unknown:
            return "unknown";
        case Answer::Outcome::refused:
            return to_string(answer.reason);
    }
    UNREACHABLE();
}

void write_ledger_info(OerWriter& to, const LedgerInfo& info) {
    to.u8(ledger_info_version).address(info.ledger).quantity(info.assets.size());
    for (const AssetInfo& asset : info.assets)
        to.asset(asset.asset).amount(asset.lot).text(asset.name);
    write_profile(to, info.profile);
    to.u8(static_cast<std::uint8_t>(info.expiry_rule)).u8(static_cast<std::uint8_t>(info.refund));
    to.u8(static_cast<std::uint8_t>(info.reject)).u8(info.preimage_octets);
    to.duration(info.max_hold).amount(info.max_amount).boolean(info.proofs);
}

LedgerInfo read_ledger_info(OerReader& from) {
    LedgerInfo info;
    if (from.u8() != ledger_info_version) from.fail(Reason::unknown_version);
    info.ledger = from.address();
    const std::size_t assets = from.count(max_ledger_assets);
    for (std::size_t i = 0; i < assets && !from.failed(); ++i) {
        AssetInfo asset;
        asset.asset = from.asset();
        asset.lot = from.amount();
        asset.name = from.text(max_asset_name);
        info.assets.push_back(std::move(asset));
    }
    info.profile = read_profile(from);
    info.expiry_rule = read_enum(from, ExpiryRule::open);
    info.refund = read_enum(from, RefundRule::by_payer);
    info.reject = read_enum(from, RejectRule::no);
    info.preimage_octets = from.u8();
    info.max_hold = from.duration();
    info.max_amount = from.amount();
    info.proofs = from.boolean();
    return info;
}

}  // namespace lockstep
