#include "sdk/machine/conformance_kit.h"

#include <algorithm>

#include "sdk/crypto/hash.h"

namespace lockstep::conformance {
namespace {

// How often the reports are looked at while something is awaited.
constexpr Duration glance = Duration::milliseconds(10);

std::string word(const report::Answer& answer) {
    switch (answer.outcome) {
        case report::Answer::Outcome::done:
            return "done";
        case report::Answer::Outcome::unknown:
            return "unknown";
        case report::Answer::Outcome::refused:
            return std::string(to_string(answer.reason));
    }
    return "?";
}

}  // namespace

Kit::Kit(ConformanceLedger& ledger) : ledger_(ledger) {}

bool Kit::open() {
    for (std::size_t i = 0; i < role_count; ++i)
        ledger_.restart_adapter(static_cast<Role>(i), false);
    const bool all_live = wait_for([this] {
        for (const Party& party : parties_)
            if (!party.info || party.mode != report::Mode::live) return false;
        return true;
    });
    if (parties_[0].info) info_ = *parties_[0].info;
    return all_live;
}

void Kit::begin_case(std::size_t number) {
    case_ = number;
    for (std::size_t i = 0; i < role_count; ++i)
        ledger_.tamper(static_cast<Role>(i), nullptr);
    listen();
    for (std::size_t i = 0; i < role_count; ++i) {
        Party& party = parties_[i];
        party.events.clear();
        party.answers.clear();
        // an adapter that a case before left without belief would fail every case after it
        if (party.mode == report::Mode::refused)
            ledger_.restart_adapter(static_cast<Role>(i), true);
    }
}

// --- making things up ---

Hash Kit::derive(const std::string& what) const {
    return Sha256()
        .add(world().run.view())
        .add(as_bytes("case " + std::to_string(case_) + " " + what))
        .finish();
}

Preimage Kit::preimage(int which) const {
    return *Preimage::from(derive("preimage " + std::to_string(which)).view());
}

EscrowTerms Kit::terms(int which) const {
    EscrowTerms terms;
    terms.id = *EscrowId::from(derive("escrow " + std::to_string(which)).view());
    terms.payer = world().account(Role::payer);
    terms.payee = world().account(Role::payee);
    terms.asset = world().asset;
    terms.amount = lots(1);
    terms.condition = condition_of(preimage(which));
    terms.expiry = now() + Duration::seconds(60);
    return terms;
}

CommandId Kit::command_id(const std::string& what) const {
    return *CommandId::from(derive("command " + what).view());
}

// --- commands ---

void Kit::give(Role role, Command command) {
    ledger_.give(role, std::move(command));
}

std::string Kit::run(Role role, Command command) {
    const CommandId id = command.id;
    give(role, std::move(command));
    return answer(role, id);
}

Command Kit::prepare_command(const EscrowTerms& terms) const {
    return {command_id("prepare " + terms.id.hex() + terms.payer.text()),
            command::Prepare{terms, std::min(now() + patience(), terms.expiry)}};
}
std::string Kit::prepare(const EscrowTerms& terms, Role role) {
    return run(role, prepare_command(terms));
}

Command Kit::fulfil_command(const EscrowTerms& terms, int which, const std::string& what) const {
    return {command_id(what + " " + terms.id.hex() + terms.payer.text()),
            command::Fulfil{key(terms), preimage(which)}};
}
std::string Kit::fulfil(const EscrowTerms& terms, Role role, int which) {
    return run(role, fulfil_command(terms, which));
}

std::string Kit::reject(const EscrowTerms& terms, Role role) {
    return run(role, {command_id("reject " + terms.id.hex()),
                      command::Reject{key(terms), world().account(role)}});
}

std::string Kit::refund(const EscrowTerms& terms, Role role) {
    return run(role, {command_id("refund " + terms.id.hex()), command::Refund{key(terms)}});
}

std::string Kit::answer_now(Role role, const CommandId& id) {
    listen();
    const auto found = party(role).answers.find(id);
    return found == party(role).answers.end() ? "" : word(found->second);
}

std::string Kit::answer(Role role, const CommandId& id) {
    wait_for([&] {
        const std::string seen = answer_now(role, id);
        return !seen.empty() && seen != "unknown";
    });
    return answer_now(role, id);
}

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

std::string Kit::told(Role role, const EscrowTerms& terms) {
    std::string state;
    for (const auto& [cursor, escrow] : events(role)) {
        if (escrow.terms.id == terms.id && escrow.terms.payer == terms.payer)
            state = to_string(escrow.state);
    }
    return state;
}

bool Kit::told_as(Role role, const EscrowTerms& terms, Certainty certainty) {
    const auto& all = events(role);
    return std::any_of(all.begin(), all.end(), [&](const auto& event) {
        const report::Escrow& escrow = event.second;
        return escrow.terms == terms && escrow.certainty == certainty;
    });
}

void Kit::expect_told(Role role, const EscrowTerms& terms, EscrowState state) {
    const std::string wanted(to_string(state));
    wait_for([&] { return told(role, terms) == wanted; });
    expect_answer("the stream told", told(role, terms), wanted);
    for (const auto& [cursor, escrow] : events(role)) {
        if (escrow.terms.id != terms.id || escrow.terms.payer != terms.payer) continue;
        expect(escrow.terms == terms, "the stream told other terms than were prepared");
        const bool shows = escrow.preimage && fulfils(*escrow.preimage, terms.condition);
        expect(shows == (escrow.state == EscrowState::fulfilled),
               "a preimage belongs to a fulfilled escrow, and to no other");
    }
}

std::optional<QueryAnswer> Kit::ask(Role role, const QueryBody& body) {
    // A ledger that was just restarted is not there at once.
    for (const Timestamp end = now() + patience(); now() < end; ledger_.pass(glance)) {
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

// --- time ---

Duration Kit::patience() const {
    const TimingProfile& profile = info_.profile;
    return (profile.inclusion + profile.finality + profile.late + profile.early) * 2 +
           Duration::seconds(5);
}

void Kit::wait_until(Timestamp ledger_time) {
    while (now() < ledger_time)
        ledger_.pass(world().exact ? ledger_time - now() : glance);
}

bool Kit::wait_for(const std::function<bool()>& holds) {
    const Timestamp end = now() + patience();
    listen();
    while (!holds()) {
        if (now() >= end) return false;
        ledger_.pass(glance);
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

void Kit::leave_out(const std::string& why) {
    throw Stop{Outcome::left_out, why};
}

}  // namespace lockstep::conformance
