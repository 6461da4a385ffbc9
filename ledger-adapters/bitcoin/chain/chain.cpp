#include "bitcoin/chain/chain.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::size_t median_span = 11;

}  // namespace

Block regtest_genesis() {
    constexpr std::string_view headline =
        "The Times 03/Jan/2009 Chancellor on brink of second bailout for banks";
    Transaction coinbase;
    coinbase.version = 1;
    TxIn input;
    ScriptWriter script_sig;
    script_sig.number(486604799).push(Bytes{4}).push(as_bytes(headline));
    input.script_sig = script_sig.take();
    coinbase.inputs.push_back(std::move(input));
    const auto key = from_hex(
        "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f"
        "35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f");
    ASSERT(key);
    ScriptWriter output;
    output.push(*key).op(Opcode::checksig);
    coinbase.outputs.push_back({50 * coin, output.take()});

    Block block;
    block.transactions.push_back(std::move(coinbase));
    block.header.version = 1;
    block.header.merkle_root = merkle_root_of(block).root;
    block.header.time = 1296688602;
    block.header.bits = regtest_params.bits;
    block.header.nonce = 2;
    return block;
}

// Nobody can spend what the first block pays: it is no coin.
Chain::Chain(const ChainParams& params, const Block& genesis) : params_(params) {
    const BlockId id = id_of(genesis.header);
    Entry& first = entries_[id];
    first.block = genesis;
    first.id = id;
    first.octets = serialize(genesis).size();
    first.sequence = next_sequence_++;
    valid_.emplace(rank_of(first), &first);
    active_.push_back(&first);
}

