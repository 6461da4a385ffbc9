#include "connector/swap/terms.h"

#include <algorithm>

#include "sdk/base/time_text.h"
#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"

namespace lockstep::swap {
namespace {

Hash digest_of(std::string_view what, ByteView octets) {
    Bytes message;
    append(message, as_bytes(what));
    message.push_back(0);
    append(message, octets);
    return sha256(message);
}

auto object(Reason reason, std::string detail) {
    return Failure{std::string(to_string(reason)), std::move(detail)};
}

bool has_negative(const TimingProfile& profile) {
    const Duration least = std::min({profile.inclusion, profile.finality, profile.rollback,
                                     profile.late, profile.early, profile.block});
    return least < Duration{};
}

std::optional<Failure> objection_to_form(const Terms& terms) {
    const auto malformed = [](std::string detail) {
        return object(Reason::malformed, std::move(detail));
    };
    if (terms.payment.ledger == terms.delivery.ledger)
        return malformed("both sides are on " + terms.payment.ledger.text() +
                         "; a swap is between two ledgers");
    for (const Side side : {Side::payment, Side::delivery}) {
        const Leg& leg = terms.leg(side);
        for (const Address& account : {leg.payer, leg.payee})
            if (!leg.ledger.is_prefix_of(account))
                return malformed(account.text() + " is no account of " + leg.ledger.text());
        if (leg.payer == leg.payee)
            return malformed("payer and payee on " + leg.ledger.text() + " are one account");
        if (leg.amount.is_zero() || leg.asset.code().empty())
            return malformed("nothing is to move on " + leg.ledger.text());
    }
    for (const Leg& leg : {terms.payment, terms.delivery})
        if (has_negative(leg.timing.profile))
            return malformed("a length of time in the profile of " + leg.ledger.text() +
                             " is negative");
    if (terms.buyer.outage < Duration{}) return malformed("the buyer's outage is negative");
    if (terms.condition.is_zero()) return malformed("there is no condition");
    if (terms.payment.expiry <= terms.delivery.expiry)
        return malformed(
            "the payment goes back before the delivery does; it must be the later one, or the "
            "seller could lose both");
    return std::nullopt;
}

std::optional<Failure> objection_on_ledger(const Leg& leg, const OwnView& view,
                                           const Address& own) {
    const OwnLedger* const ledger = find_ledger(view.ledgers, leg.ledger);
    if (ledger == nullptr)
        return object(Reason::wrong_ledger,
                      leg.ledger.text() + " is not among the ledgers of the configuration");
    const auto& accounts = ledger->accounts;
    if (std::find(accounts.begin(), accounts.end(), own) == accounts.end())
        return object(
            Reason::no_account,
            own.text() + " is not among the accounts of the configuration on " + leg.ledger.text());
    if (!ledger->info) return std::nullopt;
    const LedgerInfo& info = *ledger->info;
    const auto asset =
        std::find_if(info.assets.begin(), info.assets.end(),
                     [&](const AssetInfo& known) { return known.asset == leg.asset; });
    if (asset == info.assets.end())
        return object(Reason::unknown_asset, leg.ledger.text() + " does not track " +
                                                 leg.asset.code() + " with " +
                                                 std::to_string(leg.asset.scale()) + " decimals");
    if (!asset->lot.is_zero() && leg.amount.units() % asset->lot.units() != 0)
        return object(Reason::odd_lot, leg.asset.code() + " moves in lots of " +
                                           format_amount(asset->lot, leg.asset.scale()) + " on " +
                                           leg.ledger.text());
    if (leg.amount > info.max_amount)
        return object(Reason::amount_too_large,
                      leg.ledger.text() + " takes at most " +
                          format_amount(info.max_amount, leg.asset.scale()) + " " +
                          leg.asset.code() + " at once");
    if (leg.expiry > view.now + info.max_hold)
        return object(Reason::expiry_too_far, "the refund on " + leg.ledger.text() + " is due in " +
                                                  format_length(leg.expiry - view.now) +
                                                  ", and the ledger holds an escrow " +
                                                  format_length(info.max_hold) + " at most");
    return std::nullopt;
}

Duration until_final(const Leg& leg) {
    return leg.timing.profile.inclusion + leg.timing.profile.finality;
}

std::string count_of(std::uint32_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void add_part(std::string& to, std::string_view what, Duration length) {
    if (length == Duration{}) return;
    if (!to.empty()) to += " + ";
    to += format_length(length);
    to += " ";
    to += what;
}

}  // namespace

Hash swap_id(const Terms& terms) {
    return digest_of("lockstep/swap/v1", encode_fields(terms));
}

EscrowId escrow_id(const Hash& swap, Side side) {
    Bytes name(swap.view().begin(), swap.view().end());
    name.push_back(static_cast<std::uint8_t>(side));
    return EscrowId{digest_of("lockstep/swap/escrow/v1", name).array()};
}

EscrowTerms escrow_of(const Terms& terms, Side side) {
    const Leg& leg = terms.leg(side);
    return {escrow_id(swap_id(terms), side),
            leg.payer,
            leg.payee,
            leg.asset,
            leg.amount,
            terms.condition,
            leg.expiry};
}

Timestamp delivery_place_by(const Terms& terms) {
    const Leg& delivery = terms.delivery;
    return delivery.expiry - core::reveal_guard(delivery.timing, terms.buyer) -
           until_final(delivery);
}

Timestamp payment_place_by(const Terms& terms) {
    return delivery_place_by(terms) - until_final(terms.payment);
}

const OwnLedger* find_ledger(const std::vector<OwnLedger>& ledgers, const Address& ledger) {
    const auto found = std::find_if(ledgers.begin(), ledgers.end(),
                                    [&](const OwnLedger& own) { return own.ledger == ledger; });
    return found == ledgers.end() ? nullptr : &*found;
}

core::LedgerTiming worse(const core::LedgerTiming& a, const core::LedgerTiming& b) {
    core::LedgerTiming both = a;
    TimingProfile& profile = both.profile;
    profile.inclusion = std::max(profile.inclusion, b.profile.inclusion);
    profile.finality = std::max(profile.finality, b.profile.finality);
    profile.rollback = std::max(profile.rollback, b.profile.rollback);
    profile.late = std::max(profile.late, b.profile.late);
    profile.early = std::max(profile.early, b.profile.early);
    profile.block = std::max(profile.block, b.profile.block);
    if (b.expiry_rule == ExpiryRule::open) both.expiry_rule = ExpiryRule::open;
    return both;
}

core::LedgerTiming timing_of(const Leg& leg, const std::vector<OwnLedger>& ledgers) {
    const OwnLedger* const own = find_ledger(ledgers, leg.ledger);
    return own == nullptr ? leg.timing : worse(leg.timing, own->timing);
}

Duration margin_needed(const Terms& terms, const OwnView& view) {
    return core::margin(timing_of(terms.payment, view.ledgers),
                        timing_of(terms.delivery, view.ledgers), view.endurance);
}

std::optional<Failure> objection(const Terms& terms, const OwnView& view) {
    if (auto found = objection_to_form(terms)) return found;
    const bool buys = view.role == Role::buyer;
    for (const Side side : {Side::payment, Side::delivery}) {
        const Leg& leg = terms.leg(side);
        const Address& own = buys == (side == Side::payment) ? leg.payer : leg.payee;
        if (auto found = objection_on_ledger(leg, view, own)) return found;
    }
    for (const Leg& leg : {terms.payment, terms.delivery})
        if (!core::endurance_covers(timing_of(leg, view.ledgers), view.endurance))
            return object(Reason::ladder_too_tight,
                          leg.ledger.text() +
                              " can roll back, and the configuration reckons with "
                              "no roll-back: endurance.rollbacks must be at least "
                              "1");
    const Duration between = terms.payment.expiry - terms.delivery.expiry;
    const Duration needed = margin_needed(terms, view);
    if (between < needed)
        return object(
            Reason::ladder_too_tight,
            "the payment can go back " + format_length(between) +
                " after the delivery, and the seller needs " + format_length(needed) +
                " in between to be sure of it: " +
                margin_arithmetic(timing_of(terms.payment, view.ledgers),
                                  timing_of(terms.delivery, view.ledgers), view.endurance));
    const Timestamp place_by = buys ? payment_place_by(terms) : delivery_place_by(terms);
    if (is_expired(view.now, place_by))
        return object(Reason::terms_lapsed,
                      std::string("too little time is left: the ") +
                          (buys ? "payment" : "delivery") + " had to be placed before " +
                          format_time(place_by) +
                          ", so that the buyer can still take the delivery safely before " +
                          format_time(terms.delivery.expiry));
    return std::nullopt;
}

std::string format_length(Duration length) {
    const bool negative = length < Duration{};
    std::int64_t us = negative ? -length.us() : length.us();
    const std::int64_t hours = us / 3'600'000'000;
    us %= 3'600'000'000;
    const std::int64_t minutes = us / 60'000'000;
    us %= 60'000'000;
    std::string text;
    const auto add = [&](const std::string& part) { text += text.empty() ? part : " " + part; };
    if (hours != 0) add(std::to_string(hours) + " h");
    if (minutes != 0) add(std::to_string(minutes) + " min");
    if (us != 0 || text.empty()) {
        std::string seconds = std::to_string(us / 1'000'000);
        if (us % 1'000'000 != 0) {
            std::string decimals = std::to_string(us % 1'000'000 + 1'000'000).substr(1);
            decimals.erase(decimals.find_last_not_of('0') + 1);
            seconds += "." + decimals;
        }
        add(seconds + " s");
    }
    return negative ? "-" + text : text;
}

std::string margin_arithmetic(const core::LedgerTiming& in, const core::LedgerTiming& out,
                              const core::Endurance& endurance) {
    const Duration seen = std::max(in.profile.inclusion, out.profile.inclusion);
    const Duration back = std::max(in.profile.rollback, out.profile.rollback);
    std::string text;
    add_part(text, "to see the secret and to claim with it", seen * 2);
    if (out.expiry_rule == ExpiryRule::open)
        add_part(text, "as the delivery can be claimed late",
                 out.profile.inclusion + out.profile.block + Duration{1});
    add_part(text, "for " + count_of(endurance.outages, "outage") + " of this program",
             (endurance.outage + seen) * endurance.outages);
    add_part(text, "for " + count_of(endurance.rollbacks, "roll-back") + " of a ledger",
             (back + seen) * endurance.rollbacks);
    add_part(text, "as the delivery's clock may lag", out.profile.late);
    add_part(text, "as the payment's clock may lead", in.profile.early);
    return text;
}

}  // namespace lockstep::swap
