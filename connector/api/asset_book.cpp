#include "connector/api/asset_book.h"

namespace lockstep::api {

AssetBook::AssetBook(const core::NodeConfig& config) {
    for (const auto* offers : {&config.own_offers, &config.known_offers}) {
        for (const routing::Offer& offer : *offers) {
            assets_.emplace(offer.in_ledger, offer.in_asset);
            assets_.emplace(offer.out_ledger, offer.out_asset);
        }
    }
    for (const core::InstrumentConfig& instrument : config.instruments)
        assets_.emplace(instrument.ledger, instrument.asset);
    for (const core::PartyConfig& party : config.parties) {
        for (const core::LedgerConfig& ledger : config.ledgers) {
            if (ledger.ledger.is_prefix_of(party.cash_account))
                assets_.emplace(ledger.ledger, party.cash_asset);
        }
    }
}

void AssetBook::learn(const LedgerInfo& info) {
    const std::lock_guard lock(mutex_);
    for (const AssetInfo& asset : info.assets)
        assets_.emplace(info.ledger, asset.asset);
}

std::optional<AssetId> AssetBook::find(std::string_view text, const Address& account) const {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return find_code(text, account);
    if (slash + 2 != text.size() || text.back() < '0' || text.back() > '9') return std::nullopt;
    return AssetId::make(text.substr(0, slash), static_cast<std::uint8_t>(text.back() - '0'));
}

std::optional<AssetId> AssetBook::find_code(std::string_view code, const Address& account) const {
    const std::lock_guard lock(mutex_);
    std::optional<AssetId> found;
    for (const auto& [ledger, asset] : assets_) {
        if (!ledger.is_prefix_of(account)) continue;
        // Without a code: the asset of a ledger that has one.
        if (!code.empty() && asset.code() != code) continue;
        if (found && *found != asset) return std::nullopt;
        found = asset;
    }
    return found;
}

}  // namespace lockstep::api
