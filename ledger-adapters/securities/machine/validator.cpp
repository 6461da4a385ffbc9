#include "securities/machine/validator.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::securities {
namespace in = validator_input;
namespace out = validator_output;

Result<in::Received> in::Received::decode(Bytes octets) {
    auto message = decode_message(octets);
    if (!message) return refuse(message.error());
    Received received{std::move(octets), std::move(*message), {}, {}};
    const auto add = [&](Bytes transaction) -> Result<void> {
        auto decoded = Transaction::decode(std::move(transaction));
        if (!decoded) return refuse(decoded.error());
        received.transactions.push_back(std::move(*decoded));
        return {};
    };
    if (auto* proposal = std::get_if<Proposal>(&received.message)) {
        for (Bytes& transaction : proposal->transactions)
            if (const auto ok = add(std::move(transaction)); !ok) return refuse(ok.error());
        proposal->transactions.clear();
        received.block = proposal->header.hash();
    } else if (const auto* block = std::get_if<DecidedBlock>(&received.message)) {
        for (const Bytes& leaf : block->leaves) {
            const auto transaction = instruction_of_leaf(leaf);
            if (!transaction) continue;
            if (const auto ok = add({transaction->begin(), transaction->end()}); !ok)
                return refuse(ok.error());
        }
        received.block = block->header.hash();
    }
    return received;
}

// --- check ---

Result<void> Validator::check(Timestamp at, const Input& input) const {
    if (const auto* configure = std::get_if<in::Configure>(&input)) {
        if (configured() && configure->genesis != genesis()) return refuse(Reason::wrong_ledger);
        if (!configure->genesis.validators.index_of(setup_.signer->public_key()))
            return refuse(Reason::unknown_key);
        return {};
    }
    if (!configured()) return refuse(Reason::ledger_paused);
    if (const auto* propose = std::get_if<in::Propose>(&input)) {
        if (!wants_proposal()) return refuse(Reason::not_permitted);
        return check_transactions(std::max(at, tip_.time + Duration{1}), propose->transactions);
    }
    if (const auto* received = std::get_if<in::Received>(&input)) {
        if (std::holds_alternative<WhereAmI>(received->message)) return refuse(Reason::not_found);
        if (height_of(received->message) != height()) return refuse(Reason::not_found);
        if (std::holds_alternative<Proposal>(received->message)) return check_proposal(*received);
        if (std::holds_alternative<DecidedBlock>(received->message))
            return check_decided(*received);
        return check_vote(std::get<Vote>(received->message));
    }
    if (std::holds_alternative<in::Hurry>(input) && !can_hurry()) return refuse(Reason::not_found);
    return {};
}

Result<void> Validator::check_transactions(Timestamp time,
                                           const std::vector<Transaction>& transactions) const {
    if (transactions.size() > max_block_instructions) return refuse(Reason::too_large);
    std::size_t octets = 0;
    std::size_t operations = 0;
    for (const Transaction& transaction : transactions) {
        octets += transaction.octets.size();
        operations += transaction.instruction.ops.size();
        if (octets > max_block_octets || operations > max_block_operations)
            return refuse(Reason::too_large);
        if (const auto ok = ledger_->check(time, transaction.instruction); !ok) return ok;
        if (!verify_instruction(transaction.octets, transaction.instruction.signer, *setup_.scheme))
            return refuse(Reason::bad_signature);
    }
    return {};
}

Result<void> Validator::check_proposal(const in::Received& received) const {
    const auto& proposal = std::get<Proposal>(received.message);
    const BlockHeader& header = proposal.header;
    if (proposal.round > round_ + max_rounds_ahead) return refuse(Reason::too_far_ahead);
    if (proposals_.count(proposal.round) != 0) return refuse(Reason::replayed);
    if (proposal.validator != proposer(proposal.round)) return refuse(Reason::not_permitted);
    if (header.chain != chain() || header.parent != tip_.hash ||
        header.validators != ledger_->validators_hash() || header.time <= tip_.time ||
        header.round > proposal.round)
        return refuse(Reason::terms_mismatch);
    if (proposal.valid_round && *proposal.valid_round >= proposal.round)
        return refuse(Reason::malformed);
    if (!setup_.scheme->verify(validators().keys[proposal.validator],
                               proposal_message(proposal, received.block), proposal.signature))
        return refuse(Reason::bad_signature);
    if (proposal.valid_round) {
        const Ballot ballot{VoteKind::prevote, header.height, *proposal.valid_round,
                            received.block};
        if (!verify_ballot(validators(), header.chain, ballot, proposal.valid_prevotes,
                           *setup_.scheme))
            return refuse(Reason::bad_signature);
    }
    return check_transactions(header.time, received.transactions);
}

