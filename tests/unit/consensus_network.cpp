#include "tests/unit/consensus_network.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "sdk/crypto/hash.h"

namespace lockstep::securities::testing {

Network::Network(std::uint64_t seed, std::size_t validators)
    : genesis(test_genesis(validators)), random_(seed), nodes_(validators) {}

std::unique_ptr<ValidatorProgram> Network::make(std::size_t validator) const {
    Validator::Setup setup;
    setup.signer = signer_of("validator" + std::to_string(validator));
    setup.scheme = std::make_shared<FakeScheme>();
    setup.serves_readers = validator == 0;
    const Node& node = nodes_[validator];
    return std::make_unique<ValidatorProgram>(
        genesis, ValidatorTiming{}, std::move(setup), [&node](std::uint64_t height) {
            const auto it = node.records.find(
                {static_cast<std::uint16_t>(RecordKind::block), block_key(height)});
            return it == node.records.end() ? std::nullopt : std::optional<Bytes>{it->second};
        });
}

Recovered Network::recovered(const Node& node, bool whole) const {
    Recovered recovered;
    recovered.epoch = 1;
    if (!whole) recovered.snapshot = node.snapshot;
    for (const JournalRow& row : node.rows)
        if (!recovered.snapshot || row.seq > recovered.snapshot->seq) recovered.rows.push_back(row);
    if (!node.rows.empty()) {
        recovered.last_seq = node.rows.back().seq;
        recovered.last_chain = node.rows.back().chain;
        recovered.last_at = node.rows.back().at;
    }
    return recovered;
}

void Network::start() {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        restart(i);
}

void Network::restart(std::size_t validator) {
    Node& node = nodes_[validator];
    node.program = make(validator);
    const Recovered from = recovered(node, false);
    const auto done = node.program->recover(from);
    if (!done) FAIL(done.error().detail);
    node.end = JournalEnd{};
    node.end.begin(from);
    turn(validator, {}, true);
}

void Network::stop(std::size_t validator) {
    nodes_[validator].program.reset();
}

void Network::save_snapshot(std::size_t validator) {
    Node& node = nodes_[validator];
    if (node.program) node.snapshot = node.end.snapshot(node.program->snapshot());
}

Hash Network::digest_of(std::size_t validator) const {
    return sha256(nodes_[validator].program->snapshot());
}

Hash Network::replayed_digest_of(std::size_t validator) const {
    auto program = make(validator);
    const auto done = program->recover(recovered(nodes_[validator], true));
    if (!done) FAIL(done.error().detail);
    return sha256(program->snapshot());
}

std::uint64_t Network::height(const std::vector<std::size_t>& of) const {
    std::uint64_t least = UINT64_MAX;
    for (const std::size_t i : of)
        least = std::min(least, up(i) ? program(i).validator().tip().height : 0);
    return least;
}

Transaction Network::instruction(const std::string& words, const std::string& op_id) {
    Words said = words_to_op(words);
    Instruction instruction{
        genesis.ledger, key_of(said.signer), now_ + Duration::seconds(3600), {}};
    instruction.ops.push_back({command_of(op_id), std::move(said.body)});
    return *Transaction::decode(sign_instruction(instruction, *signer_of(said.signer)));
}

void Network::submit(const Transaction& transaction) {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        events_.emplace(std::pair{now_, order_++}, Event{i, pool_input::Submit{transaction}});
}

void Network::run_until(Timestamp end) {
    while (true) {
        // the earliest of events and wake-ups
        std::optional<std::pair<Timestamp, std::size_t>> wake;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (!up(i)) continue;
            const auto at = nodes_[i].program->next_wake();
            if (at && (!wake || *at < wake->first)) wake = {*at, i};
        }
        const bool event_first =
            !events_.empty() && (!wake || events_.begin()->first.first <= wake->first);
        if (!event_first && !wake) break;
        const Timestamp at = event_first ? events_.begin()->first.first : wake->first;
        if (at > end) break;
        now_ = std::max(now_, at);
        if (!event_first) {
            turn(wake->second, {}, false);
            continue;
        }
        Event event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        if (!event.input) {
            if (!up(event.to)) restart(event.to);
            continue;
        }
        std::vector<ValidatorInput> inputs;
        inputs.push_back(std::move(*event.input));
        turn(event.to, std::move(inputs), false);
    }
    now_ = std::max(now_, end);
}

