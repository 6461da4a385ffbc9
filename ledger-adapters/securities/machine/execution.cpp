#include "securities/machine/execution.h"

#include <algorithm>
#include <array>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::securities {
namespace {

Amount plus(Amount a, Amount b) {
    const auto sum = checked_add(a, b);
    ASSERT(sum.has_value());  // bounded by what was issued, which Issue keeps in range
    return *sum;
}

Amount minus(Amount a, Amount b) {
    const auto difference = checked_sub(a, b);
    ASSERT(difference.has_value());
    return *difference;
}

// An id for what an operation makes: which operation of which instruction, and which of its
// outputs. Where time makes it, the lock that it opens stands for the instruction.
OutputId output_id(const Hash& source, std::uint32_t op, std::size_t index) {
    OerWriter to;
    to.fixed(source).u32(op).u32(static_cast<std::uint32_t>(index));
    return sha256(to.bytes());
}

constexpr std::uint32_t no_op = 0xffffffff;

// Behind every other in order.
const OutputId largest_id = [] {
    std::array<std::uint8_t, OutputId::size> octets;
    octets.fill(0xff);
    return OutputId{octets};
}();

}  // namespace

Hash operation_hash(const Op& op) {
    OerWriter to;
    write_op(to, op);
    return sha256(to.bytes());
}

Executed Execution::run(Timestamp time, const std::vector<Transaction>& transactions) {
    state_.time = time;
    refund_expired();
    forget();
    for (const Transaction& transaction : transactions) {
        result_.leaves.push_back(instruction_leaf(transaction.octets));
        std::vector<OpAnswer>& answers = result_.answers.emplace_back();
        for (std::uint32_t i = 0; i < transaction.instruction.ops.size(); ++i) {
            OperationLeaf leaf{transaction.id, i, {}, std::nullopt};
            leaf.answer = answer_op(transaction, i, leaf.event);
            answers.push_back(leaf.answer);
            result_.leaves.push_back(operation_leaf(leaf));
        }
    }
    std::vector<Hash> hashes;
    hashes.reserve(result_.leaves.size());
    for (const Bytes& leaf : result_.leaves)
        hashes.push_back(merkle_leaf(leaf));
    result_.tx_root = merkle_root(hashes);
    result_.state_root = state_.root();
    return std::move(result_);
}

void Execution::refund_expired() {
    const auto& expiries = state_.expiries.all();
    while (!expiries.empty() && is_expired(state_.time, expiries.begin()->first.first) &&
           result_.leaves.size() < limits_.block_refunds) {
        const EscrowRef ref = expiries.begin()->first.second;
        transaction_ = state_.escrows.find(ref)->lock;
        op_ = no_op;
        valid_until_ = state_.time;
        result_.leaves.push_back(
            refund_leaf(close(ref, EscrowState::refunded_expired, std::nullopt)));
    }
}

void Execution::forget() {
    const auto due = [this](const auto& set) {
        return !set.all().empty() && is_expired(state_.time, set.all().begin()->first.first);
    };
    while (due(state_.closed) || state_.closed.size() > limits_.closed_escrows) {
        const EscrowRef ref = state_.closed.all().begin()->first.second;
        state_.forget_escrow(ref);
    }
    while (due(state_.stale_tombstones)) {
        const TombstoneRef ref = state_.stale_tombstones.all().begin()->first.second;
        state_.forget_tombstone(ref);
    }
    while (due(state_.stale_answers)) {
        const AnswerRef ref = state_.stale_answers.all().begin()->first.second;
        state_.forget_answer(ref);
    }
}

