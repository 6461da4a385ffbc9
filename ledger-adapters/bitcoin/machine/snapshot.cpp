// The state as octets: settings, the blocks in the order in which they came with what is known of
// them, and the pool. Coins and the index follow from the blocks; they are made anew.
#include "bitcoin/machine/machine.h"
#include "sdk/codec/archive.h"

namespace lockstep::bitcoin {
namespace {

struct KeptBlock {
    Bytes octets;
    bool invalid = false;
    std::optional<std::string> fault;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.octets, self.invalid, self.fault);
    }
};

struct KeptTransaction {
    Bytes octets;
    std::uint64_t time = 0;    // seconds
    std::uint32_t height = 0;  // of the tip when it came
    std::uint64_t sequence = 0;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.octets, self.time, self.height, self.sequence);
    }
};

// Of the pool as a whole.
struct KeptState {
    std::uint64_t now_s = 0;
    std::uint64_t next_sequence = 0;
    std::uint64_t scaled = 0;
    std::uint64_t since_s = 0;
    bool is_falling = true;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.now_s, self.next_sequence, self.scaled, self.since_s, self.is_falling);
    }
};

struct Kept {
    bool configured = false;
    Settings settings;
    std::uint32_t told_time = 0;
    std::uint64_t made = 0;
    std::vector<KeptBlock> blocks;  // without the first
    std::vector<KeptTransaction> pool;
    KeptState state;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.configured, self.settings, self.told_time, self.made, self.blocks, self.pool,
          self.state);
    }
};

}  // namespace

Bytes BitcoinMachine::write_snapshot() const {
    Kept kept{configured_, settings_, told_time_, made_, {}, {}, {}};
    for (const Chain::Entry* entry : chain().in_order())
        if (entry->height > 0)
            kept.blocks.push_back({serialize(entry->block), entry->invalid, entry->fault});
    for (const Mempool::Entry* entry : pool().in_order())
        kept.pool.push_back({serialize(*entry->transaction),
                             static_cast<std::uint64_t>(entry->time),
                             static_cast<std::uint32_t>(entry->height), entry->sequence});
    const Mempool::State state = pool().state();
    kept.state = {static_cast<std::uint64_t>(state.now_s), state.next_sequence,
                  state.minimum.scaled, static_cast<std::uint64_t>(state.minimum.since_s),
                  state.minimum.is_falling};
    return encode_fields(kept);
}

// Scripts were verified before the snapshot was written, whose digest the store has checked.
Result<void> BitcoinMachine::read_snapshot(ByteView octets) {
    auto kept = decode_fields<Kept>(octets);
    if (!kept) return refuse(kept.error());
    if (!is_valid(kept->settings)) return refuse(Reason::malformed);
    auto parts = std::make_unique<Parts>(kept->settings);
    std::vector<Chain::Kept> blocks;
    for (KeptBlock& one : kept->blocks) {
        auto block = parse_block(one.octets);
        if (!block) return refuse(Reason::malformed);
        blocks.push_back({std::move(*block), one.invalid, std::move(one.fault)});
    }
    parts->chain.skip_scripts_of([](const Transaction&) { return true; });
    if (!parts->chain.restore(std::move(blocks))) return refuse(Reason::malformed);
    parts->verify_again();
    std::vector<Mempool::Kept> pool;
    for (const KeptTransaction& one : kept->pool) {
        auto transaction = parse_transaction(one.octets);
        if (!transaction) return refuse(Reason::malformed);
        pool.push_back({std::move(*transaction), static_cast<std::int64_t>(one.time),
                        static_cast<int>(one.height), one.sequence});
    }
    const KeptState& state = kept->state;
    if (!parts->pool.restore(
            pool, {static_cast<std::int64_t>(state.now_s),
                   state.next_sequence,
                   {state.scaled, static_cast<std::int64_t>(state.since_s), state.is_falling}}))
        return refuse(Reason::malformed);
    configured_ = kept->configured;
    settings_ = kept->settings;
    told_time_ = kept->told_time;
    made_ = kept->made;
    parts_ = std::move(parts);
    places_.clear();
    for (int height = 0; height <= chain().height(); ++height)
        index(chain().at(height)->id);
    return {};
}

}  // namespace lockstep::bitcoin
