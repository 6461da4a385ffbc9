#include "sim/world/bitcoin_miner.h"

#include <algorithm>
#include <cstdint>

#include "sdk/crypto/hash.h"

namespace lockstep::sim {
namespace {

namespace node_input = bitcoin::input;
using bitcoin::BitcoinMachine;

// Draws until a step of so many brings a block.
constexpr std::int64_t steps_an_interval = 64;

std::uint32_t in_seconds(Timestamp time) {
    return static_cast<std::uint32_t>(time.us() / 1'000'000);
}

// Of the pool, each behind its parents.
std::vector<bitcoin::Transaction> chosen(const BitcoinMachine& machine, const BitcoinBooks& books,
                                         const BitcoinMiner::Leaves& leaves) {
    std::vector<bitcoin::Transaction> chosen;
    std::size_t room = leaves.room == 0 ? SIZE_MAX : leaves.room;
    std::set<bitcoin::Txid> left_out;
    for (const bitcoin::Mempool::Entry* entry : machine.pool().in_order()) {
        const bool stands =
            std::none_of(entry->parents.begin(), entry->parents.end(),
                         [&](const bitcoin::Txid& parent) { return left_out.contains(parent); });
        const bool is_claim = leaves.claims && books.is_claim(*entry->transaction);
        if (stands && !is_claim && !leaves.leaves_out(*entry) && entry->size <= room) {
            chosen.push_back(*entry->transaction);
            room -= entry->size;
        } else {
            left_out.insert(entry->txid);
        }
    }
    return chosen;
}

}  // namespace

// By its fee alone.
bool BitcoinMiner::Leaves::leaves_out(const bitcoin::Mempool::Entry& entry) const {
    return all || entry.fee * 1'000 < below * static_cast<bitcoin::FeeRate>(entry.size);
}

Bytes miners_script() {
    Bytes script{0x00, 0x20};
    append(script, sha256(as_bytes("miner")).view());
    return script;
}

Duration BitcoinMiner::next_interval(Duration last) {
    const Duration mean = chain_.interval;
    // What is above twice the mean is remembered, so that it comes to four intervals at most.
    excess_ = std::max(Duration{}, excess_ + last - mean * 2);
    if (chain_.regular) return mean;
    const std::int64_t step = std::max<std::int64_t>(mean.us() / steps_an_interval, 1);
    Duration drawn;
    do
        drawn = drawn + Duration{step};
    while (rng_.below(steps_an_interval) != 0);
    const Duration most = std::max(mean * 6 - excess_, Duration{mean.us() / 4});
    return std::clamp(drawn, Duration::milliseconds(100), most);
}

// Clock and stamp together are wrong by what the chain may be.
std::uint32_t BitcoinMiner::stamp(const Shown& shown) {
    const Duration off = std::max(shown.off, Duration{} - shown.off);
    const Duration most = std::max(chain_.stamp_error - off, Duration{});
    return in_seconds(shown.at + rng_.between(Duration{} - most, most));
}

std::vector<bitcoin::Input> BitcoinMiner::make(const BitcoinMachine& machine,
                                               const BitcoinBooks& books, const Shown& shown,
                                               const Leaves& leaves, std::uint32_t blocks) {
    std::vector<bitcoin::Input> inputs;
    for (std::uint32_t i = 0; i < blocks; ++i) {
        node_input::Mine mine;
        mine.script = miners_script();
        if (leaves.claims || leaves.below > 0 || leaves.all || leaves.room > 0)
            mine.transactions =
                i == 0 ? chosen(machine, books, leaves) : std::vector<bitcoin::Transaction>();
        inputs.emplace_back(node_input::SetTime{stamp(shown)});
        inputs.emplace_back(std::move(mine));
    }
    inputs.emplace_back(node_input::SetTime{});
    return inputs;
}

std::vector<bitcoin::Input> BitcoinMiner::overtake(const BitcoinMachine& machine,
                                                   const Shown& shown, int depth) {
    const auto& chain = machine.chain();
    const auto* first = chain.at(chain.height() - depth + 1);
    ASSERT(depth > 0 && first != nullptr && first->height > 0);
    // In the first block again, or only behind the branch.
    const bool again = rng_.below(2) == 0;
    std::vector<bitcoin::Input> inputs;
    inputs.emplace_back(node_input::Invalidate{first->id});
    for (int i = 0; i <= depth; ++i) {
        node_input::Mine mine;
        mine.script = miners_script();
        if (!again) mine.transactions.emplace();
        inputs.emplace_back(node_input::SetTime{stamp(shown)});
        inputs.emplace_back(std::move(mine));
    }
    inputs.emplace_back(node_input::SetTime{});
    // Whoever left it does not come back to it: of two branches alike a node takes the older one.
    return inputs;
}

}  // namespace lockstep::sim