OpAnswer Execution::answer_op(const Transaction& transaction, std::uint32_t index,
                              std::optional<LedgerEvent>& event) {
    const Op& op = transaction.instruction.ops[index];
    transaction_ = transaction.id;
    op_ = index;
    command_ = op.id;
    signer_ = transaction.instruction.signer;
    valid_until_ = transaction.instruction.valid_until;

    const AnswerRef ref{op.id, signer_};
    const Hash operation = operation_hash(op);
    // Behind the last instant at which it could be asked for again.
    const Timestamp until =
        remember_until(op, state_.time, valid_until_, max_instruction_life + client_clock_error) +
        Duration{1};
    if (const Answered* first = state_.answers.find(ref)) {
        if (first->operation != operation) return {op.id, false, Reason::id_reused, 0};
        const OpAnswer answer{op.id, first->done, first->reason, first->sequence};
        state_.keep_answer(ref, until);
        return answer;
    }
    const bool has_room = state_.answers.size() < limits_.answers &&
                          state_.answer_count(signer_) < limits_.answers_of_signer;
    // claims go on without
    if (!has_room && must_be_remembered(op)) return {op.id, false, Reason::limit_reached, 0};
    Outcome outcome = std::visit([this](const auto& body) { return apply(body); }, op.body);
    OpAnswer answer{op.id, outcome.has_value(), Reason::internal_error, 0};
    if (outcome) {
        answer.sequence = outcome->sequence;
        event = std::move(outcome->event);
    } else {
        answer.reason = outcome.error();
        // What may succeed later is not held against the one who asks again; but what moves value
        // and was refused must not succeed by a copy that the network held back.
        if (family(answer.reason) == ReasonFamily::retry && !must_be_remembered(op)) return answer;
    }
    if (has_room)
        state_.put_answer(ref, {operation, answer.done, answer.reason, answer.sequence, until});
    return answer;
}

Result<void> Execution::check_owner(const Address& account) const {
    const Account* found = state_.accounts.find(account);
    if (!found) return refuse(Reason::unknown_account);
    if (found->owner != signer_) return refuse(Reason::not_permitted);
    return {};
}

Result<void> Execution::check_not_after(Timestamp not_after) const {
    if (state_.time > not_after) return refuse(Reason::not_after_passed);
    if (not_after > state_.time + max_instruction_life + client_clock_error)
        return refuse(Reason::too_far_ahead);
    return {};
}

Result<void> Execution::check_quantity(const AssetId& asset, Amount amount) const {
    const Asset* found = state_.assets.find(asset);
    if (!found) return refuse(Reason::unknown_asset);
    if (amount.is_zero()) return refuse(Reason::zero_amount);
    if (amount.units() % found->lot.units() != 0) return refuse(Reason::odd_lot);
    return {};
}

Result<std::vector<OutputId>> Execution::select(const Address& account, const AssetId& asset,
                                                Amount amount) const {
    const Holding* holding = state_.holdings.find({account, asset});
    if (!holding || holding->free < amount) return refuse(Reason::insufficient_funds);
    std::vector<OutputId> inputs;
    Amount sum;
    const HoldingRef ref{account, asset};
    const auto& spendable = state_.spendable.all();
    for (auto it = spendable.lower_bound({ref, {0, OutputId{}}});
         it != spendable.end() && it->first.first == ref; ++it) {
        if (sum >= amount && inputs.size() >= consolidated_inputs) break;
        if (inputs.size() == max_inputs) break;
        inputs.push_back(it->first.second.second);
        sum = plus(sum, state_.outputs.find(inputs.back())->amount);
    }
    if (sum >= amount) return inputs;
    // Others may have sent any number of small amounts; the largest outputs get past them.
    inputs.clear();
    sum = Amount{};
    const auto& by_amount = state_.by_amount.all();
    for (auto it = by_amount.upper_bound({ref, {UINT64_MAX, largest_id}});
         it != by_amount.begin() && sum < amount && inputs.size() < max_inputs;) {
        --it;
        if (it->first.first != ref) break;
        inputs.push_back(it->first.second.second);
        sum = plus(sum, Amount{it->first.second.first});
    }
    if (sum < amount) return refuse(Reason::limit_reached);
    return inputs;
}

Effect& Execution::begin(EffectKind kind, const AssetId& asset, Amount amount) {
    Effect& effect = result_.effects.emplace_back();
    effect.sequence = ++state_.sequence;
    effect.at = state_.time;
    effect.kind = kind;
    effect.asset = asset;
    effect.amount = amount;
    effect.reference = Hash{command_.array()};
    return effect;
}

Amount Execution::consume(Effect& effect, const OutputId& id) {
    const Output& output = *state_.outputs.find(id);
    const Amount amount = output.amount;
    effect.inputs.push_back({id, output.made, amount});
    state_.remove_output(id);
    return amount;
}

void Execution::spend(Effect& effect, const Address& owner, const std::vector<OutputId>& inputs) {
    Amount sum;
    for (const OutputId& id : inputs) {
        const Output& output = *state_.outputs.find(id);
        ASSERT(output.owner == owner && !output.lock);
        sum = plus(sum, consume(effect, id));
    }
    const Amount change = minus(sum, effect.amount);
    if (!change.is_zero()) make(effect, owner, change, std::nullopt);
}

