// The securities ledger: blocks and their proofs, what validators say and keep, what blocks do.
#include <algorithm>

#include "sdk/codec/archive.h"
#include "sdk/machine/statement.h"
#include "securities/adapter/securities_adapter.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {

using namespace securities;

namespace {

Trust trust() {
    return {genesis().chain_id(), genesis().validators};
}

Hash root_of(const std::vector<Bytes>& leaves) {
    std::vector<Hash> hashes;
    for (const Bytes& leaf : leaves)
        hashes.push_back(merkle_leaf(leaf));
    return merkle_root(hashes);
}

bool is_balanced(const securities::Ledger& ledger) {
    const auto totals = ledger.totals();
    return std::all_of(totals.begin(), totals.end(),
                       [](const AssetTotals& asset) { return asset.conserved(); });
}

Bytes state_of(const securities::Ledger& ledger) {
    ArchiveWriter to;
    ledger.write(to);
    return to.take();
}

}  // namespace

bool fuzz_genesis(ByteView octets) {
    if (!is_canonical_pair(octets, read_genesis, write_genesis)) return false;
    OerReader from(octets);
    const ValidatorSet validators = read_genesis(from).validators;
    ASSERT(!validators.keys.empty() && validators.quorum <= validators.keys.size());
    ASSERT(validators.quorum >= ValidatorSet::default_quorum(validators.keys.size()));
    ASSERT(validators.index_of(validators.keys.front()) == 0U);
    return true;
}

bool fuzz_decided_block(ByteView octets) {
    if (!is_canonical(octets, decode_decided, encode_decided)) return false;
    // As one that a quorum agreed on, it can be shown to readers, who find the proofs good.
    auto block = decode_decided(octets);
    std::vector<Address> accounts;
    std::uint64_t last = 0;
    bool in_order = true;
    for (const Bytes& leaf : block->leaves) {
        const auto event = event_of_leaf(leaf);
        if (!event) return true;
        if (!*event) continue;
        accounts.push_back((*event)->terms.payee);
        in_order = in_order && (*event)->sequence > last;
        last = (*event)->sequence;
    }
    std::sort(accounts.begin(), accounts.end());
    const Hash chain = genesis().chain_id();
    block->header.chain = block->header.parent = chain;
    block->header.validators = genesis().validators.hash();
    block->header.height = 1;
    block->header.time = start_time;
    block->header.tx_root = root_of(block->leaves);
    const LenientSigner signer{PublicKey{}};
    block->certificate.signatures.clear();
    for (std::uint32_t i = 0; i < genesis().validators.quorum; ++i)
        block->certificate.signatures.push_back({i, signer.sign({})});
    const ProvableBlock provable(*block);
    BlockFrame frame;
    frame.blocks.push_back(provable.view_for(accounts));
    LightClient client(trust(), std::make_shared<LenientScheme>(), std::nullopt);
    const auto events = client.accept(frame);
    ASSERT(events.has_value() == in_order);
    if (in_order) ASSERT(events->size() == accounts.size());
    return true;
}

bool fuzz_block_leaf(ByteView octets) {
    const auto event = event_of_leaf(octets);
    const auto transaction = instruction_of_leaf(octets);
    if (!event) {
        ASSERT(is_form(event.error()) && !transaction);
        return false;
    }
    if (transaction) {
        ASSERT(!*event && equal(instruction_leaf(*transaction), octets));
        return true;
    }
    if (octets[0] == static_cast<std::uint8_t>(LeafTag::refund)) {
        ASSERT(*event && equal(refund_leaf(**event), octets));
        return true;
    }
    OerReader from(octets);
    ASSERT(from.u8() == static_cast<std::uint8_t>(LeafTag::operation));
    OperationLeaf leaf;
    leaf.instruction = from.fixed<Hash>();
    leaf.index = from.u32();
    leaf.answer.id = from.fixed<CommandId>();
    leaf.answer.done = from.boolean();
    if (leaf.answer.done)
        leaf.answer.sequence = from.u64();
    else
        leaf.answer.reason = from.reason();
    leaf.event = *event;
    ASSERT(equal(operation_leaf(leaf), octets));
    return true;
}

