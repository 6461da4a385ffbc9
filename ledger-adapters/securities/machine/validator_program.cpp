#include "securities/machine/validator_program.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::securities {
namespace in = validator_input;
namespace out = validator_output;
namespace effect = pool_effect;
namespace {

// Claims and refunds go on when the disk is nearly full; nothing else does. An instruction with
// both is refused as a whole, because every validator carries it out as it was signed whatever room
// it has itself: who is told so signs the claims apart, as CommandBook does.
bool is_new_business(const Instruction& instruction) {
    return std::any_of(instruction.ops.begin(), instruction.ops.end(), [](const Op& op) {
        return !std::holds_alternative<op::Fulfil>(op.body) &&
               !std::holds_alternative<op::Reject>(op.body) &&
               !std::holds_alternative<op::Refund>(op.body);
    });
}

}  // namespace

ValidatorProgram::ValidatorProgram(Genesis genesis, ValidatorTiming timing, Validator::Setup setup,
                                   BlockSource blocks)
    : genesis_(std::move(genesis)),
      timing_(timing),
      blocks_(std::move(blocks)),
      inner_(Validator(std::move(setup)), {in::Configure{genesis_, timing}}) {}

Result<void, Failure> ValidatorProgram::recover(const Recovered& recovered) {
    auto done = inner_.recover(recovered);
    if (!done) return done;
    if (validator().configured() && validator().genesis() != genesis_)
        return fail("wrong_genesis",
                    "the journal is of another chain than the configured ledger, operator and "
                    "validators; use another data directory");
    return {};
}

void ValidatorProgram::start(Timestamp at, Effects& turn) {
    Turn<MachineEffect<Validator>> first;
    inner_.start(at, first);
    for (Entry& entry : first.entries)
        turn.entries.push_back(std::move(entry));
    ASSERT(first.effects.empty());
    if (validator().timing() != timing_) feed(at, in::Configure{genesis_, timing_}, turn);
    for (const Message& message : validator().standing())
        turn.effects.emplace_back(effect::ToAll{encode_message(message)});
    turn.effects.emplace_back(effect::ToAll{encode_message(WhereAmI{validator().height()})});
    settle(at, turn);
}

void ValidatorProgram::run(Timestamp at, std::vector<ValidatorInput> inputs, Effects& turn) {
    for (ValidatorInput& input : inputs) {
        if (auto* submitted = std::get_if<pool_input::Submit>(&input)) {
            submit(at, std::move(submitted->transaction), turn);
        } else {
            auto& message = std::get<pool_input::FromPeer>(input);
            receive(at, message.from, std::move(message.octets), turn);
        }
    }
    if (const auto wake = inner_.next_wake(); wake && *wake <= at) feed(at, in::Wake{}, turn);
    settle(at, turn);
}

void ValidatorProgram::submit(Timestamp at, Transaction transaction, Effects& turn) {
    const auto refused = [&](Reason reason) {
        ++turn.refusals;
        turn.effects.emplace_back(effect::Refused{transaction.id, reason});
    };
    if (pooled_.count(transaction.id) != 0) return;  // its answer is on the way
    const Ledger& ledger = validator().newest_ledger();
    // what an undecided block answered is not an answer yet
    auto answers = ledger.remembered(transaction.instruction);
    if (answers) answers = validator().ledger().remembered(transaction.instruction);
    if (answers) {
        turn.effects.emplace_back(effect::Remembered{transaction.id, std::move(*answers)});
        return;
    }
    const Timestamp next = std::max(at, validator().tip().time + Duration{1});
    if (const auto ok = ledger.check(next, transaction.instruction); !ok)
        return refused(ok.error());
    if (const auto ok = ledger.check_signer(transaction.instruction.signer); !ok)
        return refused(ok.error());
    if (const auto ok = ledger.check_room(transaction.instruction); !ok) return refused(ok.error());
    if (turn.disk_low && is_new_business(transaction.instruction)) return refused(Reason::disk_low);
    if (pool_.size() >= max_pool_instructions ||
        pool_octets_ + transaction.octets.size() > max_pool_octets)
        return refused(Reason::overloaded);
    pooled_.emplace(transaction.id, transaction.instruction.valid_until);
    pool_octets_ += transaction.octets.size();
    pool_.push_back({std::move(transaction), at});
}

