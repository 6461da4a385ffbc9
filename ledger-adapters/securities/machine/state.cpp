#include "securities/machine/state.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::securities {
namespace {

// Numbers under the state root; never reused.
enum class Table : std::uint8_t {
    account = 1,
    asset = 2,
    output = 3,
    escrow = 4,
    tombstone = 5,
    answer = 6,
    holding = 7,
    counters = 8,
};

template <class K>
Hash key_of(Table table, const K& key) {
    ArchiveWriter to;
    to(static_cast<std::uint8_t>(table), key);
    return sha256(to.bytes());
}

template <class V>
Hash hash_of(const V& value) {
    return sha256(encode_fields(value));
}

template <class K>
std::uint64_t count_of(const UndoMap<K, std::uint64_t>& counts, const K& key) {
    const std::uint64_t* count = counts.find(key);
    return count ? *count : 0;
}
template <class K>
void count_up(UndoMap<K, std::uint64_t>& counts, const K& key) {
    counts.set(key, count_of(counts, key) + 1);
}
template <class K>
void count_down(UndoMap<K, std::uint64_t>& counts, const K& key) {
    const std::uint64_t count = count_of(counts, key);
    ASSERT(count > 0);
    if (count == 1)
        counts.erase(key);
    else
        counts.set(key, count - 1);
}

// From a snapshot: there is nothing to take back.
template <class K>
void load_one_more(UndoMap<K, std::uint64_t>& counts, const K& key) {
    counts.load(key, count_of(counts, key) + 1);
}

using Leaves = std::vector<MerkleMap::Leaf>;

template <class K, class V>
void collect(Leaves& to, Table table, const UndoMap<K, V>& map) {
    to.reserve(to.size() + map.size());
    for (const auto& [key, value] : map.all())
        to.push_back({key_of(table, key), hash_of(value)});
}

template <class K, class V>
void put_touched(MerkleMap& to, Table table, const UndoMap<K, V>& map) {
    for (const K& key : map.touched()) {
        const V* value = map.find(key);
        if (value)
            to.set(key_of(table, key), hash_of(*value));
        else
            to.erase(key_of(table, key));
    }
}

}  // namespace

template <class F>
void State::for_each_primary(F visit) {
    visit(Table::account, accounts);
    visit(Table::asset, assets);
    visit(Table::output, outputs);
    visit(Table::escrow, escrows);
    visit(Table::tombstone, tombstones);
    visit(Table::answer, answers);
    visit(Table::holding, holdings);
}

template <class F>
void State::for_each_map(F visit) {
    for_each_primary([&](Table, auto& map) { visit(map); });
    visit(spendable);
    visit(by_amount);
    visit(expiries);
    visit(open);
    visit(tombstones_of);
    visit(open_of);
    visit(answers_of);
    visit(closed);
    visit(stale_tombstones);
    visit(stale_answers);
    visit(keys);
}

void State::add_output(const OutputId& id, Output output) {
    ASSERT(outputs.find(id) == nullptr);
    if (!output.lock) {
        const HoldingRef holding{output.owner, output.asset};
        spendable.set({holding, {output.made, id}}, {});
        by_amount.set({holding, {output.amount.units(), id}}, {});
    }
    outputs.set(id, std::move(output));
}

void State::remove_output(const OutputId& id) {
    const Output* output = outputs.find(id);
    ASSERT(output != nullptr);
    if (!output->lock) {
        const HoldingRef holding{output->owner, output->asset};
        spendable.erase({holding, {output->made, id}});
        by_amount.erase({holding, {output->amount.units(), id}});
    }
    outputs.erase(id);
}

void State::put_escrow(Escrow escrow) {
    const EscrowRef ref{escrow.terms.id, escrow.terms.payer};
    const std::uint64_t since = escrow.prepared_at;
    if (escrow.state == EscrowState::prepared) {
        expiries.set({escrow.terms.expiry, ref}, {});
        open.set({escrow.terms.payer, {since, ref}}, {});
        open.set({escrow.terms.payee, {since, ref}}, {});
        count_up(open_of, escrow.terms.payer);
    } else {
        expiries.erase({escrow.terms.expiry, ref});
        open.erase({escrow.terms.payer, {since, ref}});
        open.erase({escrow.terms.payee, {since, ref}});
        count_down(open_of, escrow.terms.payer);
        closed.set({escrow.remember_until, ref}, {});
    }
    escrows.set(ref, std::move(escrow));
}