bool fuzz_block_frame(ByteView octets) {
    return is_canonical(
        octets, [](ByteView from) { return securities::decode_frame(from); },
        [](const BlockFrame& frame) { return securities::encode_frame(frame); });
}

// Frames as a reader gets them. What the fuzzer cannot guess, the hashes, is put right where the
// number before a frame says so; then the reader must go on or give a reason, and a frame that it
// refuses must leave it where it was.
bool fuzz_light_client(ByteView octets) {
    const auto scheme = std::make_shared<LenientScheme>();
    BlockReader reader(trust(), scheme);
    LightClient client(trust(), scheme, std::nullopt);
    bool accepted = false;
    for (Pieces pieces(octets); !pieces.done();) {
        const std::uint8_t repair = pieces.number();
        auto frame = securities::decode_frame(pieces.next());
        if (!frame) continue;
        Hash parent = client.place().header;
        Timestamp time = client.place().time;
        std::uint64_t height = client.place().height;
        for (BlockView& view : frame->blocks) {
            if (repair & 1) {
                view.header.chain = genesis().chain_id();
                view.header.validators = genesis().validators.hash();
            }
            if (repair & 2) view.header.parent = parent;
            if (repair & 4) view.header.time = time = time + Duration{1};
            if (repair & 8) view.header.height = ++height;
            if (repair & 16 && view.leaves.size() == 1) {
                view.leaf_count = 1;
                view.leaves.front().index = 0;
                view.leaves.front().path.clear();
                view.header.tx_root = merkle_leaf(view.leaves.front().octets);
            }
            parent = view.header.hash();
        }
        const Place before = client.place();
        const auto events = client.accept(*frame);
        const auto news = reader.read(securities::encode_frame(*frame));
        ASSERT(news.has_value() == events.has_value());
        ASSERT(equal(reader.place(), encode_place(client.place())));
        if (!events) {
            ASSERT(client.place() == before && to_string(events.error()) != nullptr);
            ASSERT((news.error().kind == StreamFault::Kind::gap) == (events.error() == Doubt::gap));
            continue;
        }
        std::uint64_t last = before.sequence;
        for (const LedgerEvent& event : *events) {
            ASSERT(event.sequence > last);
            last = event.sequence;
        }
        ASSERT(client.place().sequence == last && client.place().height >= before.height);
        accepted = accepted || client.place().height > before.height;
    }
    BlockReader restored(trust(), scheme);
    ASSERT(restored.restore(reader.place()) && restored.cursor() == reader.cursor());
    return accepted;
}

bool fuzz_light_client_place(ByteView octets) {
    return is_canonical(octets, decode_place, encode_place);
}

// The first number says how many leaves, the second which one; then come changes of its proof. A
// changed proof must be refused, of the tree and of the map.
bool fuzz_merkle_proof(ByteView octets) {
    Pieces pieces(octets);
    const std::size_t count = 1 + pieces.number() % 20;
    const std::size_t chosen = pieces.number() % count;
    std::vector<Hash> leaves;
    MerkleMap map;
    for (std::size_t i = 0; i < count; ++i) {
        leaves.push_back(sha256(OerWriter().u64(i).bytes()));
        map.set(leaves.back(), sha256(leaves.back().view()));
    }
    const Hash root = merkle_root(leaves);
    const auto good_path = merkle_path(leaves, chosen);
    ASSERT(merkle_verify(leaves[chosen], chosen, count, good_path, root));
    const Hash& key = leaves[chosen];
    const Hash value = sha256(key.view());
    const StateProof good_proof = map.prove(key);
    ASSERT(verify_state(map.root(), key, value, good_proof));

    OerReader from(pieces.rest());
    auto path = good_path;
    const std::size_t index = from.u8();
    const std::size_t size = from.u8();
    StateProof proof = good_proof;
    for (std::size_t i = 0; from.remaining() >= 34 && i < 40; ++i) {
        const std::uint8_t what = from.u8();
        const std::uint8_t where = from.u8();
        const Hash hash = from.fixed<Hash>();
        if (what % 4 == 0 && where < path.size()) path[where] = hash;
        if (what % 4 == 1) path.push_back(hash);
        if (what % 4 == 2 && where < proof.steps.size()) proof.steps[where].sibling = hash;
        if (what % 4 == 3) proof.steps.push_back({where, hash});
    }
    if (path != good_path) ASSERT(!merkle_verify(leaves[chosen], chosen, count, path, root));
    merkle_verify(leaves[chosen], index, size, path, root);
    if (index != chosen && size == count)
        ASSERT(!merkle_verify(leaves[chosen], index, size, good_path, root));
    if (proof.steps != good_proof.steps) ASSERT(!verify_state(map.root(), key, value, proof));
    ASSERT(!verify_state(map.root(), key, std::nullopt, proof));
    map.erase(key);
    ASSERT(verify_state(map.root(), key, std::nullopt, map.prove(key)));
    return true;
}

