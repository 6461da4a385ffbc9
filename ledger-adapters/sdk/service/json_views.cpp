#include "sdk/service/json_views.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/base/time_text.h"

namespace lockstep::service {
namespace {

std::int64_t to_ms(Duration duration) {
    return duration.us() / 1'000;
}

std::string_view word(ExpiryRule rule) {
    switch (rule) {
        case ExpiryRule::strict:
            return "strict";
        case ExpiryRule::open:
            return "open";
    }
    UNREACHABLE();
}
std::string_view word(RefundRule rule) {
    switch (rule) {
        case RefundRule::automatic:
            return "automatic";
        case RefundRule::by_anyone:
            return "by_anyone";
        case RefundRule::by_payer:
            return "by_payer";
    }
    UNREACHABLE();
}
std::string_view word(RejectRule rule) {
    switch (rule) {
        case RejectRule::yes:
            return "yes";
        case RejectRule::cooperative:
            return "cooperative";
        case RejectRule::no:
            return "no";
    }
    UNREACHABLE();
}

Json to_json(const Balance& balance) {
    const std::uint8_t scale = balance.asset.scale();
    return Json::object({{"asset", asset_text(balance.asset)},
                         {"free", format_amount(balance.free, scale)},
                         {"escrowed", format_amount(balance.escrowed, scale)}});
}

}  // namespace

std::string asset_text(const AssetId& asset) {
    return asset.code() + "/" + std::to_string(asset.scale());
}

std::optional<AssetId> parse_asset(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || text.size() != slash + 2) return std::nullopt;
    const char digit = text[slash + 1];
    if (digit < '0' || digit > '9') return std::nullopt;
    return AssetId::make(text.substr(0, slash), static_cast<std::uint8_t>(digit - '0'));
}

Json to_json(const LedgerInfo& info) {
    Json assets = Json::array();
    for (const AssetInfo& asset : info.assets) {
        assets.push(Json::object({{"asset", asset_text(asset.asset)},
                                  {"name", asset.name},
                                  {"lot", format_amount(asset.lot, asset.asset.scale())}}));
    }
    const TimingProfile& profile = info.profile;
    return Json::object({{"ledger", info.ledger.text()},
                         {"assets", std::move(assets)},
                         {"profile", Json::object({{"inclusion_ms", to_ms(profile.inclusion)},
                                                   {"finality_ms", to_ms(profile.finality)},
                                                   {"rollback_ms", to_ms(profile.rollback)},
                                                   {"late_ms", to_ms(profile.late)},
                                                   {"early_ms", to_ms(profile.early)},
                                                   {"block_ms", to_ms(profile.block)}})},
                         {"expiry_rule", word(info.expiry_rule)},
                         {"refund", word(info.refund)},
                         {"reject", word(info.reject)},
                         {"preimage_octets", info.preimage_octets},
                         {"max_hold_ms", to_ms(info.max_hold)},
                         {"max_amount_units", std::to_string(info.max_amount.units())},
                         {"proofs", info.proofs}});
}

Json to_json(const AccountInfo& account) {
    Json balances = Json::array();
    for (const Balance& balance : account.balances)
        balances.push(to_json(balance));
    return Json::object({{"account", account.account.text()},
                         {"owner", account.owner.hex()},
                         {"balances", std::move(balances)}});
}

Json to_json(const StatementRow& row) {
    const std::uint8_t scale = row.asset.scale();
    return Json::object({{"sequence", row.sequence},
                         {"at", format_time(row.at)},
                         {"kind", to_string(row.kind)},
                         {"asset", asset_text(row.asset)},
                         {"amount", format_amount(row.amount, scale)},
                         {"counterparty", row.counterparty.text()},
                         {"reference", row.reference.hex()},
                         {"free", format_amount(row.free, scale)},
                         {"escrowed", format_amount(row.escrowed, scale)}});
}

Json to_json(const EscrowStanding& escrow) {
    const EscrowTerms& terms = escrow.terms;
    Json json = Json::object({{"escrow", terms.id.hex()},
                              {"payer", terms.payer.text()},
                              {"payee", terms.payee.text()},
                              {"asset", asset_text(terms.asset)},
                              {"amount", format_amount(terms.amount, terms.asset.scale())},
                              {"condition", terms.condition.hex()},
                              {"expiry", format_time(terms.expiry)},
                              {"state", to_string(escrow.state)},
                              {"sequence", escrow.sequence}});
    if (escrow.preimage) json.set("preimage", to_hex(*escrow.preimage));
    return json;
}

Json to_json(const std::vector<AssetTotals>& totals) {
    Json assets = Json::array();
    for (const AssetTotals& total : totals) {
        const std::uint8_t scale = total.asset.scale();
        assets.push(Json::object({{"asset", asset_text(total.asset)},
                                  {"issued", format_amount(total.issued, scale)},
                                  {"balances", format_amount(total.balances, scale)},
                                  {"escrows", format_amount(total.escrows, scale)},
                                  {"conserved", total.conserved()}}));
    }
    const bool conserved = std::all_of(totals.begin(), totals.end(),
                                       [](const AssetTotals& total) { return total.conserved(); });
    return Json::object({{"conserved", conserved}, {"assets", std::move(assets)}});
}

}  // namespace lockstep::service
