#include "securities/machine/ledger.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "securities/machine/execution.h"

namespace lockstep::securities {

EscrowStanding standing_of(const Escrow& escrow) {
    EscrowStanding standing{escrow.terms, escrow.state, escrow.sequence, std::nullopt};
    if (escrow.preimage)
        standing.preimage = Bytes(escrow.preimage->view().begin(), escrow.preimage->view().end());
    return standing;
}

const char* to_string(EffectKind kind) {
    switch (kind) {
        case EffectKind::open_account:
            return "open_account";
        case EffectKind::register_asset:
            return "register_asset";
        case EffectKind::issue:
            return "issue";
        case EffectKind::redeem:
            return "redeem";
        case EffectKind::transfer:
            return "transfer";
        case EffectKind::prepare:
            return "prepare";
        case EffectKind::fulfil:
            return "fulfil";
        case EffectKind::reject:
            return "reject";
        case EffectKind::refund:
            return "refund";
        case EffectKind::tombstone:
            return "tombstone";
    }
    UNREACHABLE();
}

Result<Transaction> Transaction::decode(Bytes octets) {
    auto decoded = decode_instruction(octets);
    if (!decoded) return refuse(decoded.error());
    Transaction transaction;
    transaction.id = sha256(octets);
    transaction.octets = std::move(octets);
    transaction.instruction = std::move(decoded->instruction);
    return transaction;
}

Result<void> Ledger::check(Timestamp time, const Instruction& instruction) const {
    if (instruction.ledger != genesis_.ledger) return refuse(Reason::wrong_ledger);
    if (is_expired(time, instruction.valid_until)) return refuse(Reason::too_late);
    if (instruction.valid_until > time + max_instruction_life + client_clock_error)
        return refuse(Reason::too_far_ahead);
    return {};
}

Result<void> Ledger::check_signer(const PublicKey& key) const {
    if (key != genesis_.operator_key && !state_.keys.find(key)) return refuse(Reason::unknown_key);
    return {};
}

Result<void> Ledger::check_room(const Instruction& instruction) const {
    const auto& ops = instruction.ops;
    if (std::none_of(ops.begin(), ops.end(), must_be_remembered)) return {};
    if (state_.answers.size() + ops.size() > limits_.answers ||
        state_.answer_count(instruction.signer) + ops.size() > limits_.answers_of_signer)
        return refuse(Reason::overloaded);
    return {};
}

Executed Ledger::execute(Timestamp time, const std::vector<Transaction>& transactions) {
    ASSERT(time > state_.time);
    return Execution(genesis_, limits_, state_).run(time, transactions);
}

std::optional<Timestamp> Ledger::next_expiry() const {
    const auto& expiries = state_.expiries.all();
    if (expiries.empty()) return std::nullopt;
    return expiries.begin()->first.first;
}

std::optional<std::vector<OpAnswer>> Ledger::remembered(const Instruction& instruction) const {
    std::vector<OpAnswer> answers;
    for (const Op& op : instruction.ops) {
        const Answered* answer = state_.answers.find({op.id, instruction.signer});
        if (!answer || answer->operation != operation_hash(op)) return std::nullopt;
        // in a block it is remembered for longer
        if (answer->until <= instruction.valid_until) return std::nullopt;
        answers.push_back({op.id, answer->done, answer->reason, answer->sequence});
    }
    return answers;
}

Result<void> Ledger::may_read(const Address& account, const PublicKey& key) const {
    const Account* found = state_.accounts.find(account);
    if (!found) return refuse(Reason::unknown_account);
    if (found->owner != key && genesis_.operator_key != key) return refuse(Reason::not_permitted);
    return {};
}

std::vector<Balance> Ledger::balances(const Address& account) const {
    std::vector<Balance> balances;
    const auto& holdings = state_.holdings.all();
    for (auto it = holdings.lower_bound({account, AssetId{}});
         it != holdings.end() && it->first.first == account; ++it)
        balances.push_back({account, it->first.second, it->second.free, it->second.escrowed});
    return balances;
}

std::vector<AssetTotals> Ledger::totals() const {
    std::map<AssetId, AssetTotals> sums;
    for (const auto& [id, asset] : state_.assets.all()) {
        const auto standing = checked_sub(asset.issued, asset.redeemed);
        ASSERT(standing.has_value());
        sums[id] = {id, *standing, Amount{}, Amount{}};
    }
    for (const auto& [ref, holding] : state_.holdings.all()) {
        AssetTotals& sum = sums.at(ref.second);
        sum.balances = Amount{sum.balances.units() + holding.free.units()};
    }
    for (const auto& [due, nothing] : state_.expiries.all()) {
        const EscrowTerms& terms = state_.escrows.find(due.second)->terms;
        AssetTotals& sum = sums.at(terms.asset);
        sum.escrows = Amount{sum.escrows.units() + terms.amount.units()};
    }
    std::vector<AssetTotals> totals;
    for (auto& [id, sum] : sums)
        totals.push_back(sum);
    return totals;
}

Result<QueryAnswer> Ledger::answer(const LedgerQuery& query) const {
    QueryAnswer answer;
    answer.ledger_time = state_.time;
    answer.sequence = state_.sequence;
    if (const auto* ask = std::get_if<ask::Escrow>(&query.body)) {
        if (const Escrow* escrow = state_.escrows.find(ref_of(ask->escrow))) {
            const bool payer = may_read(escrow->terms.payer, query.signer).has_value();
            if (!payer && !may_read(escrow->terms.payee, query.signer))
                return refuse(Reason::not_permitted);
            answer.escrows.push_back(standing_of(*escrow));
            return answer;
        }
        return answer;  // without one: it does not exist at this time
    }
    if (const auto* ask = std::get_if<ask::OpenEscrows>(&query.body)) {
        if (const auto may = may_read(ask->account, query.signer); !may) return refuse(may.error());
        const std::size_t limit = std::min<std::size_t>(ask->limit, max_query_rows);
        const auto& open = state_.open.all();
        if (ask->after == UINT64_MAX) return answer;  // nothing comes after it
        for (auto it = open.lower_bound({ask->account, {ask->after + 1, EscrowRef{}}});
             it != open.end() && it->first.first == ask->account && answer.escrows.size() < limit;
             ++it)
            answer.escrows.push_back(standing_of(*state_.escrows.find(it->first.second.second)));
        return answer;
    }
    const auto& ask = std::get<ask::Balances>(query.body);
    if (const auto may = may_read(ask.account, query.signer); !may) return refuse(may.error());
    answer.balances = balances(ask.account);
    return answer;
}

}  // namespace lockstep::securities