Result<void> Validator::check_vote(const Vote& vote) const {
    const Ballot& ballot = vote.ballot;
    if (vote.validator >= validators().keys.size() || vote.validator == index_)
        return refuse(Reason::unknown_key);
    if (ballot.round > round_ + max_rounds_ahead) return refuse(Reason::too_far_ahead);
    const auto ballots = ballots_.find({ballot.kind, ballot.round});
    if (ballots != ballots_.end()) {
        const auto known = ballots->second.find(vote.validator);
        if (known != ballots->second.end()) {
            // the same again; or a contradiction, of which one is evidence enough
            if (known->second.ballot == ballot || faults_.count(vote.validator) != 0)
                return refuse(Reason::replayed);
        }
    }
    // Prevotes that can change nothing any more need not be durable.
    if (ballot.kind == VoteKind::prevote &&
        (ballot.round < round_ || quorum_of(ballot.kind, ballot.round)))
        return refuse(Reason::not_found);
    if (!setup_.scheme->verify(validators().keys[vote.validator], ballot_message(chain(), ballot),
                               vote.signature))
        return refuse(Reason::bad_signature);
    return {};
}

Result<void> Validator::check_decided(const in::Received& received) const {
    const auto& block = std::get<DecidedBlock>(received.message);
    const BlockHeader& header = block.header;
    if (header.chain != chain() || header.parent != tip_.hash ||
        header.validators != ledger_->validators_hash())
        return refuse(Reason::terms_mismatch);
    const Ballot ballot{VoteKind::precommit, header.height, block.certificate.round,
                        received.block};
    if (!verify_ballot(validators(), header.chain, ballot, block.certificate.signatures,
                       *setup_.scheme))
        return refuse(Reason::bad_signature);
    std::vector<Hash> hashes;
    for (const Bytes& leaf : block.leaves)
        hashes.push_back(merkle_leaf(leaf));
    if (merkle_root(hashes) != header.tx_root) return refuse(Reason::terms_mismatch);
    return {};
}

// --- apply ---

void Validator::apply(Timestamp at, const Input& input, Outputs<Validator>& outputs) {
    if (const auto* configure = std::get_if<in::Configure>(&input)) {
        timing_ = configure->timing;
        if (configured()) return;
        ledger_.emplace(configure->genesis);
        index_ = *validators().index_of(setup_.signer->public_key());
        tip_.hash = chain();
        start_height(at);
    } else if (const auto* propose = std::get_if<in::Propose>(&input)) {
        this->propose(at, propose->transactions, outputs);
    } else if (const auto* received = std::get_if<in::Received>(&input)) {
        if (std::holds_alternative<Proposal>(received->message))
            take_proposal(at, *received);
        else if (const auto* vote = std::get_if<Vote>(&received->message))
            take(*vote, outputs);
        else
            adopt(at, *received, outputs);
    } else if (std::holds_alternative<in::Hurry>(input)) {
        hurried_ = true;
        step_deadline_ = std::min(*step_deadline_, at + timeout(timing_.propose_timeout));
    } else if (std::holds_alternative<in::Resume>(input)) {
        resume(at);
    } else {
        time_out(at, outputs);
    }
    advance(at, outputs);
}

void Validator::propose(Timestamp at, const std::vector<Transaction>& transactions,
                        Outputs<Validator>& outputs) {
    forget_speculation();
    Candidate candidate;
    candidate.transactions = transactions;
    BlockHeader& header = candidate.header;
    header.chain = chain();
    header.height = height();
    header.round = round_;
    header.time = std::max(at, tip_.time + Duration{1});
    header.parent = tip_.hash;
    header.validators = ledger_->validators_hash();
    Executed executed = ledger_->execute(header.time, transactions);
    header.tx_root = executed.tx_root;
    header.state_root = executed.state_root;
    const Hash hash = header.hash();
    speculation_ = Speculation{hash, std::move(executed), true};
    candidates_.emplace(hash, std::move(candidate));
    announce(hash, true, outputs);
}

// Proposes a block of ours, new or valid from an earlier round, in this round.
void Validator::announce(const Hash& block, bool timely, Outputs<Validator>& outputs) {
    ProposalHead head{block, std::nullopt, timely, {}, {}};
    if (valid_ && valid_->block == block) {
        head.valid_round = valid_->round;
        head.valid_prevotes = valid_prevotes_;
    }
    proposals_[round_] = head;
    Proposal proposal = proposal_of(round_);
    proposal.signature = setup_.signer->sign(proposal_message(proposal, block));
    proposals_[round_].signature = proposal.signature;
    outputs.outputs.emplace_back(out::Broadcast{std::move(proposal), true});
}

Proposal Validator::proposal_of(std::uint32_t round) const {
    const ProposalHead& head = proposals_.at(round);
    const Candidate& candidate = candidates_.at(head.block);
    Proposal proposal;
    proposal.header = candidate.header;
    for (const Transaction& transaction : candidate.transactions)
        proposal.transactions.push_back(transaction.octets);
    proposal.round = round;
    proposal.valid_round = head.valid_round;
    proposal.valid_prevotes = head.valid_prevotes;
    proposal.validator = proposer(round);
    proposal.signature = head.signature;
    return proposal;
}

