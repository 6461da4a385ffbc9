#include "connector/cli/swap_wanted.h"

#include <algorithm>

namespace lockstep::cli {
namespace {

struct Quantity {
    std::string amount, asset;  // no asset: the only one of its ledger
};
std::optional<Quantity> parse_quantity(const std::string& text) {
    const std::size_t space = text.find(' ');
    if (space == std::string::npos)
        return text.empty() ? std::nullopt : std::optional(Quantity{text, ""});
    Quantity quantity{text.substr(0, space), text.substr(space + 1)};
    if (quantity.amount.empty() || quantity.asset.empty()) return std::nullopt;
    return quantity;
}

const AssetInfo* find_asset(const swap::OwnLedger& ledger, const std::string& code) {
    const auto& assets = ledger.info->assets;
    if (code.empty()) return assets.size() == 1 ? &assets.front() : nullptr;
    const auto found = std::find_if(assets.begin(), assets.end(), [&](const AssetInfo& asset) {
        return asset.asset.code() == code;
    });
    return found == assets.end() ? nullptr : &*found;
}

Result<swap::Leg, Failure> make_leg(const swap::OwnLedger& ledger, const AssetInfo& asset,
                                    const std::string& amount) {
    swap::Leg leg;
    leg.ledger = ledger.ledger;
    leg.asset = asset.asset;
    leg.timing = ledger.timing;
    const auto units = parse_amount(amount, asset.asset.scale());
    if (!units || units->is_zero())
        return fail("malformed", "\"" + amount + "\" is no amount of " + asset.asset.code() +
                                     ": expected a decimal above 0 with at most " +
                                     std::to_string(asset.asset.scale()) + " decimals");
    leg.amount = *units;
    return leg;
}

}  // namespace

std::optional<Duration> parse_length(std::string_view text) {
    if (text.size() < 2 || text.size() > 8) return std::nullopt;
    std::int64_t count = 0;
    for (const char c : text.substr(0, text.size() - 1)) {
        if (c < '0' || c > '9') return std::nullopt;
        count = count * 10 + (c - '0');
    }
    if (count == 0) return std::nullopt;
    switch (text.back()) {
        case 's':
            return Duration::seconds(count);
        case 'm':
            return Duration::seconds(60 * count);
        case 'h':
            return Duration::seconds(3'600 * count);
        case 'd':
            return Duration::seconds(86'400 * count);
        default:
            return std::nullopt;
    }
}

Result<swap::Terms, Failure> make_terms(const SwapWanted& wanted, const swap::OwnView& view) {
    const auto pay = parse_quantity(wanted.pay);
    const auto deliver = parse_quantity(wanted.deliver);
    if (!pay) return fail("malformed", "--pay: expected an amount, for example \"0.01 BTC\"");
    if (!deliver || deliver->asset.empty())
        return fail("malformed",
                    "--for: expected an amount and an asset, for example \"50 SE0000108656\"");
    const swap::OwnLedger* paying = nullptr;
    const swap::OwnLedger* delivering = nullptr;
    for (const swap::OwnLedger& ledger : view.ledgers)
        if (find_asset(ledger, deliver->asset) != nullptr) delivering = &ledger;
    if (delivering == nullptr)
        return fail(std::string(to_string(Reason::unknown_asset)),
                    "neither ledger tracks " + deliver->asset);
    for (const swap::OwnLedger& ledger : view.ledgers)
        if (&ledger != delivering && find_asset(ledger, pay->asset) != nullptr) paying = &ledger;
    if (paying == nullptr)
        return fail(std::string(to_string(Reason::unknown_asset)),
                    pay->asset.empty() ? "--pay: say in which asset, for example \"0.01 BTC\""
                                       : "the other ledger does not track " + pay->asset);
    auto payment = make_leg(*paying, *find_asset(*paying, pay->asset), pay->amount);
    if (!payment) return unexpected<Failure>(payment.error());
    auto delivery =
        make_leg(*delivering, *find_asset(*delivering, deliver->asset), deliver->amount);
    if (!delivery) return unexpected<Failure>(delivery.error());
    payment->payer = paying->accounts.front();
    delivery->payee = delivering->accounts.front();
    for (const std::string& text : wanted.with) {
        const auto account = Address::parse(text);
        if (account && paying->ledger.is_prefix_of(*account) && payment->payee.empty())
            payment->payee = *account;
        else if (account && delivering->ledger.is_prefix_of(*account) && delivery->payer.empty())
            delivery->payer = *account;
        else
            return fail("malformed", "--with: " + text + " is no account of " +
                                         paying->ledger.text() + " or " +
                                         delivering->ledger.text() + ", or the second of one");
    }
    if (payment->payee.empty() || delivery->payer.empty())
        return fail("malformed", "--with: expected the seller's account on each of the ledgers, " +
                                     paying->ledger.text() + " and " + delivering->ledger.text());
    const auto payment_refund = parse_length(wanted.payment_refund);
    const auto delivery_refund = parse_length(wanted.delivery_refund);
    if (!payment_refund || !delivery_refund)
        return fail("malformed",
                    std::string(payment_refund ? "--delivery-refund" : "--payment-refund") +
                        ": expected a length of time, for example 48h or 90m");
    swap::Terms terms;
    terms.payment = std::move(*payment);
    terms.delivery = std::move(*delivery);
    terms.buyer = view.endurance;
    // Whole seconds, which is what scripts and people read.
    terms.proposed = Timestamp{view.now.us() / 1'000'000 * 1'000'000};
    terms.payment.expiry = terms.proposed + *payment_refund;
    terms.delivery.expiry = terms.proposed + *delivery_refund;
    return terms;
}

}  // namespace lockstep::cli