const Chain::Entry* Chain::find(const BlockId& id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

Chain::Entry* Chain::entry(const BlockId& id) {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

const Chain::Entry* Chain::at(int height) const {
    if (height < 0 || static_cast<std::size_t>(height) >= active_.size()) return nullptr;
    return active_[static_cast<std::size_t>(height)];
}

bool Chain::is_active(const BlockId& id) const {
    const Entry* block = find(id);
    return block != nullptr && at(block->height) == block;
}

std::vector<const Chain::Entry*> Chain::tips() const {
    std::set<BlockId> parents;
    for (const auto& [id, block] : entries_)
        parents.insert(block.block.header.parent);
    std::vector<const Entry*> list;
    for (const auto& [id, block] : entries_)
        if (!parents.contains(id)) list.push_back(&block);
    return list;
}

std::int64_t Chain::median_time(const Entry& block) const {
    std::vector<std::int64_t> times;
    const Entry* one = &block;
    while (one != nullptr && times.size() < median_span) {
        times.push_back(one->block.header.time);
        one = one->height == 0 ? nullptr : find(one->block.header.parent);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

std::int64_t Chain::median_before(int height) const {
    const Entry* before = at(std::max(height - 1, 0));
    ASSERT(before != nullptr);
    return median_time(*before);
}

Fault Chain::check(const Block& block, std::int64_t now_s) const {
    const BlockId id = id_of(block.header);
    if (const Entry* known = find(id)) return known->invalid ? "duplicate-invalid" : "duplicate";
    if (Fault fault = check_block(block, params_)) return fault;
    const Entry* parent = find(block.header.parent);
    if (parent == nullptr) return "prev-blk-not-found";
    if (parent->invalid) return "bad-prevblk";
    const Context context{parent->height + 1, median_time(*parent)};
    if (Fault fault = check_header(block.header, context, now_s, params_)) return fault;
    return check_in_context(block, context);
}

Fault Chain::test(const Block& block) const {
    if (block.header.parent != tip().id) return "inconclusive-not-best-prevblk";
    if (Fault fault = check_contents(block)) return fault;
    if (Fault fault = check_in_context(block, next())) return fault;
    Coins coins = coins_;
    BlockUndo undo;
    return bitcoin::connect(
        block, next(), params_, [this](int height) { return median_before(height); }, coins, undo);
}

Chain::Entry& Chain::add(const Block& block, const Entry& parent) {
    const BlockId id = id_of(block.header);
    Entry& added = entries_[id];
    added.block = block;
    added.id = id;
    added.octets = serialize(block).size();
    added.height = parent.height + 1;
    added.sequence = next_sequence_++;
    valid_.emplace(rank_of(added), &added);
    return added;
}

Fault Chain::accept(const Block& block, std::int64_t now_s, ChainChange& change) {
    if (Fault fault = check(block, now_s)) return fault;
    const Entry& added = add(block, *find(block.header.parent));
    activate(change);
    return added.fault;
}

std::vector<const Chain::Entry*> Chain::in_order() const {
    std::vector<const Entry*> list(entries_.size());
    for (const auto& [id, block] : entries_)
        list[block.sequence] = &block;
    return list;
}

bool Chain::restore(std::vector<Kept> blocks) {
    ASSERT(entries_.size() == 1);
    for (Kept& kept : blocks) {
        const Entry* parent = find(kept.block.header.parent);
        if (parent == nullptr || find(id_of(kept.block.header)) != nullptr) return false;
        Entry& added = add(kept.block, *parent);
        added.invalid = kept.invalid;
        if (added.invalid) valid_.erase(rank_of(added));
        added.fault = std::move(kept.fault);
    }
    ChainChange change;
    activate(change);
    return true;
}

std::vector<Chain::Entry*> Chain::branch(const Entry& from) {
    // A parent came before its child.
    std::map<std::uint64_t, Entry*> later;
    for (auto& [id, block] : entries_)
        if (block.sequence >= from.sequence) later[block.sequence] = &block;
    std::set<BlockId> known;
    std::vector<Entry*> found;
    for (const auto& [sequence, block] : later) {
        if (block != &from && !known.contains(block->block.header.parent)) continue;
        known.insert(block->id);
        found.push_back(block);
    }
    return found;
}

void Chain::mark_invalid(const Entry& from) {
    for (Entry* block : branch(from)) {
        block->invalid = true;
        valid_.erase(rank_of(*block));
    }
}

bool Chain::invalidate(const BlockId& id, ChainChange& change) {
    const Entry* from = find(id);
    if (from == nullptr || from->height == 0) return false;
    mark_invalid(*from);
    activate(change);
    return true;
}

bool Chain::reconsider(const BlockId& id, ChainChange& change) {
    Entry* from = entry(id);
    if (from == nullptr) return false;
    const auto forgive = [&](Entry& block) {
        block.invalid = false;
        block.fault.reset();
        valid_.emplace(rank_of(block), &block);
    };
    for (Entry* block : branch(*from))
        forgive(*block);
    for (Entry* one = from; one->height > 0; one = entry(one->block.header.parent))
        forgive(*one);
    activate(change);
    return true;
}

void Chain::activate(ChainChange& change) {
    while (true) {
        ASSERT(!valid_.empty());  // the first block is never invalid
        Entry* const goal = valid_.begin()->second;
        if (goal == &tip()) return;
        std::vector<Entry*> path;
        for (Entry* one = goal; at(one->height) != one; one = entry(one->block.header.parent))
            path.push_back(one);
        const int fork = path.empty() ? goal->height : path.back()->height - 1;
        while (height() > fork)
            disconnect_tip(change);
        bool good = true;
        for (auto next = path.rbegin(); next != path.rend() && good; ++next)
            good = connect(**next, change);
        if (good) return;
    }
}

void Chain::disconnect_tip(ChainChange& change) {
    Entry& last = *active_.back();
    coins_.take_back(last.block, std::move(last.undo));
    last.undo = {};
    active_.pop_back();
    // What came and left within one change never was.
    if (!change.joined.empty() && change.joined.back() == last.id)
        change.joined.pop_back();
    else
        change.left.push_back(last.id);
}

bool Chain::connect(Entry& next, ChainChange& change) {
    const Context context{next.height, median_time(tip())};
    next.fault = bitcoin::connect(
        next.block, context, params_, [this](int height) { return median_before(height); }, coins_,
        next.undo, is_verified_);
    if (next.fault) {
        mark_invalid(next);
        return false;
    }
    active_.push_back(&next);
    if (!change.left.empty() && change.joined.empty() && change.left.back() == next.id)
        change.left.pop_back();
    else
        change.joined.push_back(next.id);
    return true;
}

}  // namespace lockstep::bitcoin
