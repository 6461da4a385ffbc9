#include "deploy/demo/bitcoin_report.h"

#include <algorithm>

#include "deploy/demo/bitcoin_cast.h"
#include "deploy/demo/report.h"
#include "deploy/demo/screen.h"
#include "sdk/base/assert.h"

namespace lockstep::demo {

namespace {

using bitcoin::EscrowPath;

constexpr std::size_t refunds_shown = 3;

std::string_view end_of(const ChainEscrow& escrow) {
    if (!escrow.spend) return "open";
    switch (escrow.spend->path) {
        case EscrowPath::claim:
            return "claimed";
        case EscrowPath::refund:
            return "refunded";
        case EscrowPath::reject:
            return "given_back";
    }
    UNREACHABLE();
}

std::size_t count(const BitcoinReport& report, std::string_view end) {
    return static_cast<std::size_t>(
        std::count_if(report.escrows.begin(), report.escrows.end(),
                      [&](const NamedEscrow& one) { return end_of(one.escrow) == end; }));
}

std::size_t count(const std::vector<TrackedPayment>& payments, std::string_view state) {
    return static_cast<std::size_t>(
        std::count_if(payments.begin(), payments.end(),
                      [&](const TrackedPayment& payment) { return payment.state == state; }));
}

Json lines_json(const std::vector<std::string>& lines) {
    Json list = Json::array();
    for (const std::string& line : lines)
        list.push(line);
    return list;
}

Json payments_json(const std::vector<TrackedPayment>& payments) {
    Json list = Json::array();
    for (const TrackedPayment& payment : payments) {
        list.push(Json::object({{"name", payment.name},
                                {"amount", payment.amount},
                                {"paid", payment.paid},
                                {"state", payment.state},
                                {"reason", payment.reason},
                                {"seconds", payment.seconds}}));
    }
    return list;
}

Json escrows_json(const BitcoinReport& report) {
    Json list = Json::array();
    for (const auto& [name, escrow] : report.escrows) {
        Json one = Json::object({{"name", name},
                                 {"payer", escrow.payer},
                                 {"payee", escrow.payee},
                                 {"amount", coins(escrow.amount)},
                                 {"condition", escrow.condition.hex()},
                                 {"funding", to_text(escrow.funding)},
                                 {"funded_in_block", escrow.height},
                                 {"end", end_of(escrow)}});
        if (escrow.spend) {
            one.set("spend", to_text(escrow.spend->txid));
            one.set("spent_in_block", escrow.spend->height);
            one.set("spend_fee", coins(escrow.spend->fee));
        }
        list.push(std::move(one));
    }
    return list;
}

Json accounts_json(const BitcoinReport& report) {
    Json list = Json::array();
    for (const ChainAccount& account : report.accounts) {
        list.push(Json::object({{"name", account.name},
                                {"mined", coins(account.mined)},
                                {"earned", coins(account.earned)},
                                {"spent", coins(account.spent)},
                                {"fees", coins(account.fees)},
                                {"balance", coins(account.balance)}}));
    }
    return list;
}

std::size_t total(const BitcoinReport& report, std::size_t Counts::*what) {
    return report.trades.counts.*what + report.stalled.counts.*what;
}

}  // namespace

std::string coins(bitcoin::Satoshi amount) {
    const bool less = amount < 0;
    const auto units = static_cast<std::uint64_t>(less ? -amount : amount);
    return (less ? "-" : "") + format_amount(Amount{units}, coin_scale);
}

Json to_json(const BitcoinReport& report) {
    Json fees = Json::object();
    for (const client::FeeView& fee : report.fees)
        fees.set(fee.asset, fee.fee);
    return Json::object(
        {{"trades", total(report, &Counts::total)},
         {"settled", total(report, &Counts::settled)},
         {"unwound", total(report, &Counts::unwound)},
         {"declined", total(report, &Counts::declined)},
         {"broken", total(report, &Counts::broken)},
         {"payments", report.payments.size() + report.unpaid.size()},
         {"paid", count(report.payments, "paid") + count(report.unpaid, "paid")},
         {"refunded", count(report.payments, "refunded") + count(report.unpaid, "refunded")},
         {"chain", Json::object({{"height", report.height},
                                 {"funded", report.escrows.size()},
                                 {"claimed", count(report, "claimed")},
                                 {"refunded", count(report, "refunded")},
                                 {"given_back", count(report, "given_back")},
                                 {"open", count(report, "open")},
                                 {"mined", coins(report.mined)},
                                 {"fees", coins(report.chain_fees)},
                                 {"accounts", accounts_json(report)},
                                 {"escrows", escrows_json(report)}})},
         {"conserved", report.conserved},
         {"fees", std::move(fees)},
         {"signatures_verified", report.figures.signatures_verified},
         {"commits", report.figures.commits},
         {"restarts", report.restarts},
         {"phases", Json::object({{"set_up_s", report.set_up_s},
                                  {"trades", phase_json(report.trades)},
                                  {"stalled", phase_json(report.stalled)},
                                  {"payments", payments_json(report.payments)},
                                  {"unpaid", payments_json(report.unpaid)},
                                  {"total_s", report.total_s}})},
         {"reasons", Json::object({{"trades", reasons_json(report.trades)},
                                   {"stalled", reasons_json(report.stalled)}})},
         {"balances", balances_json(report.before, report.after)},
         {"books", books_json(report.after)},
         {"replays", replays_json(report.endings)},
         {"alarms", report.alarms.size()},
         {"alarm_details", alarms_json(report.alarms)},
         {"outside_profiles", lines_json(report.outside)},
         {"not_shown", lines_json(report.not_shown)},
         {"problems", lines_json(report.problems)},
         {"machine", machine_json()}});
}

std::string chain_table(const BitcoinReport& report) {
    std::vector<std::vector<std::string>> rows{
        {"account", "mined", "earned", "spent", "fees", "balance"}};
    for (const ChainAccount& account : report.accounts) {
        rows.push_back({account.name, spaced(coins(account.mined)), spaced(coins(account.earned)),
                        spaced(coins(account.spent)), spaced(coins(account.fees)),
                        spaced(coins(account.balance))});
    }
    return table(rows, {1, 2, 3, 4, 5});
}

std::string result_table(const BitcoinReport& report) {
    const auto number = [](std::size_t value) { return std::to_string(value); };
    std::vector<std::vector<std::string>> rows{
        {"trades", number(total(report, &Counts::settled)) + " settled, " +
                       number(total(report, &Counts::unwound)) + " unwound, " +
                       number(total(report, &Counts::declined)) + " declined"},
        {"payments",
         number(count(report.payments, "paid") + count(report.unpaid, "paid")) + " paid, " +
             number(count(report.payments, "refunded") + count(report.unpaid, "refunded")) +
             " refunded"},
        {"escrows on the chain",
         number(report.escrows.size()) + " funded: " + number(count(report, "claimed")) +
             " claimed with the preimage, " + number(count(report, "refunded")) +
             " refunded after the expiry, " + number(count(report, "given_back")) +
             " given back early"}};
    std::size_t shown = 0;
    for (const auto& [name, escrow] : report.escrows) {
        if (end_of(escrow) != "refunded") continue;
        if (shown++ == refunds_shown) break;
        rows.push_back({"  refund of " + name, to_text(escrow.spend->txid) + " in block " +
                                                   std::to_string(escrow.spend->height)});
    }
    rows.push_back({"instruction to settled",
                    "p50 " + fixed(report.trades.latency_ms(0.5) / 1'000, 1) + " s, p99 " +
                        fixed(report.trades.latency_ms(0.99) / 1'000, 1) + " s"});
    rows.push_back({"fees to the miner", coins(report.chain_fees) + " BTC"});
    std::string fees;
    for (const client::FeeView& fee : report.fees)
        fees += (fees.empty() ? "" : ", ") + spaced(fee.fee) + " " + fee.asset;
    rows.push_back({"connector's fees", fees.empty() ? "none" : fees});
    rows.push_back({"restarts", std::to_string(report.restarts)});
    for (const std::string& part : report.not_shown)
        rows.push_back({"not shown on this machine", part});
    return table(rows);
}

}  // namespace lockstep::demo
