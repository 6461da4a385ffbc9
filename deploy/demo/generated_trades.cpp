#include "deploy/demo/generated_trades.h"

#include "deploy/demo/bitcoin_cast.h"
#include "deploy/demo/euro_cast.h"

namespace lockstep::demo {

namespace {

std::vector<client::TradeRequest> combine(const std::string& prefix, std::size_t count,
                                          const std::vector<Share>& of,
                                          const std::vector<std::string_view>& buyers,
                                          const std::vector<std::string_view>& sellers) {
    std::vector<client::TradeRequest> trades;
    trades.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Share& share = of[i % of.size()];
        client::TradeRequest trade;
        trade.reference = prefix + std::to_string(i + 1);
        trade.instrument = share.isin;
        trade.quantity = std::to_string(share.lot);
        trade.price = share.price;
        trade.buyer = buyers[i % buyers.size()];
        trade.seller = sellers[i / 2 % sellers.size()];
        trades.push_back(std::move(trade));
    }
    return trades;
}

}  // namespace

std::vector<client::TradeRequest> make_trades(const std::string& prefix, std::size_t count) {
    std::vector<std::string_view> buyers;
    std::vector<std::string_view> sellers;
    for (const Party& party : parties) {
        if (party.buys && party.cash.size() > 6) buyers.push_back(party.name);
        if (!party.buys && party.shares_of_each > 0 && party.name != silent_seller)
            sellers.push_back(party.name);
    }
    return combine(prefix, count, {shares.begin(), shares.end()}, buyers, sellers);
}

std::vector<client::TradeRequest> make_coin_trades(const std::string& prefix, std::size_t count,
                                                   const std::vector<std::string_view>& sellers) {
    std::vector<std::string_view> buyers;
    for (const CoinParty& party : coin_parties) {
        if (party.buys) buyers.push_back(party.name);
    }
    return combine(prefix, count, {bitcoin_shares.begin(), bitcoin_shares.end()}, buyers, sellers);
}

}  // namespace lockstep::demo