void Network::turn(std::size_t validator, std::vector<ValidatorInput> inputs, bool starting) {
    Node& node = nodes_[validator];
    if (!node.program) return;
    Turn<ValidatorEffect> turn;
    const Timestamp at = node.end.stamp(now_);
    if (starting)
        node.program->start(at, turn);
    else
        node.program->run(at, std::move(inputs), turn);
    const auto crash = [&] {
        ++crashes;
        node.program.reset();
        const Duration away{static_cast<std::int64_t>(random() * 800'000)};
        events_.emplace(std::pair{now_ + away, order_++}, Event{validator, std::nullopt});
    };
    if (random() < faults.crash / 2) return crash();
    Batch batch = node.end.seal(turn, node.program->rules());
    for (JournalRow& row : batch.rows)
        node.rows.push_back(std::move(row));
    for (Record& record : batch.records)
        node.records[{record.kind, record.key}] = record.value;
    if (random() < faults.crash / 2) {
        // durable, so decided, although nobody was told
        for (const ValidatorEffect& effect : turn.effects)
            if (const auto* committed = std::get_if<pool_effect::Committed>(&effect))
                note(*committed);
        return crash();
    }
    for (ValidatorEffect& effect : turn.effects) {
        if (const auto* all = std::get_if<pool_effect::ToAll>(&effect))
            broadcast(validator, all->octets);
        else if (const auto* one = std::get_if<pool_effect::To>(&effect))
            send(validator, one->validator, one->octets);
        else if (const auto* committed = std::get_if<pool_effect::Committed>(&effect))
            note(*committed);
        else if (const auto* remembered = std::get_if<pool_effect::Remembered>(&effect))
            answers[remembered->transaction] = remembered->answers;
        else if (std::get_if<pool_effect::Equivocation>(&effect))
            ++equivocations;
    }
}

void Network::note(const validator_output::Committed& committed) {
    const BlockHeader& header = committed.block.header;
    const Hash hash = header.hash();
    const auto [it, first] = decided.emplace(header.height, hash);
    CHECK_MESSAGE(it->second == hash, "two blocks decided at height ", header.height);
    if (first) blocks.emplace(header.height, committed.block);
    for (std::size_t i = 0; i < committed.transactions.size(); ++i)
        answers[committed.transactions[i]] = committed.answers[i];
}

void Network::broadcast(std::size_t from, const Bytes& octets) {
    auto message = decode_message(octets);
    REQUIRE(message.has_value());
    if (const auto* vote = std::get_if<Vote>(&*message)) votes.emplace_back(from, *vote);
    Bytes second_face;
    if (nodes_[from].equivocates) {
        const auto signer = signer_of("validator" + std::to_string(from));
        if (auto* vote = std::get_if<Vote>(&*message)) {
            vote->ballot.block = vote->ballot.block.is_zero() && !decided.empty()
                                     ? decided.rbegin()->second
                                     : Hash{};
            vote->signature = signer->sign(ballot_message(genesis.chain_id(), vote->ballot));
            second_face = encode_message(*message);
        } else if (auto* proposal = std::get_if<Proposal>(&*message)) {
            proposal->header.time = proposal->header.time + Duration{1};
            proposal->signature = signer->sign(proposal_message(*proposal));
            second_face = encode_message(*message);
        }
    }
    for (std::size_t to = 0; to < nodes_.size(); ++to) {
        if (to == from) continue;
        const bool other = !second_face.empty() && to % 2 == 0;
        send(from, to, other ? second_face : octets);
        if (!second_face.empty() && random() < 0.5) send(from, to, other ? octets : second_face);
    }
}

void Network::send(std::size_t from, std::size_t to, const Bytes& octets) {
    if (nodes_[from].cut || nodes_[to].cut) return;
    const int copies = random() < faults.duplicate ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        if (random() < faults.loss) continue;
        const Duration delay{
            1 + static_cast<std::int64_t>(random() * static_cast<double>(faults.most_delay.us()))};
        events_.emplace(std::pair{now_ + delay, order_++},
                        Event{to, pool_input::FromPeer{static_cast<std::uint32_t>(from), octets}});
    }
}

}  // namespace lockstep::securities::testing
