#include "deploy/demo/movements.h"

#include <algorithm>
#include <map>

#include "deploy/demo/euro_cast.h"
#include "sdk/base/assert.h"

namespace lockstep::demo {

namespace {

constexpr std::uint64_t million = 1'000'000;
constexpr std::uint8_t rate_scale = 9;
constexpr std::uint64_t rate_den = 1'000'000'000;

AssetId currency(std::string_view code) {
    const auto asset = AssetId::make(code, cash_scale);
    ASSERT(asset.has_value());
    return *asset;
}

std::string own_account(std::string_view ledger) {
    return "test." + std::string(ledger) + "." + std::string(connector_account);
}

std::map<HoldingKey, Amount> whole_holdings(const std::vector<LedgerBooks>& books) {
    std::map<HoldingKey, Amount> holdings;
    for (const LedgerBooks& ledger : books) {
        for (const Holding& holding : ledger.holdings) {
            holdings[{holding.account, holding.asset}] =
                checked_add(holding.free, holding.escrowed).value_or(Amount{UINT64_MAX});
        }
    }
    return holdings;
}

class Check {
public:
    Check() {
        const auto rate = parse_amount(euro_for_krona, rate_scale);
        ASSERT(rate.has_value());
        rate_ = rate->units();
    }

    void trade(const client::TradeRequest& trade) {
        const Party* buyer = party(trade.buyer, true);
        const Party* seller = party(trade.seller, false);
        const auto share = AssetId::make(trade.instrument, 0);
        const auto quantity = parse_amount(trade.quantity, 0);
        const auto price = parse_amount(trade.price, cash_scale);
        if (buyer == nullptr || seller == nullptr || !share || !quantity || !price)
            return mistake(trade.reference + " settled, and is no trade of this world");
        const auto krona = mul_div_floor(quantity->units(), price->units(), 1);
        // One krona costs the rate and the spread on top.
        const auto euro =
            krona ? mul_div_ceil(*krona, rate_ * (million + spread_ppm), rate_den * million)
                  : std::nullopt;
        const auto bare = krona ? mul_div_floor(*krona, rate_, rate_den) : std::nullopt;
        if (!euro || !bare)
            return mistake(trade.reference + " settled, and is worth more than can be");
        moves_.move({securities_account(*seller), *share}, {securities_account(*buyer), *share},
                    quantity->units());
        moves_.move({own_account("sek"), currency("SEK")}, {cash_account(*seller), currency("SEK")},
                    *krona);
        moves_.move({cash_account(*buyer), currency("EUR")}, {own_account("eur"), currency("EUR")},
                    *euro);
        bare_euro_ += *bare;
    }

    void compare(const std::vector<Movement>& all) {
        for (std::string& difference : moves_.compare(all))
            mistake(std::move(difference));
        for (const Movement& movement : all)
            moved_[{movement.account, movement.asset}] = {movement.after.units(),
                                                          movement.before.units()};
    }

    void compare_euro(const std::vector<client::FeeView>& fees) {
        Flows paid;  // by buyers
        for (const Party& party : parties) {
            if (!party.buys) continue;
            const Flows& one = moved_[{cash_account(party), currency("EUR")}];
            paid.in += one.in;
            paid.out += one.out;
        }
        const Flows received = moved_[{own_account("eur"), currency("EUR")}];
        if (!received.is_same_change({paid.out, paid.in}))
            mistake("the buyers' euro moved by " + paid.text(currency("EUR")) +
                    ", the connector's by " + received.text(currency("EUR")));
        const Flows earned{received.in, received.out + bare_euro_};
        Flows reported;
        for (const client::FeeView& fee : fees) {
            const auto amount = parse_amount(fee.fee, cash_scale);
            if (fee.asset == "EUR" && amount)
                reported.in += amount->units();
            else
                mistake("the connector reports fees of " + fee.fee + " " + fee.asset);
        }
        if (!reported.is_same_change(earned))
            mistake("the connector reports fees of " + reported.text(currency("EUR")) +
                    " EUR, its accounts and its rate say " + earned.text(currency("EUR")));
    }

    std::vector<std::string> take() { return std::move(mistakes_); }

private:
    static const Party* party(const std::string& name, bool buys) {
        const auto* found = std::find_if(parties.begin(), parties.end(), [&](const Party& one) {
            return one.name == name && one.buys == buys;
        });
        return found == parties.end() ? nullptr : found;
    }
    void mistake(std::string text) { mistakes_.push_back(std::move(text)); }

    std::uint64_t rate_ = 0;
    Moves moves_;
    std::map<HoldingKey, Flows> moved_;
    std::uint64_t bare_euro_ = 0;
    std::vector<std::string> mistakes_;
};

}  // namespace

std::string Flows::text(const AssetId& asset) const {
    const bool more = in >= out;
    return (more ? "+" : "-") + format_amount(Amount{more ? in - out : out - in}, asset.scale());
}

std::vector<std::string> Moves::compare(const std::vector<Movement>& all) const {
    std::map<HoldingKey, Flows> moved;
    for (const Movement& movement : all)
        moved[{movement.account, movement.asset}] = {movement.after.units(),
                                                     movement.before.units()};
    for (const auto& [key, flows] : expected_)
        moved.emplace(key, Flows{});
    std::vector<std::string> differences;
    for (const auto& [key, flows] : moved) {
        const auto found = expected_.find(key);
        const Flows expected = found == expected_.end() ? Flows{} : found->second;
        if (expected.is_same_change(flows)) continue;
        differences.push_back(key.first + " " + key.second.code() + " moved by " +
                              flows.text(key.second) + ", the settled trades by " +
                              expected.text(key.second));
    }
    return differences;
}

std::vector<Movement> movements(const std::vector<LedgerBooks>& before,
                                const std::vector<LedgerBooks>& after) {
    std::map<HoldingKey, Amount> first = whole_holdings(before);
    std::map<HoldingKey, Amount> last = whole_holdings(after);
    for (const auto& [key, amount] : first)
        last.emplace(key, Amount{});
    std::vector<Movement> all;
    for (const auto& [key, amount] : last)
        all.push_back({key.first, key.second, first[key], amount});
    return all;
}

std::vector<std::string> check_movements(const std::vector<client::TradeRequest>& settled,
                                         const std::vector<LedgerBooks>& before,
                                         const std::vector<LedgerBooks>& after,
                                         const std::vector<client::FeeView>& fees) {
    Check check;
    for (const client::TradeRequest& trade : settled)
        check.trade(trade);
    check.compare(movements(before, after));
    check.compare_euro(fees);
    return check.take();
}

}  // namespace lockstep::demo