void State::forget_escrow(const EscrowRef& ref) {
    const Escrow* escrow = escrows.find(ref);
    ASSERT(escrow != nullptr && escrow->state != EscrowState::prepared);
    closed.erase({escrow->remember_until, ref});
    escrows.erase(ref);
}

void State::put_tombstone(const TombstoneRef& ref, Tombstone tombstone) {
    count_up(tombstones_of, ref.second);
    stale_tombstones.set({tombstone.remember_until, ref}, {});
    tombstones.set(ref, tombstone);
}

void State::forget_tombstone(const TombstoneRef& ref) {
    const Tombstone* tombstone = tombstones.find(ref);
    ASSERT(tombstone != nullptr);
    count_down(tombstones_of, ref.second);
    stale_tombstones.erase({tombstone->remember_until, ref});
    tombstones.erase(ref);
}

void State::put_answer(const AnswerRef& ref, Answered answer) {
    stale_answers.set({answer.until, ref}, {});
    count_up(answers_of, ref.second);
    answers.set(ref, answer);
}

void State::keep_answer(const AnswerRef& ref, Timestamp until) {
    const Answered* known = answers.find(ref);
    ASSERT(known != nullptr);
    if (until <= known->until) return;
    Answered answer = *known;
    stale_answers.erase({answer.until, ref});
    answer.until = until;
    stale_answers.set({until, ref}, {});
    answers.set(ref, answer);
}

void State::forget_answer(const AnswerRef& ref) {
    const Answered* answer = answers.find(ref);
    ASSERT(answer != nullptr);
    stale_answers.erase({answer->until, ref});
    count_down(answers_of, ref.second);
    answers.erase(ref);
}

void State::add_key(const PublicKey& key) {
    count_up(keys, key);
}

std::uint64_t State::answer_count(const PublicKey& signer) const {
    return count_of(answers_of, signer);
}
std::uint64_t State::open_count(const Address& payer) const {
    return count_of(open_of, payer);
}

Hash State::output_key(const OutputId& id) {
    return key_of(Table::output, id);
}
Hash State::escrow_key(const EscrowRef& ref) {
    return key_of(Table::escrow, ref);
}
Hash State::value_of(const Output& output) {
    return hash_of(output);
}
Hash State::value_of(const Escrow& escrow) {
    return hash_of(escrow);
}

void State::close_marks() {
    ArchiveWriter to;
    to(sequence, time);
    merkle_.set(key_of(Table::counters, std::uint8_t{0}), sha256(to.bytes()));
}

Hash State::root() {
    for_each_primary([&](Table table, auto& map) { put_touched(merkle_, table, map); });
    close_marks();
    return merkle_.root();
}

void State::commit() {
    for_each_map([](auto& map) { map.commit(); });
    committed_sequence_ = sequence;
    committed_time_ = time;
}

void State::rollback() {
    // The keys that changed get their old values again, in the maps first, then under the root.
    for_each_primary([&](Table table, auto& map) {
        const auto touched = map.touched();
        map.rollback();
        for (const auto& key : touched) {
            const auto* value = map.find(key);
            if (value)
                merkle_.set(key_of(table, key), hash_of(*value));
            else
                merkle_.erase(key_of(table, key));
        }
    });
    for_each_map([](auto& map) { map.rollback(); });
    sequence = committed_sequence_;
    time = committed_time_;
    close_marks();
}

void State::write(ArchiveWriter& to) const {
    to(sequence, time, accounts.all(), assets.all(), outputs.all(), escrows.all());
    to(tombstones.all(), answers.all(), holdings.all());
}

