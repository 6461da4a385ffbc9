#include "deploy/demo/bitcoin_checks.h"

#include <algorithm>
#include <map>

#include "deploy/demo/bitcoin_cast.h"
#include "deploy/demo/movements.h"
#include "deploy/demo/screen.h"
#include "sdk/base/assert.h"

namespace lockstep::demo {

namespace {

constexpr std::uint64_t ppm = 1'000'000;
// Of öre a krona and satoshi a bitcoin: what a rate in krona a bitcoin is to be divided by.
constexpr std::uint64_t satoshi_per_ore_of_rate = 1'000'000;

std::uint64_t krona_rate() {
    const auto rate = parse_amount(krona_for_bitcoin, 0);
    ASSERT(rate.has_value());
    return rate->units();
}

double seconds_of(Duration duration) {
    return static_cast<double>(duration.us()) / 1e6;
}

std::string difference(const ChainEscrow& escrow, const ExpectedEscrow& wanted) {
    if (escrow.payer != wanted.payer || escrow.payee != wanted.payee)
        return "is from " + escrow.payer + " to " + escrow.payee;
    if (escrow.amount != wanted.amount)
        return "holds " + coins(escrow.amount) + ", agreed were " + coins(wanted.amount);
    if (!escrow.spend) return "is not spent";
    const bool claimed = escrow.spend->path == bitcoin::EscrowPath::claim;
    if (claimed != wanted.paid) return claimed ? "was claimed" : "was not claimed";
    return "";
}

AssetId asset_of(std::string_view code, std::uint8_t scale) {
    const auto asset = AssetId::make(code, scale);
    ASSERT(asset.has_value());
    return *asset;
}

}  // namespace

std::vector<std::string> match_escrows(const std::vector<ChainEscrow>& chain,
                                       const std::vector<ExpectedEscrow>& expected,
                                       std::vector<NamedEscrow>& named) {
    std::vector<std::string> mistakes;
    std::map<std::string, std::size_t> found;
    for (const ChainEscrow& escrow : chain) {
        const auto wanted = std::find_if(
            expected.begin(), expected.end(),
            [&](const ExpectedEscrow& one) { return one.condition == escrow.condition; });
        const bool known = wanted != expected.end();
        named.push_back({known ? wanted->name : "", escrow});
        const std::string funding = to_text(escrow.funding);
        if (!known) {
            mistakes.push_back("the escrow funded by " + funding + " belongs to nothing that ran");
            continue;
        }
        ++found[wanted->name];
        if (const std::string text = difference(escrow, *wanted); !text.empty())
            mistakes.push_back(std::string(wanted->name)
                                   .append(": the escrow funded by ")
                                   .append(funding)
                                   .append(" ")
                                   .append(text));
    }
    for (const ExpectedEscrow& one : expected) {
        if (found[one.name] != 1)
            mistakes.push_back(one.name + " has " + std::to_string(found[one.name]) +
                               " escrows on the chain");
    }
    return mistakes;
}

std::vector<std::string> exceeded_with_chain(const std::vector<Outage>& stalls,
                                             const std::vector<Inclusion>& inclusions,
                                             const std::vector<BlockGap>& gaps) {
    auto lines = exceeded_profiles(stalls, inclusions, bitcoin_profiles,
                                   seconds_of(connector_margin(bitcoin_profiles)));
    for (const BlockGap& gap : gaps) {
        if (gap.seconds < seconds_of(chain_profile.finality)) continue;
        lines.push_back("btc had no block for " + fixed(gap.seconds, 2) + " s from second " +
                        fixed(gap.at, 1) + " on");
    }
    return lines;
}

bitcoin::Satoshi satoshi(const std::string& amount) {
    return static_cast<bitcoin::Satoshi>(
        parse_amount(amount, coin_scale).value_or(Amount{}).units());
}

bitcoin::Satoshi consideration(const client::TradeRequest& trade) {
    const auto quantity = parse_amount(trade.quantity, 0);
    const auto price = parse_amount(trade.price, coin_scale);
    const auto product =
        quantity && price ? checked_mul(quantity->units(), price->units()) : std::nullopt;
    return static_cast<bitcoin::Satoshi>(product.value_or(0));
}

std::uint64_t krona_for(bitcoin::Satoshi amount) {
    const auto bare = checked_mul(static_cast<std::uint64_t>(amount), krona_rate());
    const auto price =
        bare ? mul_div_ceil(*bare, ppm + bitcoin_spread_ppm, satoshi_per_ore_of_rate * ppm)
             : std::nullopt;
    return price.value_or(0);
}

std::vector<std::string> check_holdings(const BitcoinReport& report) {
    std::vector<std::string> mistakes;
    Moves moves;
    for (const PhaseResult* phase : {&report.trades, &report.stalled}) {
        for (const Tracked& trade : phase->trades) {
            if (trade.outcome != Outcome::settled) continue;
            const AssetId share = asset_of(trade.request.instrument, 0);
            moves.move({"test.csd." + trade.request.seller, share},
                       {"test.csd." + trade.request.buyer, share},
                       parse_amount(trade.request.quantity, 0).value_or(Amount{}).units());
        }
    }
    const AssetId krona = asset_of("SEK", cash_scale);
    std::uint64_t taken = 0;
    std::uint64_t bare = 0;
    for (const auto* list : {&report.payments, &report.unpaid}) {
        for (const TrackedPayment& payment : *list) {
            if (payment.state != "paid") continue;
            const std::uint64_t price = krona_for(satoshi(payment.amount));
            moves.move({std::string(payer_account), krona},
                       {std::string(connector_krona_account), krona}, price);
            if (parse_amount(payment.paid, cash_scale) != Amount{price})
                mistakes.push_back(payment.name + " cost " + payment.paid +
                                   " krona, the offer says " +
                                   format_amount(Amount{price}, cash_scale));
            taken += price;
            bare += mul_div_floor(static_cast<std::uint64_t>(satoshi(payment.amount)), krona_rate(),
                                  satoshi_per_ore_of_rate)
                        .value_or(0);
        }
    }
    for (std::string& text : moves.compare(movements(report.before, report.after)))
        mistakes.push_back(std::move(text));
    std::uint64_t reported = 0;
    for (const client::FeeView& fee : report.fees) {
        const auto amount = parse_amount(fee.fee, cash_scale);
        if (fee.asset != "SEK" || !amount)
            mistakes.push_back("the connector reports fees of " + fee.fee + " " + fee.asset);
        else
            reported += amount->units();
    }
    if (reported != taken - bare)
        mistakes.push_back("the connector reports fees of " +
                           format_amount(Amount{reported}, cash_scale) +
                           " SEK, its rate and the payments say " +
                           format_amount(Amount{taken - bare}, cash_scale));
    return mistakes;
}

}  // namespace lockstep::demo
