#include "deploy/demo/report.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <thread>

#include "deploy/demo/euro_cast.h"
#include "deploy/demo/movements.h"
#include "deploy/demo/screen.h"

namespace lockstep::demo {

namespace {

std::string text_of(Amount amount, const AssetId& asset) {
    return format_amount(amount, asset.scale());
}

std::map<std::string, std::size_t> reasons_of(const PhaseResult& phase) {
    std::map<std::string, std::size_t> reasons;
    for (const Tracked& trade : phase.trades) {
        if (trade.outcome != Outcome::settled && trade.outcome != Outcome::open)
            ++reasons[trade.reason.empty() ? "none" : trade.reason];
    }
    return reasons;
}

// "model name : AMD EPYC" and "MemTotal: 8000 kB" in the files of /proc.
std::string proc_field(const char* file, const std::string& field) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(field)) continue;
        const std::size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
        return value == std::string::npos ? "" : line.substr(value);
    }
    return "";
}

std::string change(const Movement& movement) {
    const bool more = movement.after >= movement.before;
    const auto difference = more ? checked_sub(movement.after, movement.before)
                                 : checked_sub(movement.before, movement.after);
    const std::string text = spaced(text_of(*difference, movement.asset));
    return difference->is_zero() ? "" : (more ? "+" : "-") + text;
}

}  // namespace

Json phase_json(const PhaseResult& phase) {
    const Counts& counts = phase.counts;
    return Json::object({{"trades", counts.total},
                         {"settled", counts.settled},
                         {"unwound", counts.unwound},
                         {"declined", counts.declined},
                         {"broken", counts.broken},
                         {"open", counts.open()},
                         {"seconds", counts.seconds},
                         {"settlements_per_second", phase.settled_per_second()},
                         {"latency_ms", Json::object({{"p50", phase.latency_ms(0.5)},
                                                      {"p99", phase.latency_ms(0.99)}})}});
}

Json reasons_json(const PhaseResult& phase) {
    Json reasons = Json::object();
    for (const auto& [reason, count] : reasons_of(phase))
        reasons.set(reason, count);
    return reasons;
}

Json balances_json(const std::vector<LedgerBooks>& before, const std::vector<LedgerBooks>& after) {
    Json balances = Json::array();
    for (const Movement& movement : movements(before, after)) {
        balances.push(Json::object({{"account", movement.account},
                                    {"asset", movement.asset.code()},
                                    {"before", text_of(movement.before, movement.asset)},
                                    {"after", text_of(movement.after, movement.asset)}}));
    }
    return balances;
}

Json books_json(const std::vector<LedgerBooks>& all) {
    Json books = Json::array();
    for (const LedgerBooks& ledger : all) {
        for (const AssetBook& total : ledger.totals) {
            books.push(Json::object({{"ledger", ledger.ledger},
                                     {"asset", total.asset.code()},
                                     {"issued", text_of(total.issued, total.asset)},
                                     {"balances", text_of(total.free, total.asset)},
                                     {"escrows", text_of(total.escrowed, total.asset)},
                                     {"statement_lines", ledger.lines}}));
        }
    }
    return books;
}

Json replays_json(const std::vector<Ending>& endings) {
    Json replays = Json::array();
    for (const Ending& ending : endings) {
        replays.push(Json::object({{"process", ending.name},
                                   {"exit_status", ending.status},
                                   {"digest", ending.digest},
                                   {"same_as_live", ending.replayed}}));
    }
    return replays;
}

Json machine_json() {
    return Json::object({{"processors", std::thread::hardware_concurrency()},
                         {"model", proc_field("/proc/cpuinfo", "model name")},
                         {"memory", proc_field("/proc/meminfo", "MemTotal")}});
}

Json to_json(const Report& report) {
    const Counts& counts = report.file.counts;
    Json fees = Json::object();
    for (const client::FeeView& fee : report.fees)
        fees.set(fee.asset, fee.fee);
    Json outages = Json::array();
    for (const Outage& outage : report.outages) {
        outages.push(Json::object({{"process", outage.name},
                                   {"at_s", outage.at},
                                   {"seconds", outage.seconds},
                                   {"within_profile", is_within(outage, report.profiles)}}));
    }
    std::map<std::string, double> inclusion_s;
    for (const Inclusion& one : report.inclusions)
        inclusion_s[one.ledger] = std::max(inclusion_s[one.ledger], one.seconds);
    Json inclusions = Json::object();
    for (const auto& [ledger, seconds] : inclusion_s)
        inclusions.set(ledger, seconds);
    Json problems = Json::array();
    for (const std::string& problem : report.problems)
        problems.push(problem);
    return Json::object({{"trades", counts.total},
                         {"settled", counts.settled},
                         {"unwound", counts.unwound},
                         {"declined", counts.declined},
                         {"broken", counts.broken},
                         {"open", counts.open()},
                         {"reasons", reasons_json(report.file)},
                         {"conserved", report.conserved},
                         {"fees", std::move(fees)},
                         {"settlements_per_second", report.speed.settled_per_second()},
                         {"latency_ms", Json::object({{"p50", report.latency.latency_ms(0.5)},
                                                      {"p99", report.latency.latency_ms(0.99)}})},
                         {"in_flight", report.in_flight},
                         {"signatures_verified", report.figures.signatures_verified},
                         {"commits", report.figures.commits},
                         {"restarts", report.restarts},
                         {"latency_rate", report.latency_rate},
                         {"phases", Json::object({{"set_up_s", report.set_up_s},
                                                  {"file", phase_json(report.file)},
                                                  {"beside", phase_json(report.beside)},
                                                  {"speed", phase_json(report.speed)},
                                                  {"latency", phase_json(report.latency)},
                                                  {"total_s", report.total_s}})},
                         {"balances", balances_json(report.before, report.after)},
                         {"books", books_json(report.after)},
                         {"outages", std::move(outages)},
                         {"longest_inclusion_s", std::move(inclusions)},
                         {"replays", replays_json(report.endings)},
                         {"alarms", report.alarms.size()},
                         {"alarm_details", alarms_json(report.alarms)},
                         {"problems", std::move(problems)},
                         {"machine", machine_json()}});
}