bool fuzz_validator_message(ByteView octets) {
    if (!is_canonical(
            octets, [](ByteView from) { return securities::decode_message(from); },
            [](const securities::Message& message) { return securities::encode_message(message); }))
        return false;
    const auto message = securities::decode_message(octets);
    height_of(*message);
    if (const auto* proposal = std::get_if<Proposal>(&*message)) proposal_message(*proposal);
    // With its transactions decoded, as a validator keeps it.
    const auto received = validator_input::Received::decode(Bytes(octets.begin(), octets.end()));
    if (received) ASSERT(equal(received->octets, octets));
    return true;
}

bool fuzz_validator_input(ByteView octets) {
    return is_canonical(octets, Validator::decode_input, Validator::encode_input);
}

bool fuzz_validator_snapshot(ByteView octets) {
    Validator machine(validator_setup());
    if (!is_canonical_snapshot(octets, machine)) return false;
    if (!machine.configured()) return true;
    // A state that was accepted can be worked with.
    ASSERT(is_balanced(machine.ledger()));
    machine.next_wake();
    machine.standing();
    machine.block_due();
    machine.can_hurry();
    const auto& state = machine.ledger().state();
    for (const auto& [address, held] : state.accounts.all())
        machine.ledger().balances(address);
    // In the last moment before something falls due: what is refunded gets an id that follows from
    // its lock, and a state that was made up may have it already.
    securities::Ledger ledger = machine.ledger();
    const Timestamp last = ledger.next_expiry().value_or(Timestamp::never()) - Duration{1};
    if (last <= state.time) return true;
    const Bytes before = state_of(ledger);
    ledger.execute(last, {});
    ledger.rollback();
    ASSERT(state_of(ledger) == before);
    ledger.execute(last, {});
    ledger.commit();
    ASSERT(is_balanced(ledger));
    return true;
}

