#include "tests/conformance/open_ledger.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "tests/conformance/in_process.h"

namespace lockstep::conformance {
namespace {

constexpr Duration open_block = Duration::seconds(10);
constexpr Duration open_lag = Duration::seconds(60);
constexpr int open_depth = 3;
constexpr std::uint64_t open_fee = 50;
constexpr Role open_roles[] = {Role::payer, Role::payee, Role::other};

std::string fields_of(const CommandBody& body) {
    if (const auto* prepare = std::get_if<command::Prepare>(&body)) {
        OerWriter to;
        write_terms(to, prepare->terms);
        return to_hex(to.take());
    }
    const auto key = [](const EscrowKey& escrow) { return escrow.payer.text() + escrow.id.hex(); };
    if (const auto* fulfil = std::get_if<command::Fulfil>(&body)) return "f" + key(fulfil->escrow);
    if (const auto* reject = std::get_if<command::Reject>(&body)) return "j" + key(reject->escrow);
    return "r" + key(std::get<command::Refund>(body).escrow);
}

}  // namespace

OpenLedger::OpenLedger(Vice vice)
    : vice_(vice),
      world_(make_world("test.open", *AssetId::make("OPN", 8), 1)),
      now_(in_process_start),
      next_block_(in_process_start + open_block),
      ledger_now_(in_process_start - open_lag) {
    world_.exact = true;
    world_.least = Amount{1'000};
    world_.fee_allowance = Amount{100};
    world_.tick = Duration::seconds(1);
    world_.glance = Duration::milliseconds(500);
    world_.many = 20;
    world_.streams = false;
    world_.keeps_commands = false;
    info_.ledger = world_.ledger;
    info_.assets = {{world_.asset, world_.lot, "OPN"}};
    info_.profile = {open_block * 3, open_block * open_depth,
                     open_block * 6, open_lag + open_block,
                     Duration{},     open_block};
    info_.expiry_rule = ExpiryRule::open;
    info_.refund = RefundRule::by_payer;
    info_.reject = RejectRule::cooperative;
    info_.max_hold = Duration::seconds(86'400);
    info_.max_amount = Amount{1'000'000'000'000};
    for (const Role role : {Role::payer, Role::other})
        party(role).free = Amount{plenty_lots * world_.portion().units()};
}

std::optional<Role> OpenLedger::owner(const Address& account) const {
    for (const Role role : open_roles)
        if (world_.account(role) == account) return role;
    return std::nullopt;
}

void OpenLedger::restart_adapter(Role role, bool with_memory) {
    party(role).reports.emplace_back(report::Info{info_});
    if (!with_memory) {
        party(role).commands.clear();
        for (const report::Escrow& event : party(role).told)
            party(role).reports.emplace_back(event);
    }
    party(role).reports.emplace_back(report::Health{ledger_now_, report::Mode::live, ""});
}

std::vector<Report> OpenLedger::take_reports(Role role) {
    settle(role);
    return std::exchange(party(role).reports, {});
}

// --- commands and queries ---

void OpenLedger::give(Role role, AdapterInput input) {
    if (auto* command = std::get_if<Command>(&input)) take(role, *command);
    if (const auto* asked = std::get_if<Query>(&input)) query(role, *asked);
}

void OpenLedger::take(Role role, Command& command) {
    const std::string what = fields_of(command.body);
    const auto [entry, is_new] = party(role).commands.try_emplace(command.id);
    Asked& asked = entry->second;
    if (!is_new && asked.what != what) {
        party(role).reports.emplace_back(
            report::Answer{command.id, report::Answer::Outcome::refused, Reason::id_reused});
        return;
    }
    if (!is_new) {
        if (asked.answer) party(role).reports.emplace_back(*asked.answer);
        return;
    }
    asked.what = what;
    const auto refusal = judge(role, command.body, asked.waits_for);
    if (refusal || !asked.waits_for) return answer(role, command.id, asked, refusal);
    send(role, *asked.waits_for);
}

void OpenLedger::answer(Role role, const CommandId& id, Asked& asked,
                        std::optional<Reason> refusal) {
    using Outcome = report::Answer::Outcome;
    asked.answer = refusal ? report::Answer{id, Outcome::refused, *refusal}
                           : report::Answer{id, Outcome::done};
    party(role).reports.emplace_back(*asked.answer);
}

std::optional<Reason> OpenLedger::judge_prepare(Role role, const command::Prepare& prepare) const {
    const EscrowTerms& terms = prepare.terms;
    const Party& payer = parties_[static_cast<std::size_t>(role)];
    if (terms.payer != world_.account(role)) return Reason::not_permitted;
    if (terms.asset != world_.asset) return Reason::unknown_asset;
    if (terms.amount.is_zero()) return Reason::zero_amount;
    if (terms.amount > info_.max_amount) return Reason::amount_too_large;
    if (terms.amount < world_.least && vice_ != Vice::takes_anything) return Reason::not_accepted;
    if (!owner(terms.payee)) return Reason::unknown_account;
    if (terms.payee == terms.payer) return Reason::same_account;
    if (terms.expiry <= ledger_now_) return Reason::expiry_passed;
    if (terms.expiry > now_ + info_.max_hold) return Reason::expiry_too_far;
    if (prepare.not_after < now_) return Reason::not_after_passed;
    if (escrows_.contains({terms.payer, terms.id})) return Reason::id_reused;
    if (terms.amount.units() + open_fee > payer.free.units()) return Reason::insufficient_funds;
    return std::nullopt;
}

std::optional<Reason> OpenLedger::judge(Role role, CommandBody& body,
                                        std::optional<Transaction>& waits) {
    if (const auto* prepare = std::get_if<command::Prepare>(&body)) {
        if (const auto refusal = judge_prepare(role, *prepare)) return refusal;
        const EscrowKey key{prepare->terms.payer, prepare->terms.id};
        escrows_[key].terms = prepare->terms;
        waits = {Kind::prepare, key};
        return std::nullopt;
    }
    const auto* fulfil = std::get_if<command::Fulfil>(&body);
    const auto* reject = std::get_if<command::Reject>(&body);
    const EscrowKey key = fulfil   ? fulfil->escrow
                          : reject ? reject->escrow
                                   : std::get<command::Refund>(body).escrow;
    const auto found = escrows_.find(key);
    if (found == escrows_.end() || !found->second.exists) return Reason::unknown_escrow;
    Escrow& escrow = found->second;
    const bool is_payee = escrow.terms.payee == world_.account(role);
    if (fulfil) {
        if (!is_payee) return Reason::not_payee;
        if (!fulfils(fulfil->preimage.view(), escrow.terms.condition))
            return Reason::wrong_preimage;
        if (vice_ == Vice::is_strict && ledger_now_ >= escrow.terms.expiry)
            return Reason::escrow_expired;
        const bool is_refunded = escrow.state == EscrowState::refunded_expired ||
                                 escrow.state == EscrowState::refunded_rejected;
        if (is_refunded && vice_ == Vice::pays_twice) {
            party(role).free = Amount{party(role).free.units() + escrow.terms.amount.units()};
            return std::nullopt;
        }
        if (is_refunded) return Reason::already_refunded;
        const ByteView octets = fulfil->preimage.view();
        escrow.preimage.assign(octets.begin(), octets.end());
        waits = {Kind::claim, key};
        return std::nullopt;
    }
    if (escrow.state == EscrowState::fulfilled) return Reason::already_fulfilled;
    if (reject) {
        if (!is_payee) return Reason::not_payee;
        waits = {Kind::reject, key};
        return std::nullopt;
    }
    const bool is_payer = escrow.terms.payer == world_.account(role);
    if (!is_payer && vice_ != Vice::refunds_for_anyone) return Reason::not_permitted;
    if (ledger_now_ < escrow.terms.expiry) return Reason::escrow_not_expired;
    waits = {Kind::refund, key};
    return std::nullopt;
}

// Answers what has become final.
void OpenLedger::settle(Role role) {
    for (auto& [id, asked] : party(role).commands) {
        if (asked.answer || !asked.waits_for) continue;
        const Escrow& escrow = escrows_.at(asked.waits_for->key);
        if (gone_.contains(asked.waits_for->key)) {
            answer(role, id, asked, Reason::not_accepted);
            continue;
        }
        if (!escrow.exists || !escrow.is_final) continue;
        const EscrowState state = escrow.state;
        switch (asked.waits_for->kind) {
            case Kind::prepare:
                answer(role, id, asked, std::nullopt);
                break;
            case Kind::claim:
                if (state == EscrowState::prepared) break;
                answer(role, id, asked,
                       state == EscrowState::fulfilled ? std::nullopt
                                                       : std::optional(Reason::already_refunded));
                break;
            case Kind::refund:
            case Kind::reject:
                if (state == EscrowState::prepared) break;
                answer(role, id, asked,
                       state == EscrowState::fulfilled ? std::optional(Reason::already_fulfilled)
                                                       : std::nullopt);
                break;
        }
    }
}

void OpenLedger::query(Role role, const Query& query) {
    QueryAnswer result;
    result.ledger_time = ledger_now_;
    if (const auto* one = std::get_if<ask::Escrow>(&query.body)) {
        const auto found = escrows_.find(one->escrow);
        if (found != escrows_.end() && found->second.exists)
            result.escrows.push_back({found->second.terms, found->second.state, 0, std::nullopt});
    } else {
        std::uint64_t escrowed = 0;
        for (const auto& [key, escrow] : escrows_) {
            if (escrow.exists && escrow.state == EscrowState::prepared &&
                key.payer == world_.account(role))
                escrowed += escrow.terms.amount.units();
        }
        result.balances.push_back(
            {world_.account(role), world_.asset, party(role).free, Amount{escrowed}});
    }
    party(role).reports.emplace_back(report::QueryResult{query.id, std::move(result)});
}

}  // namespace lockstep::conformance
