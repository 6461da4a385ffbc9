#include "sdk/machine/conformance_kit.h"

#include <algorithm>

#include "sdk/crypto/hash.h"

namespace lockstep::conformance {
namespace {

// Where the longest case needs no more.
constexpr Duration usual_hold = Duration::seconds(60);
// So many commands of a case wait for the one before to be final.
constexpr int longest_case = 10;

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
    for (std::size_t i = 0; i < role_count; ++i) {
        ledger_.tamper(static_cast<Role>(i), nullptr);
        ledger_.release(static_cast<Role>(i));
    }
    ledger_.keep_releases(false);
    settle();
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

// What a case before left in escrow is given back before the next one counts: where that takes a
// command of the payer, it would cost a fee in the midst of it. And what is not final may not count
// yet.
void Kit::settle() {
    if (info_.refund != RefundRule::automatic) {
        const Timestamp end = terms().expiry + info_.profile.late + patience();
        for (const Role role : {Role::payer, Role::payee, Role::other})
            while (now() < end && !balance(role).escrowed.is_zero())
                ledger_.pass(info_.profile.inclusion);
    }
    if (is_open()) ledger_.pass(info_.profile.inclusion + info_.profile.finality);
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
    terms.amount = portions(1);
    terms.condition = condition_of(preimage(which));
    const TimingProfile& profile = info_.profile;
    const Duration hold = (profile.inclusion + profile.finality) * longest_case;
    terms.expiry = expiry_at(now() + std::max(usual_hold, hold));
    return terms;
}

EscrowTerms Kit::brief_terms(int which) const {
    EscrowTerms brief = terms(which);
    brief.expiry = expiry_at(now() + short_hold());
    return brief;
}

Timestamp Kit::expiry_at(Timestamp earliest) const {
    const std::int64_t tick = world().tick.us();
    return Timestamp{(earliest.us() + tick - 1) / tick * tick};
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
    std::string seen = run(role, prepare_command(terms));
    if (seen == "done") wait_for_payee(terms);
    return seen;
}

void Kit::wait_for_payee(const EscrowTerms& terms) {
    if (world().streams) return;
    for (const Role payee : {Role::payer, Role::payee, Role::other}) {
        if (world().account(payee) != terms.payee) continue;
        const auto is_final = [&] {
            return told_as(payee, terms, Certainty::final_, EscrowState::prepared);
        };
        expect(wait_for(is_final), "the payee was not told of an escrow as final");
    }
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
    return found == party(role).answers.end() ? "" : std::string(word(found->second));
}

std::string Kit::answer(Role role, const CommandId& id) {
    wait_for([&] {
        const std::string seen = answer_now(role, id);
        return !seen.empty() && seen != "unknown";
    });
    return answer_now(role, id);
}

}  // namespace lockstep::conformance
