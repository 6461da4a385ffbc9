#include "deploy/demo/generated_trades.h"

#include "deploy/demo/euro_cast.h"

namespace lockstep::demo {

std::vector<client::TradeRequest> make_trades(const std::string& prefix, std::size_t count) {
    std::vector<const Party*> buyers;
    std::vector<const Party*> sellers;
    for (const Party& party : parties) {
        if (party.buys && party.cash.size() > 6) buyers.push_back(&party);
        if (!party.buys && party.shares_of_each > 0 && party.name != silent_seller)
            sellers.push_back(&party);
    }
    std::vector<client::TradeRequest> trades;
    trades.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Share& share = shares[i % shares.size()];
        client::TradeRequest trade;
        trade.reference = prefix + std::to_string(i + 1);
        trade.instrument = share.isin;
        trade.quantity = std::to_string(share.lot);
        trade.price = share.price;
        trade.buyer = buyers[i % buyers.size()]->name;
        trade.seller = sellers[i / 2 % sellers.size()]->name;
        trades.push_back(std::move(trade));
    }
    return trades;
}

}  // namespace lockstep::demo