void ValidatorProgram::receive(Timestamp at, std::uint32_t from, Bytes octets, Effects& turn) {
    if (const auto late = height_of_vote(octets); late && *late < validator().height()) return;
    auto received = in::Received::decode(std::move(octets));
    if (!received) {
        ++turn.refusals;
        return;
    }
    const std::uint64_t height = height_of(received->message);
    const std::uint64_t ours = validator().height();
    if (std::holds_alternative<WhereAmI>(received->message)) {
        if (height < ours) return reply(from, height, turn);
        if (height == ours) {  // it is where we are, and may have missed what we said
            for (const Message& message : validator().standing())
                turn.effects.emplace_back(effect::To{from, encode_message(message)});
            return;
        }
    }
    if (height > ours) {
        if (height > highest_seen_) {
            highest_seen_ = height;
            highest_from_ = from;
            // one ahead is the usual race with our own commit
            if (height > ours + 1)
                turn.effects.emplace_back(effect::To{from, encode_message(WhereAmI{ours})});
        }
        if (height > ours + max_heights_ahead || messages_ahead_ >= max_messages_ahead) return;
        if (std::holds_alternative<WhereAmI>(received->message)) return;
        ++messages_ahead_;
        ahead_[height].push_back({from, std::move(*received)});
        return;
    }
    if (height == ours) feed(at, std::move(*received), turn);
}

void ValidatorProgram::reply(std::uint32_t to, std::uint64_t height, Effects& turn) {
    std::size_t octets = 0;
    for (std::uint64_t i = 0; i < blocks_a_reply && height + i <= validator().tip().height; ++i) {
        const auto block = decided(height + i);
        if (!block) return;
        auto decoded = decode_decided(*block);
        if (!decoded) return;
        turn.effects.emplace_back(effect::To{to, encode_message(Message{std::move(*decoded)})});
        octets += block->size();
        if (octets > max_block_octets) return;
    }
}

std::optional<Bytes> ValidatorProgram::decided(std::uint64_t height) const {
    const auto recent = recent_.find(height);
    if (recent != recent_.end()) return recent->second;
    return blocks_ ? blocks_(height) : std::nullopt;
}

void ValidatorProgram::feed(Timestamp at, Validator::Input input, Effects& turn) {
    Turn<MachineEffect<Validator>> inner;
    inner.entries = std::move(turn.entries);
    inner.records = std::move(turn.records);
    inner.effects.reserve(4);  // a vote, what it decided, the answer
    std::vector<TicketedInput<Validator>> inputs;
    const bool only_wake = std::holds_alternative<in::Wake>(input);
    if (!only_wake) inputs.push_back({std::move(input), 0});
    inner_.run(at, std::move(inputs), inner);  // wakes it first where that is due
    turn.refusals += inner.refusals;
    turn.entries = std::move(inner.entries);
    turn.records = std::move(inner.records);
    for (MachineEffect<Validator>& effect : inner.effects) {
        auto* output = std::get_if<TicketedOutput<Validator>>(&effect);
        if (!output) continue;
        if (auto* broadcast = std::get_if<out::Broadcast>(&output->output))
            turn.effects.emplace_back(effect::ToAll{encode_message(broadcast->message)});
        else if (auto* committed = std::get_if<out::Committed>(&output->output))
            on_commit(std::move(*committed), turn);
        else
            turn.effects.emplace_back(std::get<out::Equivocation>(output->output));
    }
}

