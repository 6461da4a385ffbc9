// The kit's other half: what the ledger says, time, and checks.
#include <algorithm>

#include "sdk/crypto/hash.h"
#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

bool is_locator(const std::string& text, Certainty certainty) {
    if (certainty == Certainty::rolled_back) return text.empty();
    return !text.empty() && text.size() <= max_locator &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

// --- what the ledger says ---

void Kit::listen() {
    for (std::size_t i = 0; i < role_count; ++i) {
        Party& party = parties_[i];
        for (Report& report : ledger_.take_reports(static_cast<Role>(i))) {
            if (const auto* answer = std::get_if<report::Answer>(&report)) {
                party.answers[answer->id] = *answer;
            } else if (auto* escrow = std::get_if<report::Escrow>(&report)) {
                party.events.emplace_back(escrow->cursor, std::move(*escrow));
            } else if (auto* result = std::get_if<report::QueryResult>(&report)) {
                party.results.insert_or_assign(result->id, std::move(result->answer));
            } else if (const auto* health = std::get_if<report::Health>(&report)) {
                party.mode = health->mode;
                party.detail = health->detail;
            } else if (const auto* info = std::get_if<report::Info>(&report)) {
                party.info = info->info;
            }
        }
    }
}

std::vector<std::pair<std::uint64_t, report::Escrow>>& Kit::events(Role role) {
    listen();
    return party(role).events;
}

report::Mode Kit::mode(Role role) {
    listen();
    return party(role).mode;
}

void Kit::restart_without_memory(Role role) {
    listen();
    party(role).mode = report::Mode::catching_up;
    ledger_.restart_adapter(role, false);
    if (!world().streams) wait_for([&] { return party(role).mode == report::Mode::live; });
}

std::string Kit::told(Role role, const EscrowTerms& terms) {
    std::string state;
    for (const auto& [cursor, escrow] : events(role)) {
        if (escrow.terms.id != terms.id || escrow.terms.payer != terms.payer) continue;
        state = to_string(escrow.state);
        // what was before it counts again
        if (escrow.certainty == Certainty::rolled_back)
            state = escrow.state == EscrowState::prepared ? "" : to_string(EscrowState::prepared);
    }
    return state;
}

bool Kit::told_as(Role role, const EscrowTerms& terms, Certainty certainty,
                  std::optional<EscrowState> state) {
    const auto& all = events(role);
    return std::any_of(all.begin(), all.end(), [&](const auto& event) {
        const report::Escrow& escrow = event.second;
        return escrow.terms == terms && escrow.certainty == certainty &&
               (!state || escrow.state == *state);
    });
}

void Kit::expect_told(Role role, const EscrowTerms& terms, EscrowState state) {
    const std::string wanted(to_string(state));
    wait_for([&] { return told(role, terms) == wanted; });
    expect_answer("the stream told", told(role, terms), wanted);
    for (const auto& [cursor, escrow] : events(role)) {
        if (escrow.terms.id != terms.id || escrow.terms.payer != terms.payer) continue;
        expect(escrow.terms == terms, "the stream told other terms than were prepared");
        expect(is_locator(escrow.locator, escrow.certainty),
               "an event says where it is to be seen, in printable letters, unless it is gone");
        const bool shows = escrow.preimage && fulfils(*escrow.preimage, terms.condition);
        expect(shows == (escrow.state == EscrowState::fulfilled),
               "a preimage belongs to a fulfilled escrow, and to no other");
    }
}

std::optional<QueryAnswer> Kit::ask(Role role, const QueryBody& body) {
    // A ledger that was just restarted is not there at once.
    for (const Timestamp end = now() + patience(); now() < end; ledger_.pass(world().glance)) {
        const std::uint64_t id = ++last_query_;
        ledger_.give(role, Query{id, body});
        auto& results = party(role).results;
        wait_for([&] { return listen(), results.contains(id); });
        const auto found = results.find(id);
        if (found == results.end()) continue;
        if (found->second) return *found->second;
        if (family(found->second.error()) == ReasonFamily::final_) break;
    }
    return std::nullopt;
}

void Kit::expect_found(Role role, const EscrowTerms& terms, const std::string& state) {
    if (is_open()) wait_for([&] { return found(role, terms) == state; });
    expect_answer("the query found", found(role, terms), state);
}

std::string Kit::found(Role role, const EscrowTerms& terms) {
    const auto answer = ask(role, ask::Escrow{key(terms)});
    expect(answer.has_value(), "a query for an escrow had no answer");
    if (answer->escrows.empty()) return "";
    expect(answer->escrows.front().terms == terms, "a query found other terms than were prepared");
    return std::string(to_string(answer->escrows.front().state));
}

Balance Kit::balance(Role role) {
    const Address& account = world().account(role);
    const auto answer = ask(role, ask::Balances{account});
    expect(answer.has_value(), "a query for balances had no answer");
    for (const Balance& balance : answer->balances)
        if (balance.account == account && balance.asset == world().asset) return balance;
    return {account, world().asset, Amount{}, Amount{}};
}

Amount Kit::fees(unsigned commands) const {
    return Amount{world().fee_allowance.units() * commands};
}

void Kit::expect_flow(Role role, const Balance& before, const Flow& flow,
                      const std::string& otherwise) {
    const std::uint64_t most = before.free.units() + flow.in.units() - flow.out.units();
    const std::uint64_t least = most - std::min(most, fees(flow.commands).units());
    const auto holds = [&] {
        const std::uint64_t free = balance(role).free.units();
        return free >= least && free <= most;
    };
    if (is_open()) wait_for(holds);
    if (holds()) return;
    const std::string wanted = least == most
                                   ? std::to_string(most)
                                   : std::to_string(least) + " to " + std::to_string(most);
    expect(false, otherwise + ": there are " + std::to_string(balance(role).free.units()) +
                      ", not " + wanted);
}

void Kit::expect_back(Role role, const Balance& before, unsigned commands) {
    const std::string otherwise = "the payer did not get everything back";
    expect_flow(role, before, {.commands = commands}, otherwise);
    expect(balance(role).escrowed == before.escrowed, otherwise);
}

void Kit::expect_prepared_once(const Balance& before, const EscrowTerms& terms) {
    expect_found(Role::payer, terms, "prepared");
    expect_flow(Role::payer, before, {.out = terms.amount},
                "the amount was not taken exactly once");
}

void Kit::restart_forgetful(Role role) {
    ledger_.restart_adapter(role, !world().keeps_commands);
}

// --- time ---

Duration Kit::short_hold() const {
    const TimingProfile& profile = info_.profile;
    return profile.inclusion + profile.finality + profile.block * 2 + Duration::milliseconds(500);
}

Duration Kit::clock_margin() const {
    return info_.profile.late + info_.profile.block * 2 + Duration::milliseconds(100);
}

Duration Kit::patience() const {
    const TimingProfile& profile = info_.profile;
    return (profile.inclusion + profile.finality + profile.late + profile.early) * 2 +
           Duration::seconds(5);
}

void Kit::wait_until(Timestamp ledger_time) {
    ledger_.reach(ledger_time);
}

void Kit::wait_until_true(Timestamp time) {
    while (now() < time)
        ledger_.pass(world().exact ? time - now() : world().glance);
}

bool Kit::wait_for(const std::function<bool()>& holds) {
    const Timestamp end = now() + patience();
    listen();
    while (!holds()) {
        if (now() >= end) return false;
        ledger_.pass(world().glance);
        listen();
    }
    return true;
}

// --- checks ---

void Kit::expect(bool holds, const std::string& otherwise) {
    if (!holds) throw Stop{Outcome::failed, otherwise};
}

void Kit::expect_answer(const std::string& what, const std::string& seen,
                        const std::string& wanted) {
    if (seen == wanted) return;
    throw Stop{Outcome::failed, what + " " + (seen.empty() ? "nothing" : seen) + ", not " +
                                    (wanted.empty() ? "nothing" : wanted)};
}

void Kit::expect_one_of(const std::string& what, const std::string& seen,
                        const std::vector<std::string>& wanted) {
    std::string all;
    for (const std::string& one : wanted) {
        if (one == seen) return;
        all += (all.empty() ? "" : " or ") + one;
    }
    expect_answer(what, seen, all);
}

void Kit::leave_out(const std::string& why) {
    throw Stop{Outcome::left_out, why};
}

bool is_refusal_after_expiry(const std::string& answer) {
    return answer == "escrow_expired" || answer == "already_refunded";
}

}  // namespace lockstep::conformance
