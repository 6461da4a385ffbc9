#include "cash/machine/answers.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::cash {

Hash contents_of(const Op& op) {
    OerWriter to;
    write_op(to, op);
    return sha256(to.bytes());
}

Timestamp remember_until(const Op& op, Timestamp at, Timestamp valid_until) {
    if (const auto* transfer = std::get_if<op::Transfer>(&op.body))
        return std::max(valid_until, transfer->not_after);
    if (const auto* prepare = std::get_if<op::Prepare>(&op.body))
        return std::max(valid_until, prepare->not_after);
    const bool moves_value =
        std::holds_alternative<op::Issue>(op.body) || std::holds_alternative<op::Redeem>(op.body);
    // what is left is safe to repeat by the state alone
    return moves_value ? std::max(valid_until, at + max_instruction_life) : valid_until;
}

bool must_be_remembered(const Op& op) {
    return std::holds_alternative<op::Issue>(op.body) ||
           std::holds_alternative<op::Redeem>(op.body) ||
           std::holds_alternative<op::Transfer>(op.body) ||
           std::holds_alternative<op::Prepare>(op.body);
}

std::size_t Answers::count_of(const PublicKey& signer) const {
    const auto found = of_signer_.find(signer);
    return found == of_signer_.end() ? 0 : found->second;
}

Answers::Spot Answers::look_up(const AnswerPlace& place) const {
    const auto found = answers_.lower_bound(place);
    const bool is_there = found != answers_.end() && found->first == place;
    return {found, is_there ? &found->second : nullptr};
}

void Answers::remember(const Spot& spot, const AnswerPlace& place, const Remembered& answer) {
    const std::size_t before = answers_.size();
    answers_.emplace_hint(spot.next, place, answer);
    ASSERT(answers_.size() == before + 1);
    ++of_signer_[place.signer];
    queue_.push({answer.until, place});
}

void Answers::extend(const AnswerPlace& place, Timestamp until) {
    const auto found = answers_.find(place);
    ASSERT(found != answers_.end());
    found->second.until = std::max(found->second.until, until);
}

void Answers::forget_due(Timestamp at) {
    while (!queue_.empty() && queue_.top().until < at) {
        const Forget due = queue_.top();
        queue_.pop();
        const auto found = answers_.find(due.place);
        ASSERT(found != answers_.end());
        if (found->second.until >= at) {
            queue_.push({found->second.until, due.place});
            continue;
        }
        answers_.erase(found);
        const auto count = of_signer_.find(due.place.signer);
        ASSERT(count != of_signer_.end() && count->second > 0);
        if (--count->second == 0) of_signer_.erase(count);
    }
}

void Answers::index() {
    queue_ = {};
    of_signer_.clear();
    for (const auto& [place, answer] : answers_) {
        queue_.push({answer.until, place});
        ++of_signer_[place.signer];
    }
}

}  // namespace lockstep::cash
