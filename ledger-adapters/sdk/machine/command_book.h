// The commands of a node on one ledger, from the first word of them to their answer: gathered under
// few signatures, recorded before they are sent, sent again as recorded until answered. It never
// takes an unanswered command for a refused one.
//
// What is remembered, by the first octet of the key:
//   'q' number   operations that wait to be signed
//   'i' number   signed octets without an answer
//   'd' id       an operation to come back to: its outcome has to be looked up, or it was put off
#pragma once

#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "sdk/machine/adapter_settings.h"
#include "sdk/machine/request_ids.h"

namespace lockstep {

// Commands that wait; beyond it new business is refused, claims and refunds never are.
constexpr std::size_t max_waiting_commands = 65'536;
// Answers kept for commands that are repeated; older ones are asked of the ledger again.
constexpr std::size_t max_kept_answers = 65'536;
// Octets of operations under one signature, so that none is too large for the ledger.
constexpr std::size_t max_gathered_octets = max_instruction_octets / 2;
constexpr std::size_t max_lookups = 32;  // under way at a time

class CommandBook {
public:
    CommandBook(const AdapterSetup& setup, const AdapterSettings& settings, RequestIds& ids);

    static bool owns(ByteView key);
    // One remembered value. What was signed counts as sent.
    void restore(ByteView key, ByteView value);

    void take(Command command, AdapterOutputs& out);
    // False when the request is not one of this book.
    bool reply(Timestamp at, const Reply& reply, AdapterOutputs& out);
    // Ends a step: signs what waits, sends again what is due, records what is left.
    void work(Timestamp at, AdapterOutputs& out);
    std::optional<Timestamp> next_wake() const {
        if (!wake_) wake_ = earliest_due();
        return *wake_;
    }

private:
    struct Known {
        Hash contents;
        bool told_unknown = false;
        std::optional<report::Answer> answer;
    };
    struct Waiting {
        Op op;
        std::uint64_t record = 0;  // the 'q' number that remembers it, 0 for none yet
    };
    struct Part {
        CommandId id;
        bool claim = false;
    };
    // One signed instruction.
    struct Sent {
        Bytes octets;
        std::vector<Part> parts;
        Timestamp valid_until;
        bool uncertain = false;     // some sending may have had its effect unheard
        bool parted = false;        // its claims were taken out, to go under another signature
        unsigned attempts = 0;      // that failed
        std::uint64_t request = 0;  // under way, 0 for none
        Timestamp due;              // of the reply, or of the next sending
    };
    struct Later {
        Op op;
        Reason reason = Reason::not_after_passed;  // if it turns out absent
        unsigned attempts = 0;
        std::uint64_t request = 0;
        Timestamp due;
    };
    using SentMap = std::map<std::uint64_t, Sent>;

    std::optional<Timestamp> earliest_due() const;
    bool is_room() const;
    static Put later_put(const CommandId& id, std::optional<Bytes> value);
    void learn(const Op& op);
    void enqueue(Op op, std::uint64_t record = 0);
    void sign_waiting(Timestamp at, AdapterOutputs& out);
    void sign_one(Timestamp at, AdapterOutputs& out);
    void record_waiting(AdapterOutputs& out);
    void send(Timestamp at, std::uint64_t number, Sent& sent, AdapterOutputs& out);
    void send_again(Timestamp at, AdapterOutputs& out);

    void instruction_reply(Timestamp at, SentMap::iterator sent, const Reply& reply,
                           AdapterOutputs& out);
    bool settle(Timestamp at, const Sent& sent, ByteView body, AdapterOutputs& out);
    void settle_refused(Timestamp at, const Sent& sent, const Op& op, Reason reason,
                        AdapterOutputs& out);
    void turned_down(Timestamp at, const Sent& sent, Reason reason, AdapterOutputs& out);
    void postpone(Timestamp at, Sent& sent, AdapterOutputs& out);
    void part_claims(Sent& sent);
    void became_uncertain(Sent& sent, AdapterOutputs& out);
    void forget(SentMap::iterator sent, AdapterOutputs& out);
    // What is sent again at once; claims alone where the ledger has no room for business.
    enum class Hurried : std::uint8_t { all, claims };
    void reachable_again(Timestamp at, Hurried hurried = Hurried::all);

    Timestamp absent_at(Timestamp not_after) const;
    void come_back_to(Timestamp at, const Op& op, Reason reason, AdapterOutputs& out);
    void come_back(Timestamp at, AdapterOutputs& out);
    void lookup_reply(Timestamp at, const CommandId& id, const Reply& reply, AdapterOutputs& out);

    void tell_unknown(const CommandId& id, AdapterOutputs& out);
    void answer(const CommandId& id, report::Answer::Outcome outcome, Reason reason,
                AdapterOutputs& out);

    const AdapterSetup& setup_;
    const AdapterSettings& settings_;
    RequestIds& ids_;

    std::unordered_map<CommandId, Known, FixedBytesHash> known_;
    std::deque<CommandId> answered_;      // oldest first
    std::deque<Waiting> claims_;          // fulfil, reject, refund: these go first
    std::deque<Waiting> business_;        // prepare, transfer
    std::set<std::uint64_t> taken_from_;  // 'q' records of which something was signed this step
    SentMap sent_;
    std::map<std::uint64_t, std::uint64_t> flights_;  // request to number of the instruction
    std::map<CommandId, Later> later_;
    std::map<std::uint64_t, CommandId> lookups_;  // request to command
    std::uint64_t last_number_ = 0;               // of 'q' and 'i'
    bool reachable_ = true;
    bool claims_apart_ = false;  // the ledger takes no business now: claims are signed without it
    // Asked for several times a turn, and known until something changes.
    mutable std::optional<std::optional<Timestamp>> wake_;
};

}  // namespace lockstep
