#include "sdk/machine/command_book.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/machine/command_ops.h"

namespace lockstep {
namespace {

using Outcome = report::Answer::Outcome;

constexpr std::uint8_t waiting_key = 'q';
constexpr std::uint8_t sent_key = 'i';
constexpr std::uint8_t later_key = 'd';

// The clocks of node and ledger may differ by this much without an instruction being called lapsed.
constexpr Duration lapse_grace = Duration::seconds(5);
// valid_until stays below what a ledger accepts, although its clock may be behind.
constexpr Duration longest_life = Duration::seconds(23 * 3600);
static_assert(longest_life + Duration::seconds(3600) <= max_instruction_life);

// An instruction that failed this often while others succeed no longer keeps others waiting.
constexpr unsigned patient_attempts = 3;

Bytes numbered_key(std::uint8_t kind, std::uint64_t number) {
    return OerWriter().u8(kind).u64(number).take();
}
Put put(Bytes key, std::optional<Bytes> value) {
    return Put{0, std::move(key), std::move(value)};
}

}  // namespace

CommandBook::CommandBook(const AdapterSetup& setup, const AdapterSettings& settings,
                         RequestIds& ids)
    : setup_(setup), settings_(settings), ids_(ids) {}

// --- memory ---

bool CommandBook::owns(ByteView key) {
    return !key.empty() && (key[0] == waiting_key || key[0] == sent_key || key[0] == later_key);
}

Put CommandBook::later_put(const CommandId& id, std::optional<Bytes> value) {
    return put(OerWriter().u8(later_key).fixed(id).take(), std::move(value));
}

void CommandBook::learn(const Op& op) {
    OerWriter octets;
    write_op(octets, op);
    known_[op.id].contents = sha256(octets.bytes());
}

// Values were written by this class and kept by a store that checks them: what cannot be read is a
// bug, not input.
void CommandBook::restore(ByteView key, ByteView value) {
    wake_.reset();
    OerReader from(key);
    const std::uint8_t kind = from.u8();
    if (kind == later_key) {
        OerReader body(value);
        Later later;
        later.reason = body.reason();
        later.op = read_op(body);
        ASSERT(body.finish());
        learn(later.op);
        if (const auto not_after = not_after_of(later.op)) later.due = absent_at(*not_after);
        const CommandId id = later.op.id;
        later_.emplace(id, std::move(later));
        return;
    }
    const std::uint64_t number = from.u64();
    ASSERT(from.finish());
    last_number_ = std::max(last_number_, number);
    if (kind == waiting_key) {
        OerReader body(value);
        const std::uint64_t count = body.quantity();
        for (std::uint64_t i = 0; i < count && !body.failed(); ++i) {
            Op op = read_op(body);
            learn(op);
            enqueue(std::move(op), number);
        }
        ASSERT(body.finish());
        return;
    }
    Sent sent;
    sent.octets.assign(value.begin(), value.end());
    const auto decoded = decode_instruction(value);
    ASSERT(decoded);
    for (const Op& op : decoded->instruction.ops) {
        learn(op);
        sent.parts.push_back({op.id, is_claim(op)});
    }
    sent.valid_until = decoded->instruction.valid_until;
    sent.uncertain = true;
    sent_.emplace(number, std::move(sent));
}

// What waits is remembered once, by the step in which it came; later only what was signed of it is
// taken out.
void CommandBook::record_waiting(AdapterOutputs& out) {
    std::map<std::uint64_t, std::vector<const Op*>> records;
    for (const std::uint64_t number : taken_from_)
        records[number];
    bool is_new = false;
    for (auto* queue : {&claims_, &business_}) {
        for (Waiting& waiting : *queue) {
            if (waiting.record == 0) {
                if (!is_new) ++last_number_;
                is_new = true;
                waiting.record = last_number_;
                records[last_number_];
            }
            if (const auto record = records.find(waiting.record); record != records.end())
                record->second.push_back(&waiting.op);
        }
    }
    for (const auto& [number, ops] : records) {
        OerWriter body;
        body.quantity(ops.size());
        for (const Op* op : ops)
            write_op(body, *op);
        out.puts.push_back(put(numbered_key(waiting_key, number),
                               ops.empty() ? std::nullopt : std::optional(body.take())));
    }
    taken_from_.clear();
}

// --- from a command to signed octets ---

void CommandBook::take(Command command, AdapterOutputs& out) {
    if (std::holds_alternative<command::Expect>(command.body)) {
        out.reports.emplace_back(report::Answer{command.id, Outcome::done});
        return;
    }
    Op op = to_op(std::move(command));
    OerWriter octets;
    write_op(octets, op);
    const Hash contents = sha256(octets.bytes());
    const auto [known, fresh] = known_.try_emplace(op.id);
    if (!fresh) {
        if (known->second.contents != contents) {
            out.reports.emplace_back(report::Answer{op.id, Outcome::refused, Reason::id_reused});
        } else if (known->second.answer) {
            out.reports.emplace_back(*known->second.answer);
        }
        return;
    }
    if (!is_claim(op) && claims_.size() + business_.size() >= max_waiting_commands) {
        known_.erase(known);
        out.reports.emplace_back(report::Answer{op.id, Outcome::refused, Reason::overloaded});
        return;
    }
    known->second.contents = contents;
    enqueue(std::move(op));
}

void CommandBook::enqueue(Op op, std::uint64_t record) {
    auto& queue = is_claim(op) ? claims_ : business_;
    queue.push_back({std::move(op), record});
}

bool CommandBook::is_room() const {
    std::size_t busy = 0;
    for (const auto& [number, sent] : sent_)
        if (!reachable_ || sent.attempts < patient_attempts) ++busy;
    return busy < settings_.in_flight;
}

void CommandBook::sign_waiting(Timestamp at, AdapterOutputs& out) {
    while (!(claims_.empty() && business_.empty()) && is_room())
        sign_one(at, out);
}

void CommandBook::sign_one(Timestamp at, AdapterOutputs& out) {
    Instruction instruction{
        setup_.ledger, setup_.signer->public_key(), at + settings_.instruction_life, {}};
    Sent sent;
    std::size_t octets = 0;
    while (sent.parts.size() < settings_.ops_per_instruction && octets < max_gathered_octets) {
        auto& queue = claims_.empty() ? business_ : claims_;
        if (queue.empty()) break;
        if (claims_apart_ && claims_.empty() && !sent.parts.empty() && sent.parts.back().claim)
            break;
        Waiting& next = queue.front();
        if (next.record != 0) taken_from_.insert(next.record);
        // So long does the ledger answer this operation by its id, past its own limit.
        if (const auto not_after = not_after_of(next.op)) {
            instruction.valid_until =
                std::max(instruction.valid_until, *not_after + settings_.instruction_life);
        }
        octets += most_octets(next.op);
        sent.parts.push_back({next.op.id, is_claim(next.op)});
        instruction.ops.push_back(std::move(next.op));
        queue.pop_front();
    }
    instruction.valid_until = std::min(instruction.valid_until, at + longest_life);
    sent.valid_until = instruction.valid_until;
    sent.octets = sign_instruction(instruction, *setup_.signer);
    const std::uint64_t number = ++last_number_;
    out.puts.push_back(put(numbered_key(sent_key, number), sent.octets));
    const auto entry = sent_.emplace(number, std::move(sent)).first;
    send(at, number, entry->second, out);
}

void CommandBook::send(Timestamp at, std::uint64_t number, Sent& sent, AdapterOutputs& out) {
    sent.request = ids_.next();
    sent.due = at + settings_.reply_timeout;
    flights_.emplace(sent.request, number);
    out.requests.push_back({sent.request, "/v1/instructions", sent.octets, false});
}

void CommandBook::send_again(Timestamp at, AdapterOutputs& out) {
    for (auto entry = sent_.begin(); entry != sent_.end();) {
        const auto current = entry++;
        Sent& sent = current->second;
        if (sent.due > at) continue;
        if (sent.request != 0) {
            sent.request = 0;
            ++sent.attempts;
            became_uncertain(sent, out);
        }
        if (at > sent.valid_until + lapse_grace) {
            turned_down(at, sent, Reason::too_late, out);
            forget(current, out);
        } else {
            send(at, current->first, sent, out);
        }
    }
}

void CommandBook::forget(SentMap::iterator sent, AdapterOutputs& out) {
    const std::uint64_t number = sent->first;
    std::erase_if(flights_, [&](const auto& flight) { return flight.second == number; });
    out.puts.push_back(put(numbered_key(sent_key, number), std::nullopt));
    sent_.erase(sent);
}

// --- turns ---

bool CommandBook::reply(Timestamp at, const Reply& reply, AdapterOutputs& out) {
    wake_.reset();
    if (const auto flight = flights_.find(reply.request); flight != flights_.end()) {
        const auto sent = sent_.find(flight->second);
        flights_.erase(flight);
        ASSERT(sent != sent_.end());
        instruction_reply(at, sent, reply, out);
        return true;
    }
    if (const auto lookup = lookups_.find(reply.request); lookup != lookups_.end()) {
        const CommandId id = lookup->second;
        lookups_.erase(lookup);
        lookup_reply(at, id, reply, out);
        return true;
    }
    return false;
}

void CommandBook::work(Timestamp at, AdapterOutputs& out) {
    wake_.reset();
    send_again(at, out);
    come_back(at, out);
    sign_waiting(at, out);
    record_waiting(out);
}

std::optional<Timestamp> CommandBook::earliest_due() const {
    std::optional<Timestamp> wake;
    const auto consider = [&](Timestamp due) {
        if (!wake || due < *wake) wake = due;
    };
    for (const auto& [number, sent] : sent_)
        consider(sent.due);
    for (const auto& [id, later] : later_)
        if (later.request != 0 || lookups_.size() < max_lookups) consider(later.due);
    return wake;
}

// --- what the node is told ---

void CommandBook::tell_unknown(const CommandId& id, AdapterOutputs& out) {
    Known& known = known_[id];
    if (known.told_unknown || known.answer) return;
    known.told_unknown = true;
    out.reports.emplace_back(report::Answer{id, Outcome::unknown, Reason::outcome_unknown});
}

void CommandBook::answer(const CommandId& id, Outcome outcome, Reason reason, AdapterOutputs& out) {
    Known& known = known_[id];
    known.answer = report::Answer{id, outcome, reason};
    out.reports.emplace_back(*known.answer);
    answered_.push_back(id);
    if (answered_.size() > max_kept_answers) {
        known_.erase(answered_.front());
        answered_.pop_front();
    }
}

}  // namespace lockstep
