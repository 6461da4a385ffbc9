// CommandBook: what follows from a reply. Three cases are kept apart: the ledger answered, the
// ledger did not take it, nobody knows.
#include <algorithm>
#include <utility>

#include "sdk/base/assert.h"
#include "sdk/machine/command_book.h"
#include "sdk/machine/command_ops.h"

namespace lockstep {
namespace {

using Outcome = report::Answer::Outcome;

Instruction decode_own(ByteView octets) {
    auto decoded = decode_instruction(octets);
    ASSERT(decoded);
    return std::move(decoded->instruction);
}

// Answers are in the order of the operations; any other order is read too.
const OpAnswer* find_answer(const std::vector<OpAnswer>& answers, std::size_t index,
                            const CommandId& id) {
    if (index < answers.size() && answers[index].id == id) return &answers[index];
    const auto found = std::find_if(answers.begin(), answers.end(),
                                    [&](const OpAnswer& answer) { return answer.id == id; });
    return found == answers.end() ? nullptr : &*found;
}

template <class Parts>
bool has_business(const Parts& parts) {
    return std::any_of(parts.begin(), parts.end(), [](const auto& part) { return !part.claim; });
}

}  // namespace

void CommandBook::instruction_reply(Timestamp at, SentMap::iterator entry, const Reply& reply,
                                    AdapterOutputs& out) {
    Sent& sent = entry->second;
    const bool is_current = sent.request == reply.request;
    if (is_current) sent.request = 0;
    if (reply.body) {
        reachable_again(at);
        if (has_business(sent.parts)) claims_apart_ = false;
        if (settle(at, sent, *reply.body, out)) {
            forget(entry, out);
        } else if (is_current) {
            became_uncertain(sent, out);
            postpone(at, sent, out);
        }
        return;
    }
    if (!is_current) return;  // a later sending is under way
    const Reason reason = reply.body.error();
    switch (family(reason)) {
        case ReasonFamily::retry:
            if (reason == Reason::unavailable) reachable_ = false;
            if (reason == Reason::disk_low || reason == Reason::overloaded) {
                // Who refuses is there, and takes claims.
                reachable_again(at, Hurried::claims);
                part_claims(sent);
            }
            postpone(at, sent, out);
            return;
        case ReasonFamily::unknown:
        case ReasonFamily::internal:
            became_uncertain(sent, out);
            postpone(at, sent, out);
            return;
        case ReasonFamily::final_:
            reachable_again(at);
            turned_down(at, sent, reason, out);
            forget(entry, out);
            return;
    }
    UNREACHABLE();
}

// True when every operation has its answer.
bool CommandBook::settle(Timestamp at, const Sent& sent, ByteView body, AdapterOutputs& out) {
    const auto answers = decode_answers(body);
    if (!answers) return false;
    std::optional<Instruction> instruction;  // decoded only where something was refused
    bool complete = true;
    for (std::size_t i = 0; i < sent.parts.size(); ++i) {
        const CommandId& id = sent.parts[i].id;
        const OpAnswer* op_answer = find_answer(*answers, i, id);
        if (op_answer == nullptr) {
            complete = false;
        } else if (known_[id].answer || later_.contains(id)) {
            continue;
        } else if (op_answer->done) {
            answer(id, Outcome::done, Reason::internal_error, out);
        } else {
            if (!instruction) instruction = decode_own(sent.octets);
            settle_refused(at, sent, instruction->ops[i], op_answer->reason, out);
        }
    }
    return complete;
}

// A refusal of new business proves that it never was only if no other sending can have had, or can
// still have, its effect.
void CommandBook::settle_refused(Timestamp at, const Sent& sent, const Op& op, Reason reason,
                                 AdapterOutputs& out) {
    if (is_done_already(op, reason)) return answer(op.id, Outcome::done, reason, out);
    // A tombstone says that the escrow was not there before, and keeps it from coming later.
    const bool is_settled = is_claim(op) ? family(reason) != ReasonFamily::retry
                                         : !sent.uncertain || reason == Reason::tombstoned;
    if (is_settled) return answer(op.id, Outcome::refused, reason, out);
    come_back_to(at, op, reason, out);
}

// The instruction as a whole was refused or has lapsed. Claims go under a new signature; what may
// have had its effect by an earlier sending is looked up.
void CommandBook::turned_down(Timestamp at, const Sent& sent, Reason reason, AdapterOutputs& out) {
    Instruction instruction = decode_own(sent.octets);
    for (Op& op : instruction.ops) {
        if (known_[op.id].answer || later_.contains(op.id)) continue;
        if (is_claim(op) && reason == Reason::too_late) {
            if (!sent.parted) enqueue(std::move(op));
        } else {
            settle_refused(at, sent, op, reason, out);
        }
    }
}

void CommandBook::postpone(Timestamp at, Sent& sent, AdapterOutputs&) {
    ++sent.attempts;
    const std::uint64_t seed = FixedBytesHash{}(sent.parts.front().id);
    sent.due = at + retry_pause(settings_, sent.attempts, seed);
}

// A ledger that is short of disk, or of memory for answers, refuses whatever has business in it.
// The claims beside it cannot wait for the room; the instruction goes on for the rest, and its copy
// of them does nothing twice.
void CommandBook::part_claims(Sent& sent) {
    if (!has_business(sent.parts)) return;
    claims_apart_ = true;
    if (std::exchange(sent.parted, true)) return;
    Instruction instruction = decode_own(sent.octets);
    for (Op& op : instruction.ops)
        if (is_claim(op) && !known_[op.id].answer && !later_.contains(op.id))
            enqueue(std::move(op));
}

void CommandBook::became_uncertain(Sent& sent, AdapterOutputs& out) {
    sent.uncertain = true;
    for (const Part& part : sent.parts)
        if (!part.claim) tell_unknown(part.id, out);
}

void CommandBook::reachable_again(Timestamp at, Hurried hurried) {
    if (reachable_) return;
    reachable_ = true;
    for (auto& [number, sent] : sent_) {
        const bool waits = hurried == Hurried::claims && has_business(sent.parts);
        if (sent.request == 0 && !waits) sent.due = std::min(sent.due, at);
    }
}

// --- operations to come back to ---

// When the ledger's clock has passed not_after too.
Timestamp CommandBook::absent_at(Timestamp not_after) const {
    return not_after + setup_.profile.late + settings_.retry_first;
}

void CommandBook::come_back_to(Timestamp at, const Op& op, Reason reason, AdapterOutputs& out) {
    Later later;
    later.op = op;
    later.reason = reason;
    const auto not_after = not_after_of(op);
    later.due = not_after ? std::max(at, absent_at(*not_after)) : at + settings_.retry_most;
    OerWriter value;
    value.reason(reason);
    write_op(value, op);
    out.puts.push_back(later_put(op.id, value.take()));
    if (not_after) tell_unknown(op.id, out);
    later_.insert_or_assign(op.id, std::move(later));
}

void CommandBook::come_back(Timestamp at, AdapterOutputs& out) {
    for (auto entry = later_.begin(); entry != later_.end();) {
        const auto current = entry++;
        Later& later = current->second;
        if (later.due > at) continue;
        if (later.request != 0) {
            lookups_.erase(later.request);
            later.request = 0;
        }
        const auto* prepare = std::get_if<op::Prepare>(&later.op.body);
        if (prepare == nullptr) {
            // A claim that was put off; or a transfer, which the ledger can no longer take, so that
            // its answer now is its answer for good.
            out.puts.push_back(later_put(current->first, std::nullopt));
            enqueue(std::move(later.op));
            later_.erase(current);
        } else if (lookups_.size() < max_lookups) {
            const EscrowKey key{prepare->terms.payer, prepare->terms.id};
            later.request = ids_.next();
            later.due = at + settings_.reply_timeout;
            lookups_.emplace(later.request, current->first);
            const LedgerQuery query{setup_.ledger, setup_.signer->public_key(),
                                    at + settings_.instruction_life, ask::Escrow{key}};
            out.requests.push_back(
                {later.request, "/v1/query", sign_query(query, *setup_.signer), false});
        }
    }
}

void CommandBook::lookup_reply(Timestamp at, const CommandId& id, const Reply& reply,
                               AdapterOutputs& out) {
    const auto entry = later_.find(id);
    ASSERT(entry != later_.end());
    Later& later = entry->second;
    later.request = 0;
    const auto& prepare = std::get<op::Prepare>(later.op.body);
    const auto found = reply.body ? decode_query_answer(*reply.body)
                                  : Result<QueryAnswer>(refuse(reply.body.error()));
    const bool is_late_enough = found && found->ledger_time > prepare.not_after;
    if (!found || (found->escrows.empty() && !is_late_enough)) {
        later.due = at + retry_pause(settings_, ++later.attempts, FixedBytesHash{}(id));
        return;
    }
    if (found->escrows.empty()) {
        answer(id, Outcome::refused, later.reason, out);
    } else if (found->escrows.front().terms == prepare.terms) {
        answer(id, Outcome::done, Reason::internal_error, out);
    } else {
        answer(id, Outcome::refused, Reason::id_reused, out);
    }
    out.puts.push_back(later_put(id, std::nullopt));
    later_.erase(entry);
}

}  // namespace lockstep