OutputId Execution::make(Effect& effect, const Address& owner, Amount amount,
                         std::optional<EscrowRef> lock) {
    const OutputId id = output_id(transaction_, op_, effect.outputs.size());
    Output output{effect.asset, amount, owner, std::move(lock), effect.sequence};
    effect.outputs.push_back({id, output});
    state_.add_output(id, std::move(output));
    return id;
}

void Execution::take_lock(Effect& effect, const Escrow& escrow) {
    const OutputId id = escrow.lock;
    const Output& output = *state_.outputs.find(id);
    ASSERT(output.lock && output.amount == escrow.terms.amount);
    consume(effect, id);
}

// Takes the oldest outputs of an owner who has many of this asset: their sum.
Amount Execution::fold(Effect& effect, const Address& owner) {
    const HoldingRef ref{owner, effect.asset};
    const auto& spendable = state_.spendable.all();
    std::vector<OutputId> oldest;
    for (auto it = spendable.lower_bound({ref, {0, OutputId{}}});
         it != spendable.end() && it->first.first == ref && oldest.size() <= consolidated_inputs;
         ++it)
        oldest.push_back(it->first.second.second);
    Amount sum;
    if (oldest.size() <= consolidated_inputs) return sum;
    oldest.pop_back();
    for (const OutputId& id : oldest)
        sum = plus(sum, consume(effect, id));
    return sum;
}

void Execution::move(const Address& account, const AssetId& asset, Holding in, Holding out) {
    const HoldingRef ref{account, asset};
    const Holding* old = state_.holdings.find(ref);
    const Holding before = old ? *old : Holding{};
    const Holding after{minus(plus(before.free, in.free), out.free),
                        minus(plus(before.escrowed, in.escrowed), out.escrowed)};
    state_.holdings.set(ref, after);
}

void Execution::add_line(Effect& effect, const Address& account) {
    const Holding& holding = *state_.holdings.find({account, effect.asset});
    effect.lines.push_back({account, holding.free, holding.escrowed});
}

LedgerEvent Execution::event_of(const Escrow& escrow) const {
    LedgerEvent event{escrow.sequence, state_.time, escrow.terms, escrow.state, std::nullopt};
    if (escrow.preimage)
        event.preimage = Bytes(escrow.preimage->view().begin(), escrow.preimage->view().end());
    return event;
}

// The lock becomes an output of the payee or of the payer; the escrow is remembered for a while.
LedgerEvent Execution::close(const EscrowRef& ref, EscrowState to, std::optional<Hash> preimage) {
    Escrow escrow = *state_.escrows.find(ref);
    ASSERT(escrow.state == EscrowState::prepared && to != EscrowState::prepared);
    const EscrowTerms& terms = escrow.terms;
    const bool paid = to == EscrowState::fulfilled;
    const EffectKind kind = paid                                   ? EffectKind::fulfil
                            : to == EscrowState::refunded_rejected ? EffectKind::reject
                                                                   : EffectKind::refund;
    Effect& effect = begin(kind, terms.asset, terms.amount);
    effect.from = terms.payer;
    effect.to = paid ? terms.payee : terms.payer;
    effect.escrow = ref;
    effect.reference = Hash{terms.id.array()};
    take_lock(effect, escrow);
    // Only the payee signs for it, so only the payee's outputs become fewer.
    const Amount folded = paid ? fold(effect, terms.payee) : Amount{};
    make(effect, effect.to, plus(terms.amount, folded), std::nullopt);
    move(terms.payer, terms.asset, {}, {Amount{}, terms.amount});
    move(effect.to, terms.asset, {terms.amount, Amount{}}, {});
    add_line(effect, terms.payer);
    if (paid) add_line(effect, terms.payee);

    escrow.state = to;
    escrow.sequence = effect.sequence;
    escrow.preimage = preimage;
    escrow.lock = OutputId{};
    const Timestamp last = std::max({terms.expiry, valid_until_, escrow.remember_until});
    escrow.remember_until = last + remember_closed;
    LedgerEvent event = event_of(escrow);
    state_.put_escrow(std::move(escrow));
    return event;
}

}  // namespace lockstep::securities
