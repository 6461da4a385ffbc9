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
    count(place.signer);
    queue_.push({answer.until, place});
}

void Answers::count(const PublicKey& signer) {
    const std::size_t share = ++of_signer_[signer];
    ++shares_[share];
    if (share > 1 && --shares_[share - 1] == 0) shares_.erase(share - 1);
}

void Answers::discount(const PublicKey& signer) {
    const auto found = of_signer_.find(signer);
    ASSERT(found != of_signer_.end() && found->second > 0);
    const std::size_t share = found->second--;
    if (--shares_[share] == 0) shares_.erase(share);
    if (share > 1)
        ++shares_[share - 1];
    else
        of_signer_.erase(found);
}

std::optional<Timestamp> Answers::next_forget() const {
    if (queue_.empty()) return std::nullopt;
    return queue_.top().until + Duration{1};
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
        discount(due.place.signer);
    }
}

void Answers::index() {
    queue_ = {};
    of_signer_.clear();
    shares_.clear();
    for (const auto& [place, answer] : answers_) {
        queue_.push({answer.until, place});
        count(place.signer);
    }
}

}  // namespace lockstep::cash
