#include "deploy/demo/euro_cast.h"

#include "sdk/base/assert.h"

namespace lockstep::demo {

namespace {

std::vector<std::pair<AssetId, Amount>> money(std::string_view currency, std::string_view text) {
    if (text.empty()) return {};
    const auto asset = AssetId::make(currency, cash_scale);
    const auto amount = parse_amount(text, cash_scale);
    ASSERT(asset && amount);
    return {{*asset, *amount}};
}

std::vector<std::pair<AssetId, Amount>> some_of_each(std::uint64_t count) {
    std::vector<std::pair<AssetId, Amount>> holdings;
    for (const Share& share : shares) {
        const auto asset = AssetId::make(share.isin, 0);
        ASSERT(asset.has_value());
        if (count > 0) holdings.emplace_back(*asset, Amount{count});
    }
    return holdings;
}

}  // namespace

Cast euro_cast() {
    Cast cast;
    cast.roles.assign(roles.begin(), roles.end());
    cast.shares.assign(shares.begin(), shares.end());
    for (const Party& party : parties) {
        const std::string_view node = party.buys ? "buyer" : "seller";
        cast.openings.push_back(
            {"csd", securities_account(party), node, some_of_each(party.shares_of_each)});
        cast.openings.push_back({party.buys ? "eur" : "sek", cash_account(party), node,
                                 money(party.buys ? "EUR" : "SEK", party.cash)});
    }
    const std::string connector(connector_account);
    cast.openings.push_back(
        {"sek", "test.sek." + connector, "connector", money("SEK", connector_krona)});
    cast.openings.push_back(
        {"eur", "test.eur." + connector, "connector", money("EUR", connector_euro)});
    cast.node_config = euro_node_config;
    return cast;
}

}  // namespace lockstep::demo
