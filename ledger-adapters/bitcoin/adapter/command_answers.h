// The commands that were taken and what was answered to them, so that one that comes again is
// answered as the first time, and one with the id of another is refused.
//
// What is remembered: 'k' id: digest of the contents and the last answer.
#pragma once

#include <deque>
#include <map>

#include "sdk/machine/adapter.h"

namespace lockstep::bitcoin {

// Older ones are forgotten; their escrows answer for them.
constexpr std::size_t max_kept_commands = 65'536;

class CommandAnswers {
public:
    static bool owns(ByteView key);
    void restore(ByteView key, ByteView value);
    void remember(std::vector<Put>& puts);

    enum class Taken : std::uint8_t { anew, again, other_contents };
    Taken take(const Command& command);
    // The last answer once more, where there is one that is not unknown.
    bool repeat(const CommandId& id, std::vector<Report>& reports) const;

    void done(const CommandId& id, std::vector<Report>& reports);
    // Of a transaction that was accepted and has turned out to be void it comes after `done`.
    void refused(const CommandId& id, Reason reason, std::vector<Report>& reports);
    // Once, and not after another answer.
    void unknown(const CommandId& id, std::vector<Report>& reports);

private:
    struct Known {
        Hash contents;
        std::uint8_t outcome = 0;  // of report::Answer; 0: none yet
        Reason reason = Reason::internal_error;
        template <class S, class A>
        static void fields(S& s, A& a) {
            a(s.contents, s.outcome, s.reason);
        }
    };
    void answer(const CommandId& id, report::Answer::Outcome outcome, Reason reason,
                std::vector<Report>& reports);

    std::map<CommandId, Known> known_;
    std::deque<CommandId> order_;
    std::vector<CommandId> changed_;
};

}  // namespace lockstep::bitcoin