void ValidatorProgram::on_commit(out::Committed committed, Effects& turn) {
    const BlockHeader& header = committed.block.header;
    recent_.emplace(header.height, encode_decided(committed.block));
    while (recent_.size() > recent_blocks)
        recent_.erase(recent_.begin());
    for (const Hash& id : committed.transactions)
        pooled_.erase(id);
    clear_pool(header.time, turn);
    turn.effects.emplace_back(std::move(committed));
}

// Block times grow: what is too late for this one can be in no later one.
void ValidatorProgram::clear_pool(Timestamp block, Effects& turn) {
    if (pool_.empty()) return;
    std::deque<Pooled> left;
    pool_octets_ = 0;
    for (Pooled& pooled : pool_) {
        const Transaction& transaction = pooled.transaction;
        if (pooled_.count(transaction.id) == 0) continue;
        if (is_expired(block, transaction.instruction.valid_until)) {
            pooled_.erase(transaction.id);
            turn.effects.emplace_back(effect::Refused{transaction.id, Reason::too_late});
            continue;
        }
        pool_octets_ += transaction.octets.size();
        left.push_back(std::move(pooled));
    }
    pool_ = std::move(left);
}

void ValidatorProgram::settle(Timestamp at, Effects& turn) {
    while (true) {
        const std::uint64_t height = validator().height();
        while (!ahead_.empty() && ahead_.begin()->first < height) {
            messages_ahead_ -= ahead_.begin()->second.size();
            ahead_.erase(ahead_.begin());
        }
        if (!ahead_.empty() && ahead_.begin()->first == height) {
            std::vector<Ahead> now = std::move(ahead_.begin()->second);
            ahead_.erase(ahead_.begin());
            messages_ahead_ -= now.size();
            for (Ahead& message : now)
                feed(at, std::move(message.received), turn);
            if (validator().height() > height && highest_seen_ > validator().height() &&
                ahead_.count(validator().height()) == 0)
                turn.effects.emplace_back(
                    effect::To{highest_from_, encode_message(WhereAmI{validator().height()})});
            continue;
        }
        if (const auto due = propose_at(); due && *due <= at) {
            feed(at, in::Propose{pick(std::max(at, validator().tip().time + Duration{1}))}, turn);
            ASSERT(!validator().wants_proposal() || validator().height() > height);
            continue;
        }
        if (const auto due = hurry_at(); due && *due <= at) {
            feed(at, in::Hurry{}, turn);
            continue;
        }
        return;
    }
}

std::optional<Timestamp> ValidatorProgram::propose_at() const {
    if (!validator().wants_proposal()) return std::nullopt;
    if (validator().round() > 0) return Timestamp{};
    if (pool_.empty()) return validator().block_due();
    return std::min(validator().block_due(), validator().tip().time + timing_.min_interval);
}

std::optional<Timestamp> ValidatorProgram::hurry_at() const {
    if (pool_.empty() || !validator().can_hurry()) return std::nullopt;
    return pool_.front().since + impatience;
}

std::vector<Transaction> ValidatorProgram::pick(Timestamp time) const {
    std::vector<Transaction> picked;
    std::size_t octets = 0;
    std::size_t operations = 0;
    for (const Pooled& pooled : pool_) {
        const Transaction& transaction = pooled.transaction;
        const std::size_t ops = transaction.instruction.ops.size();
        if (picked.size() >= max_block_instructions) break;
        if (octets + transaction.octets.size() > max_block_octets) break;
        if (operations + ops > max_block_operations) break;
        if (!validator().newest_ledger().check(time, transaction.instruction)) continue;
        octets += transaction.octets.size();
        operations += ops;
        picked.push_back(transaction);
    }
    return picked;
}

std::optional<Timestamp> ValidatorProgram::next_wake() const {
    std::optional<Timestamp> wake = inner_.next_wake();
    for (const auto& due : {propose_at(), hurry_at()})
        if (due) wake = wake ? std::min(*wake, *due) : due;
    return wake;
}

}  // namespace lockstep::securities