std::string outcome_table(const PhaseResult& phase) {
    std::map<std::pair<Outcome, std::string>, std::size_t> groups;
    for (const Tracked& trade : phase.trades)
        ++groups[{trade.outcome, trade.reason}];
    std::vector<std::vector<std::string>> rows{{"outcome", "reason", "trades", ""}};
    for (const auto& [group, count] : groups) {
        const auto reason = reason_from_string(group.second);
        rows.push_back({std::string(to_string(group.first)), group.second, std::to_string(count),
                        reason ? std::string(describe(*reason)) : ""});
    }
    return table(rows, {2});
}

std::string balance_table(const std::vector<LedgerBooks>& before,
                          const std::vector<LedgerBooks>& after) {
    std::vector<std::vector<std::string>> rows{{"account", "asset", "before", "after", "change"}};
    for (const Movement& movement : movements(before, after)) {
        rows.push_back({movement.account, movement.asset.code(),
                        spaced(text_of(movement.before, movement.asset)),
                        spaced(text_of(movement.after, movement.asset)), change(movement)});
    }
    return table(rows, {2, 3, 4});
}

std::string books_table(const std::vector<LedgerBooks>& books) {
    std::vector<std::vector<std::string>> rows{
        {"ledger", "asset", "issued", "balances", "escrows", "statements", ""}};
    for (const LedgerBooks& ledger : books) {
        for (const AssetBook& total : ledger.totals) {
            rows.push_back({ledger.ledger, total.asset.code(),
                            spaced(text_of(total.issued, total.asset)),
                            spaced(text_of(total.free, total.asset)),
                            spaced(text_of(total.escrowed, total.asset)),
                            std::to_string(ledger.lines) + " lines",
                            ledger.mistakes.empty() ? "conserved" : "NOT CONSERVED"});
        }
    }
    return table(rows, {2, 3, 4, 5});
}

std::string figures_text(const Report& report) {
    std::string fees;
    for (const client::FeeView& fee : report.fees)
        fees += (fees.empty() ? "" : ", ") + spaced(fee.fee) + " " + fee.asset;
    const auto number = [](std::uint64_t value) { return spaced(std::to_string(value)); };
    return table({{"connector's fees", fees.empty() ? "none" : fees},
                  {"settlements per second", fixed(report.speed.settled_per_second(), 1) + "  (" +
                                                 std::to_string(report.speed.counts.settled) +
                                                 " trades, at most " +
                                                 std::to_string(report.in_flight) + " in flight)"},
                  {"instruction to settled",
                   "p50 " + fixed(report.latency.latency_ms(0.5), 0) + " ms, p99 " +
                       fixed(report.latency.latency_ms(0.99), 0) + " ms  (at " +
                       fixed(report.latency_rate, 0) + " trades a second)"},
                  {"signatures verified", number(report.figures.signatures_verified)},
                  {"commits", number(report.figures.commits)},
                  {"restarts", number(report.restarts)}});
}

Outcome expected_outcome(const client::TradeRequest& trade, bool is_repeat) {
    if (is_repeat) return Outcome::declined;
    const auto share = std::find_if(shares.begin(), shares.end(), [&](const Share& candidate) {
        return candidate.isin == trade.instrument;
    });
    const auto find_party = [](const std::string& name) {
        return std::find_if(parties.begin(), parties.end(),
                            [&](const Party& party) { return party.name == name; });
    };
    const auto buyer = find_party(trade.buyer);
    const auto seller = find_party(trade.seller);
    if (share == shares.end() || buyer == parties.end() || seller == parties.end())
        return Outcome::declined;
    const auto quantity = parse_amount(trade.quantity, 0);
    const auto price = parse_amount(trade.price, 2);
    const auto reference = parse_amount(share->price, 2);
    if (!quantity || !price || !reference || quantity->units() % share->lot != 0)
        return Outcome::declined;
    if (price->units() * 1'000'000 > reference->units() * (1'000'000 + buyer_tolerance_ppm))
        return Outcome::declined;
    if (seller->shares_of_each == 0 || buyer->cash.size() < 6) return Outcome::declined;
    return trade.seller == silent_seller ? Outcome::unwound : Outcome::settled;
}

}  // namespace lockstep::demo
