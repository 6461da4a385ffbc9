#include "deploy/demo/bitcoin_cast.h"

#include "sdk/base/assert.h"

namespace lockstep::demo {

Cast bitcoin_cast() {
    Cast cast;
    cast.roles.assign(bitcoin_roles.begin(), bitcoin_roles.end());
    cast.shares.assign(bitcoin_shares.begin(), bitcoin_shares.end());
    for (const CoinParty& party : coin_parties) {
        Opening opening{"csd", securities_account(party), party.buys ? "buyer" : "seller", {}};
        for (const Share& share : bitcoin_shares) {
            const auto asset = AssetId::make(share.isin, 0);
            ASSERT(asset.has_value());
            if (party.shares_of_each > 0)
                opening.holdings.emplace_back(*asset, Amount{party.shares_of_each});
        }
        cast.openings.push_back(std::move(opening));
    }
    const auto krona = AssetId::make("SEK", cash_scale);
    const auto first = parse_amount(payer_krona, cash_scale);
    ASSERT(krona && first);
    cast.openings.push_back({"sek", std::string(payer_account), "payer", {{*krona, *first}}});
    cast.openings.push_back({"sek", std::string(connector_krona_account), "connector", {}});
    cast.coins = {
        {"buyer", buyer_coins}, {"connector", connector_coins}, {"seller", 0}, {"receiver", 0}};
    cast.block_interval_ms = block_interval_ms;
    cast.node_config = bitcoin_node_config;
    return cast;
}

}  // namespace lockstep::demo
