#include "bitcoin/adapter/command_answers.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint8_t command_mark = 'k';
using Outcome = report::Answer::Outcome;

Bytes key_of_command(const CommandId& id) {
    Bytes key{command_mark};
    append(key, id.view());
    return key;
}

// A preimage goes into the digest as its condition: what is remembered tells no secret.
Hash contents_of(const CommandBody& body) {
    ArchiveWriter to;
    to(static_cast<std::uint8_t>(body.index()));
    struct Visit {
        ArchiveWriter& to;
        void operator()(const command::Expect& c) const { to(c.terms); }
        void operator()(const command::Prepare& c) const { to(c.terms, c.not_after); }
        void operator()(const command::Fulfil& c) const { to(c.escrow, sha256(c.preimage.view())); }
        void operator()(const command::Reject& c) const { to(c.escrow, c.payee); }
        void operator()(const command::Refund& c) const { to(c.escrow); }
        void operator()(const command::Transfer& c) const {
            to(c.from, c.to, c.asset, c.amount, c.not_after);
        }
    };
    std::visit(Visit{to}, body);
    return sha256(to.bytes());
}

}  // namespace

bool CommandAnswers::owns(ByteView key) {
    return key.size() == 1 + CommandId::size && key[0] == command_mark;
}

void CommandAnswers::restore(ByteView key, ByteView value) {
    const auto known = decode_fields<Known>(value);
    ASSERT(known);
    const CommandId id = *CommandId::from(key.subspan(1));
    known_[id] = *known;
    order_.push_back(id);
}

void CommandAnswers::remember(std::vector<Put>& puts) {
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    for (const CommandId& id : changed_) {
        const auto found = known_.find(id);
        std::optional<Bytes> value;
        if (found != known_.end()) value = encode_fields(found->second);
        puts.push_back({0, key_of_command(id), std::move(value)});
    }
    changed_.clear();
}

CommandAnswers::Taken CommandAnswers::take(const Command& command) {
    const Hash contents = contents_of(command.body);
    const auto [found, is_new] = known_.try_emplace(command.id);
    if (!is_new) return found->second.contents == contents ? Taken::again : Taken::other_contents;
    found->second.contents = contents;
    changed_.push_back(command.id);
    order_.push_back(command.id);
    while (order_.size() > max_kept_commands) {
        changed_.push_back(order_.front());
        known_.erase(order_.front());
        order_.pop_front();
    }
    return Taken::anew;
}

bool CommandAnswers::repeat(const CommandId& id, std::vector<Report>& reports) const {
    const auto found = known_.find(id);
    if (found == known_.end()) return false;
    const auto outcome = static_cast<Outcome>(found->second.outcome);
    if (outcome != Outcome::done && outcome != Outcome::refused) return false;
    reports.emplace_back(report::Answer{id, outcome, found->second.reason});
    return true;
}

void CommandAnswers::done(const CommandId& id, std::vector<Report>& reports) {
    answer(id, Outcome::done, Reason::internal_error, reports);
}

void CommandAnswers::refused(const CommandId& id, Reason reason, std::vector<Report>& reports) {
    answer(id, Outcome::refused, reason, reports);
}

void CommandAnswers::unknown(const CommandId& id, std::vector<Report>& reports) {
    const auto found = known_.find(id);
    if (found != known_.end() && found->second.outcome != 0) return;
    answer(id, Outcome::unknown, Reason::outcome_unknown, reports);
}

void CommandAnswers::answer(const CommandId& id, Outcome outcome, Reason reason,
                            std::vector<Report>& reports) {
    reports.emplace_back(report::Answer{id, outcome, reason});
    const auto found = known_.find(id);
    if (found == known_.end()) return;
    found->second.outcome = static_cast<std::uint8_t>(outcome);
    found->second.reason = reason;
    changed_.push_back(id);
}

}  // namespace lockstep::bitcoin