void Validator::take_proposal(Timestamp at, const in::Received& received) {
    const auto& proposal = std::get<Proposal>(received.message);
    const Duration late = at - proposal.header.time;
    ProposalHead head;
    head.block = received.block;
    head.valid_round = proposal.valid_round;
    head.timely = late <= timing_.clock_error && Duration{} - late <= timing_.clock_error;
    head.valid_prevotes = proposal.valid_prevotes;
    head.signature = proposal.signature;
    candidates_.try_emplace(head.block, Candidate{proposal.header, received.transactions});
    proposals_.emplace(proposal.round, std::move(head));
}

void Validator::take(const Vote& vote, Outputs<Validator>& outputs) {
    Ballots& ballots = ballots_[{vote.ballot.kind, vote.ballot.round}];
    const auto [known, inserted] = ballots.emplace(vote.validator, vote);
    if (inserted) return;
    ++faults_[vote.validator];
    outputs.outputs.emplace_back(out::Equivocation{known->second, vote});
    OerWriter key;
    key.u32(vote.validator).u64(vote.ballot.height);
    OerWriter evidence;
    write_vote(evidence, known->second);
    write_vote(evidence, vote);
    outputs.records.push_back(
        {static_cast<std::uint16_t>(RecordKind::fault), key.take(), evidence.take()});
}

void Validator::adopt(Timestamp at, const in::Received& received, Outputs<Validator>& outputs) {
    const auto& block = std::get<DecidedBlock>(received.message);
    commit(at, block.certificate, received.block, {block.header, received.transactions}, outputs);
}

void Validator::commit(Timestamp at, Certificate certificate, const Hash& block,
                       const Candidate& candidate, Outputs<Validator>& outputs) {
    Speculation& done = speculate(block, candidate);
    // A quorum signed what this validator computes otherwise: a third are at fault, or the rules of
    // two versions differ. Nothing it says from here on could be relied on.
    ASSERT(done.valid);
    ledger_->commit();
    out::Committed committed;
    committed.block = {candidate.header, std::move(certificate), std::move(done.executed.leaves)};
    write_records(committed.block, done.executed, outputs);
    for (const Transaction& transaction : candidate.transactions)
        committed.transactions.push_back(transaction.id);
    committed.answers = std::move(done.executed.answers);
    committed.effects = std::move(done.executed.effects);
    committed.hash = block;
    tip_ = {candidate.header.height, block, candidate.header.time};
    speculation_.reset();
    outputs.outputs.emplace_back(std::move(committed));
    start_height(at);
}

// --- what follows from the state ---

const Ledger& Validator::ledger() const {
    forget_speculation();
    return *ledger_;
}

void Validator::forget_speculation() const {
    if (!speculation_) return;
    ledger_->rollback();
    speculation_.reset();
}

Validator::Speculation& Validator::speculate(const Hash& block, const Candidate& candidate) const {
    if (speculation_ && speculation_->block == block) return *speculation_;
    forget_speculation();
    Speculation done{block, ledger_->execute(candidate.header.time, candidate.transactions), false};
    done.valid = done.executed.tx_root == candidate.header.tx_root &&
                 done.executed.state_root == candidate.header.state_root;
    speculation_ = std::move(done);
    return *speculation_;
}

bool Validator::wants_proposal() const {
    return configured() && step_ == Step::propose && proposer(round_) == index_ && !valid_ &&
           proposals_.count(round_) == 0;
}

Timestamp Validator::block_due() const {
    Timestamp due = started_ + timing_.max_interval;
    // by block time: the refund is part of the block that reaches the expiry
    if (speculation_) return due;
    if (const auto expiry = ledger_->next_expiry()) due = std::min(due, *expiry);
    return std::max(due, tip_.time + Duration{1});
}

bool Validator::can_hurry() const {
    return configured() && round_ == 0 && step_ == Step::propose && !hurried_ &&
           proposer(round_) != index_ && proposals_.count(0) == 0;
}

std::vector<Message> Validator::standing() const {
    std::vector<Message> messages;
    if (proposals_.count(round_) != 0 && proposer(round_) == index_)
        messages.emplace_back(proposal_of(round_));
    for (const auto& [of, ballots] : ballots_) {
        const auto own = ballots.find(index_);
        // prevotes of this round, precommits of every round: those may still decide
        if (own == ballots.end() || (of.first == VoteKind::prevote && of.second != round_))
            continue;
        messages.emplace_back(own->second);
    }
    return messages;
}

std::optional<Timestamp> Validator::next_wake() const {
    if (!configured()) return std::nullopt;
    std::optional<Timestamp> wake = step_deadline_;
    const auto earlier = [&](Timestamp at) { wake = wake ? std::min(*wake, at) : at; };
    if (precommit_deadline_) earlier(*precommit_deadline_);
    if (is_active()) earlier(resend_at_);
    return wake;
}

}  // namespace lockstep::securities
