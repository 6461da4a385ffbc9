// The rules of agreement: arXiv 1807.04938 (Buchman, Kwon, Milosevic), algorithm 1, by its lines.
// Differences: a proposal carries the prevotes that made it valid, so that lines 28 ff. need no
// gossip; a round in which a quorum precommitted nothing ends at once; what was said is said again
// after a while, so that lost messages cost time only.
#include <algorithm>

#include "sdk/base/assert.h"
#include "securities/machine/validator.h"

namespace lockstep::securities {
namespace out = validator_output;

std::uint32_t Validator::proposer(std::uint32_t round) const {
    return static_cast<std::uint32_t>((height() + round) % validators().keys.size());
}

Duration Validator::timeout(Duration base) const {
    return std::min(base + timing_.timeout_growth * round_, max_timeout);
}

std::size_t Validator::voted(VoteKind kind, std::uint32_t round) const {
    const auto ballots = ballots_.find({kind, round});
    return ballots == ballots_.end() ? 0 : ballots->second.size();
}

std::optional<Hash> Validator::quorum_of(VoteKind kind, std::uint32_t round) const {
    const auto ballots = ballots_.find({kind, round});
    if (ballots == ballots_.end() || ballots->second.size() < validators().quorum)
        return std::nullopt;
    // A quorum is a majority, so only the one that is left when unlike votes cancel each other can
    // have it (Boyer and Moore: MJRTY, 1991).
    const Hash* block = nullptr;
    std::size_t lead = 0;
    for (const auto& [validator, vote] : ballots->second) {
        if (lead == 0) block = &vote.ballot.block;
        lead = vote.ballot.block == *block ? lead + 1 : lead - 1;
    }
    const auto votes =
        std::count_if(ballots->second.begin(), ballots->second.end(),
                      [&](const auto& entry) { return entry.second.ballot.block == *block; });
    if (static_cast<std::size_t>(votes) < validators().quorum) return std::nullopt;
    return *block;
}

std::vector<ValidatorSignature> Validator::signatures_for(VoteKind kind, std::uint32_t round,
                                                          const Hash& block) const {
    std::vector<ValidatorSignature> signatures;
    signatures.reserve(validators().quorum);
    for (const auto& [validator, vote] : ballots_.at({kind, round})) {
        if (vote.ballot.block != block || signatures.size() == validators().quorum) continue;
        signatures.push_back({validator, vote.signature});
    }
    return signatures;
}

void Validator::start_height(Timestamp at) {
    started_ = at;
    round_ = 0;
    step_ = Step::propose;
    locked_.reset();
    valid_.reset();
    valid_prevotes_.clear();
    candidates_.clear();
    proposals_.clear();
    ballots_.clear();
    faults_.clear();
    quorum_seen_ = false;
    hurried_ = false;
    precommit_deadline_.reset();
    resend_at_ = at + timing_.resend_interval;
    step_deadline_ = block_due() + timing_.propose_timeout;
}

void Validator::start_round(Timestamp at, std::uint32_t round, Outputs<Validator>& outputs) {
    ASSERT(round > round_);
    round_ = round;
    step_ = Step::propose;
    quorum_seen_ = false;
    precommit_deadline_.reset();
    resend_at_ = at + timing_.resend_interval;
    step_deadline_ = at + timeout(timing_.propose_timeout);
    if (proposer(round_) == index_ && valid_) announce(valid_->block, false, outputs);
}

// Line 19, 24, 31, 40, 43 …: a vote, ours among the others.
void Validator::vote(VoteKind kind, const Hash& block, Outputs<Validator>& outputs) {
    Vote vote{{kind, height(), round_, block}, index_, {}};
    vote.signature = setup_.signer->sign(ballot_message(chain(), vote.ballot));
    const bool first = ballots_[{kind, round_}].emplace(index_, vote).second;
    ASSERT(first);
    outputs.outputs.emplace_back(out::Broadcast{vote, true});
    step_ = kind == VoteKind::prevote ? Step::prevote : Step::precommit;
    step_deadline_.reset();
}

void Validator::advance(Timestamp at, Outputs<Validator>& outputs) {
    // Each rule that fires moves height, round or step forward, so this ends.
    while (decide(at, outputs) || skip_round(at, outputs) || answer_proposal(outputs) ||
           lock_on_quorum(outputs) || give_up_round(at, outputs)) {
    }
    arm_timeouts(at);
}

// Line 49: a quorum of precommits for a known block, in any round.
bool Validator::decide(Timestamp at, Outputs<Validator>& outputs) {
    for (const auto& [of, ballots] : ballots_) {
        if (of.first != VoteKind::precommit) continue;
        const auto block = quorum_of(of.first, of.second);
        if (!block || block->is_zero()) continue;
        const auto candidate = candidates_.find(*block);
        if (candidate == candidates_.end()) continue;
        const Candidate decided = std::move(candidate->second);
        commit(at, {of.second, signatures_for(of.first, of.second, *block)}, *block, decided,
               outputs);
        return true;
    }
    return false;
}

// Line 55: one honest validator at least is in a later round.
bool Validator::skip_round(Timestamp at, Outputs<Validator>& outputs) {
    const auto is_later = [&](const auto& ballots) { return ballots.first.second > round_; };
    if (std::none_of(ballots_.begin(), ballots_.end(), is_later) &&
        (proposals_.empty() || proposals_.rbegin()->first <= round_))
        return false;
    const std::size_t one_honest = validators().keys.size() - validators().quorum + 1;
    std::map<std::uint32_t, std::vector<bool>> heard;  // round, by validator
    const auto hear = [&](std::uint32_t round, std::uint32_t validator) {
        if (round <= round_) return;
        auto& validators_heard = heard[round];
        validators_heard.resize(validators().keys.size());
        validators_heard[validator] = true;
    };
    for (const auto& [of, ballots] : ballots_)
        for (const auto& [validator, vote] : ballots)
            hear(of.second, validator);
    for (const auto& [round, head] : proposals_)
        hear(round, proposer(round));
    for (auto it = heard.rbegin(); it != heard.rend(); ++it) {
        const auto count = std::count(it->second.begin(), it->second.end(), true);
        if (static_cast<std::size_t>(count) < one_honest) continue;
        start_round(at, it->first, outputs);
        return true;
    }
    return false;
}

// Lines 22 and 28.
bool Validator::answer_proposal(Outputs<Validator>& outputs) {
    if (step_ != Step::propose) return false;
    const auto proposal = proposals_.find(round_);
    if (proposal == proposals_.end()) return false;
    const ProposalHead& head = proposal->second;
    const Candidate& candidate = candidates_.at(head.block);
    const bool free_to = !locked_ || locked_->block == head.block ||
                         (head.valid_round && locked_->round <= *head.valid_round);
    // a quorum that found it timely has prevoted for what is proposed again
    const bool timely = head.timely || head.valid_round;
    const bool good = free_to && timely && speculate(head.block, candidate).valid;
    vote(VoteKind::prevote, good ? head.block : Hash{}, outputs);
    return true;
}

// Lines 36 and 44.
bool Validator::lock_on_quorum(Outputs<Validator>& outputs) {
    if (step_ == Step::propose) return false;
    const auto block = quorum_of(VoteKind::prevote, round_);
    if (!block) return false;
    if (block->is_zero()) {
        if (step_ != Step::prevote) return false;
        vote(VoteKind::precommit, Hash{}, outputs);
        return true;
    }
    const auto candidate = candidates_.find(*block);
    if (quorum_seen_ || candidate == candidates_.end() ||
        !speculate(*block, candidate->second).valid)
        return false;
    quorum_seen_ = true;
    valid_ = Lock{round_, *block};
    valid_prevotes_ = signatures_for(VoteKind::prevote, round_, *block);
    if (step_ == Step::prevote) {
        locked_ = valid_;
        vote(VoteKind::precommit, *block, outputs);
    }
    return true;
}

bool Validator::give_up_round(Timestamp at, Outputs<Validator>& outputs) {
    const auto block = quorum_of(VoteKind::precommit, round_);
    if (!block || !block->is_zero()) return false;
    start_round(at, round_ + 1, outputs);
    return true;
}

// Lines 34 and 47.
void Validator::arm_timeouts(Timestamp at) {
    if (step_ == Step::prevote && !step_deadline_ &&
        voted(VoteKind::prevote, round_) >= validators().quorum)
        step_deadline_ = at + timeout(timing_.vote_timeout);
    if (!precommit_deadline_ && voted(VoteKind::precommit, round_) >= validators().quorum)
        precommit_deadline_ = at + timeout(timing_.vote_timeout);
}

// A vote for nothing, only because the time for the others passed while nobody was there, would
// cost the round in which they are about to be heard. Short and the same in every round, so that
// who restarts again and again still gives a dead proposer up.
void Validator::resume(Timestamp at) {
    resend_at_ = at + timing_.resend_interval;
    const Timestamp earliest = at + timing_.vote_timeout;
    if (step_deadline_) step_deadline_ = std::max(*step_deadline_, earliest);
    if (precommit_deadline_) precommit_deadline_ = std::max(*precommit_deadline_, earliest);
}

// Lines 57, 61 and 65; what is due of them, one after the other.
void Validator::time_out(Timestamp at, Outputs<Validator>& outputs) {
    if (is_active() && resend_at_ <= at) {
        resend_at_ = at + timing_.resend_interval;
        for (Message& message : standing())
            outputs.outputs.emplace_back(out::Broadcast{std::move(message), false});
        outputs.outputs.emplace_back(out::Broadcast{WhereAmI{height()}, false});
    }
    if (precommit_deadline_ && *precommit_deadline_ <= at) {
        start_round(at, round_ + 1, outputs);
        return;
    }
    if (!step_deadline_ || *step_deadline_ > at) return;
    ASSERT(step_ != Step::precommit);
    vote(step_ == Step::propose ? VoteKind::prevote : VoteKind::precommit, Hash{}, outputs);
}

}  // namespace lockstep::securities
