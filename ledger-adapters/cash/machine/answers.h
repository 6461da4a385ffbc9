// The memory of answers, by signer and operation id: what was sent twice is done once, and gets the
// answer that it got the first time, refusals included. (Were a refusal forgotten, a copy that the
// network held back could succeed after its sender had given up.)
//
// An answer is remembered as long as an instruction that carries its operation could still be
// accepted: until the latest valid_until that it was seen with and as remember_until() says. All of
// this is measured by the ledger's own clock, which never goes back, so no clock error has to be
// added.
#pragma once

#include <map>
#include <optional>
#include <queue>
#include <vector>

#include "sdk/machine/instruction.h"

namespace lockstep::cash {

// The id first: a tree of them is told apart by it in the first octets.
struct AnswerPlace {
    CommandId id;
    PublicKey signer;
    friend auto operator<=>(const AnswerPlace&, const AnswerPlace&) = default;

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.id, self.signer);
    }
};

struct Remembered {
    Hash contents;  // of the operation
    bool done = false;
    Reason reason = Reason::internal_error;  // where refused
    std::uint64_t sequence = 0;              // where done
    Timestamp until;                         // the last instant at which it is remembered

    OpAnswer answer(const CommandId& id) const { return {id, done, reason, sequence}; }

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.contents, self.done, self.reason, self.sequence, self.until);
    }
};

Hash contents_of(const Op& op);

class Answers {
public:
    using Map = std::map<AnswerPlace, Remembered>;
    // Where an answer is, or would be. Good until the next answer is remembered or forgotten.
    struct Spot {
        Map::const_iterator next;
        const Remembered* answer = nullptr;
    };
    Spot look_up(const AnswerPlace& place) const;
    std::size_t size() const { return answers_.size(); }
    std::size_t count_of(const PublicKey& signer) const;
    // Of the signer who has most.
    std::size_t largest_share() const { return shares_.empty() ? 0 : shares_.rbegin()->first; }
    // When forget_due() may next have something to do.
    std::optional<Timestamp> next_forget() const;

    void remember(const Spot& spot, const AnswerPlace& place, const Remembered& answer);
    // Keeps a remembered answer for longer, never for shorter.
    void extend(const AnswerPlace& place, Timestamp until);
    void forget_due(Timestamp at);

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.answers_);
        if constexpr (A::reading) self.index();
    }

private:
    struct Forget {
        Timestamp until;
        AnswerPlace place;
        friend auto operator<=>(const Forget&, const Forget&) = default;
    };
    void index();
    void count(const PublicKey& signer);
    void discount(const PublicKey& signer);

    Map answers_;
    // found again from the answers
    std::map<PublicKey, std::size_t> of_signer_;
    std::map<std::size_t, std::size_t> shares_;  // how many signers have so many
    // One entry an answer; an answer that was extended is put in again when its entry comes up.
    std::priority_queue<Forget, std::vector<Forget>, std::greater<Forget>> queue_;
};

}  // namespace lockstep::cash