void State::read(ArchiveReader& from) {
    from(sequence, time);
    for_each_map([](auto& map) { map.clear(); });
    Leaves leaves;
    for_each_primary([&](Table table, auto& map) {
        typename std::remove_reference_t<decltype(map)>::Map loaded;
        from(loaded);
        map.load(std::move(loaded));
        collect(leaves, table, map);
    });
    std::sort(leaves.begin(), leaves.end(),
              [](const MerkleMap::Leaf& a, const MerkleMap::Leaf& b) { return a.key < b.key; });
    merkle_.load(std::move(leaves));
    close_marks();
    index_again();
    commit();
    if (!from.oer().failed() && !is_sound()) from.oer().fail(Reason::malformed);
}

bool State::is_sound() const {
    const auto add = [](Amount& to, Amount amount) {
        const auto sum = checked_add(to, amount);
        to = sum.value_or(to);
        return sum.has_value();
    };
    std::map<AssetId, Amount> standing;
    std::map<HoldingRef, Holding> held;
    for (const auto& [id, output] : outputs.all()) {
        if (output.made > sequence || !accounts.find(output.owner)) return false;
        if (!add(standing[output.asset], output.amount)) return false;
        Holding& holding = held[{output.owner, output.asset}];
        if (!add(output.lock ? holding.escrowed : holding.free, output.amount)) return false;
        if (!output.lock) continue;
        const Escrow* escrow = escrows.find(*output.lock);
        if (!escrow || escrow->state != EscrowState::prepared || escrow->lock != id) return false;
    }
    for (const auto& [ref, escrow] : escrows.all()) {
        const EscrowTerms& terms = escrow.terms;
        if (ref != EscrowRef{terms.id, terms.payer} || escrow.prepared_at > escrow.sequence ||
            escrow.sequence > sequence ||
            escrow.preimage.has_value() != (escrow.state == EscrowState::fulfilled))
            return false;
        if (!accounts.find(terms.payer) || !accounts.find(terms.payee)) return false;
        if (escrow.state != EscrowState::prepared) continue;
        const Output* lock = outputs.find(escrow.lock);
        if (!lock || lock->lock != ref || lock->owner != terms.payer ||
            lock->asset != terms.asset || lock->amount != terms.amount)
            return false;
    }
    for (const auto& [ref, holding] : holdings.all()) {
        const Holding& sum = held[ref];
        if (holding.free != sum.free || holding.escrowed != sum.escrowed) return false;
    }
    // no output of somebody who holds nothing; an empty holding may be kept
    if (held.size() != holdings.size()) return false;
    for (const auto& [id, asset] : assets.all()) {
        const auto found = standing.find(id);
        const Amount sum = found == standing.end() ? Amount{} : found->second;
        if (asset.lot.is_zero() || checked_add(asset.redeemed, sum) != asset.issued) return false;
        if (found != standing.end()) standing.erase(found);
    }
    return standing.empty();
}

void State::index_again() {
    for (const auto& [id, output] : outputs.all()) {
        if (output.lock) continue;
        const HoldingRef holding{output.owner, output.asset};
        spendable.load({holding, {output.made, id}}, {});
        by_amount.load({holding, {output.amount.units(), id}}, {});
    }
    for (const auto& [ref, escrow] : escrows.all()) {
        if (escrow.state != EscrowState::prepared) {
            closed.load({escrow.remember_until, ref}, {});
            continue;
        }
        expiries.load({escrow.terms.expiry, ref}, {});
        open.load({escrow.terms.payer, {escrow.prepared_at, ref}}, {});
        open.load({escrow.terms.payee, {escrow.prepared_at, ref}}, {});
        load_one_more(open_of, escrow.terms.payer);
    }
    for (const auto& [ref, tombstone] : tombstones.all()) {
        load_one_more(tombstones_of, ref.second);
        stale_tombstones.load({tombstone.remember_until, ref}, {});
    }
    for (const auto& [ref, answer] : answers.all()) {
        stale_answers.load({answer.until, ref}, {});
        load_one_more(answers_of, ref.second);
    }
    for (const auto& [address, account] : accounts.all())
        load_one_more(keys, account.owner);
    for (const auto& [id, asset] : assets.all())
        load_one_more(keys, asset.issuer);
}

}  // namespace lockstep::securities