// What others say to v0, one at a time, with the hashes put right. Only v1 is a liar: of four
// validators, agreement survives one.
bool fuzz_validator_machine(ByteView octets) {
    Validator machine(validator_setup());
    Timestamp at = start_time;
    {
        Outputs<Validator> out;
        machine.apply(at, validator_input::Configure{genesis(), {}}, out);
    }
    bool accepted = false;
    for (Pieces pieces(octets); !pieces.done();) {
        at = at + Duration::milliseconds(4 * pieces.number());
        for (int i = 0; i < 4; ++i) {
            const auto due = machine.next_wake();
            if (!due || *due > at) break;
            Outputs<Validator> out;
            machine.apply(at, Validator::wake(), out);
        }
        auto message = securities::decode_message(pieces.next());
        if (!message || std::holds_alternative<DecidedBlock>(*message)) continue;
        if (auto* proposal = std::get_if<Proposal>(&*message)) {
            BlockHeader& header = proposal->header;
            header.chain = genesis().chain_id();
            header.height = machine.height();
            header.parent = machine.tip().hash;
            header.validators = genesis().validators.hash();
            header.time = std::max(machine.tip().time + Duration{1}, at);
        } else if (auto* vote = std::get_if<Vote>(&*message)) {
            vote->validator = 1;
            vote->ballot.height = machine.height();
        }
        auto received = validator_input::Received::decode(securities::encode_message(*message));
        if (!received) continue;
        const Validator::Input input = std::move(*received);
        if (!machine.check(at, input)) continue;
        accepted = true;
        Outputs<Validator> out;
        machine.apply(at, input, out);
        for (const auto& output : out.outputs) {
            if (Validator::is_recorded(output)) Validator::encode_output(output);
        }
        // One vote a kind and round, whatever others say: a copy of it answers the same.
        Validator restored(validator_setup());
        ASSERT(is_canonical_snapshot(machine.write_snapshot(), restored));
        ASSERT(restored.next_wake() == machine.next_wake());
    }
    ASSERT(is_balanced(machine.ledger()));
    return accepted;
}

// Blocks: a number for the seconds before it and, in its lowest bit, whether it is decided; then
// one instruction a block.
bool fuzz_securities_ledger(ByteView octets) {
    securities::Ledger ledger = securities_world();
    Timestamp at = securities_world_time();
    bool accepted = false;
    for (Pieces pieces(octets); !pieces.done();) {
        const std::uint8_t number = pieces.number();
        const Timestamp time = at + Duration::seconds(number / 2) + Duration{1};
        const ByteView piece = pieces.next();
        auto transaction = Transaction::decode(Bytes(piece.begin(), piece.end()));
        std::vector<Transaction> transactions;
        if (transaction && ledger.check(time, transaction->instruction))
            transactions.push_back(std::move(*transaction));
        const Bytes before = state_of(ledger);
        const Executed executed = ledger.execute(time, transactions);
        ASSERT(root_of(executed.leaves) == executed.tx_root);
        for (const Bytes& leaf : executed.leaves)
            ASSERT(event_of_leaf(leaf).has_value());
        if (number & 1) {
            ledger.commit();
            at = time;
        } else {
            ledger.rollback();
            ASSERT(state_of(ledger) == before);
            const Executed again = ledger.execute(time, transactions);
            ASSERT(again.state_root == executed.state_root && again.leaves == executed.leaves);
            ledger.rollback();
        }
        ASSERT(is_balanced(ledger));
        accepted = accepted || !transactions.empty();
        for (const auto& answers : executed.answers)
            ASSERT(answers.size() == transactions.front().instruction.ops.size());
    }
    for (const std::string_view name : {"al", "bo"}) {
        for (const std::uint64_t after : {std::uint64_t{0}, std::uint64_t{9}, UINT64_MAX}) {
            const auto answer = ledger.answer({ledger_address(), named<PublicKey>(name), at,
                                               ask::OpenEscrows{account(name), 100, after}});
            ASSERT(answer.has_value());
            // those prepared after the cursor, so that pages follow one another
            ASSERT(after < UINT64_MAX || answer->escrows.empty());
        }
    }
    return accepted;
}

// The kind, then a row for readers.
bool fuzz_securities_record(ByteView octets) {
    if (octets.empty()) return false;
    const ByteView row = octets.subspan(1);
    switch (octets[0] % 3) {
        case 0:
            if (!is_canonical_archive<Effect>(row)) return false;
            ASSERT(to_string(decode_fields<Effect>(row)->kind) != nullptr);
            return true;
        case 1:
            return is_canonical_archive<securities::Escrow>(row);
        default: {
            OerReader from(row);
            const Vote first = read_vote(from);
            const Vote other = read_vote(from);
            if (!from.finish()) return false;
            OerWriter to;
            write_vote(to, first);
            write_vote(to, other);
            ASSERT(equal(to.bytes(), row));
            return true;
        }
    }
}

}  // namespace lockstep::fuzz
