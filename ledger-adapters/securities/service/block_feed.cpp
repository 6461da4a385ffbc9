#include "securities/service/block_feed.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/machine/stream_reader.h"

namespace lockstep::securities {
namespace {

// Frames stay well below what a connection takes at once, but for a large block, which is never
// divided.
constexpr std::size_t blocks_a_frame = 64;
constexpr std::size_t octets_a_frame = 1 << 19;
// The worst frame: everything in a block, with the longest addresses, concerns the reader, comes
// with the balances of all his accounts, and stands behind small blocks. Were a frame larger than a
// connection takes, its reader would be cut off at this block for ever, and miss his claims.
constexpr std::size_t path_octets = 1 + 13 * Hash::size;
static_assert(2 * max_block_operations + max_block_refunds <= 1 << 13);
constexpr std::size_t leaf_octets = 4 + 3 + max_operation_leaf + path_octets;
constexpr std::size_t head_octets = 1'000 + max_validators * (4 + Signature::size);
static_assert((max_block_operations + max_block_refunds) * leaf_octets +
                  max_view_balances * max_balance_octets + octets_a_frame +
                  blocks_a_frame * head_octets <=
              max_stream_frame_octets);
// How often a reader of a long past is asked whether it has room for more.
constexpr std::chrono::microseconds room_interval{5'000};

}  // namespace

BlockFeed::BlockFeed(BlockSource blocks, AccountsOf accounts_of)
    : blocks_(std::move(blocks)), accounts_of_(std::move(accounts_of)) {}

BlockFeed::~BlockFeed() {
    stop();
}

void BlockFeed::begin(std::uint64_t tip, const Ledger& ledger) {
    tip_ = tip;
    ready_ = tip;
    for (const auto& [ref, holding] : ledger.state().holdings.all())
        holdings_[ref] = {ref.first, ref.second, holding.free, holding.escrowed};
    thread_ = std::thread([this] { loop(); });
}

void BlockFeed::publish(DecidedBlock block, const std::vector<Effect>& effects) {
    ASSERT(block.header.height == tip_ + 1);
    {
        const std::lock_guard lock(mutex_);
        tip_ = block.header.height;
        arrived_.emplace_back(std::move(block), effects);
    }
    changed_.notify_one();
}

Result<void> BlockFeed::subscribe(const PublicKey& reader, std::uint64_t cursor,
                                  service::FrameSink sink, service::FrameEnd end) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return refuse(Reason::draining);
        if (count_ >= max_readers) return refuse(Reason::limit_reached);
        if (const auto own = of_key_.find(reader);
            own != of_key_.end() && own->second >= service::max_streams_of_key)
            return refuse(Reason::limit_reached);
        if (cursor > tip_) return refuse(Reason::too_far_ahead);
        ++count_;
        ++of_key_[reader];
        Reader joined;
        joined.key = reader;
        joined.next = cursor + 1;
        joined.sink = std::move(sink);
        joined.end = std::move(end);
        joining_.push_back(std::move(joined));
    }
    changed_.notify_one();
    return {};
}

void BlockFeed::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void BlockFeed::loop() {
    constexpr auto heartbeat = std::chrono::microseconds(service::heartbeat_interval.us());
    while (true) {
        std::deque<std::pair<DecidedBlock, std::vector<Effect>>> arrived;
        {
            std::unique_lock lock(mutex_);
            const auto waits = [this](const Reader& r) { return r.next <= ready_ && r.full; };
            const auto behind = [this](const Reader& r) { return r.next <= ready_ && !r.full; };
            if (std::none_of(readers_.begin(), readers_.end(), behind)) {
                const bool full = std::any_of(readers_.begin(), readers_.end(), waits);
                changed_.wait_for(lock, full ? room_interval : heartbeat / 2, [this] {
                    return stopping_ || !arrived_.empty() || !joining_.empty();
                });
            }
            if (stopping_) return;
            arrived.swap(arrived_);
            readers_.splice(readers_.end(), joining_);
        }
        for (auto& [block, effects] : arrived) {
            auto published = std::make_shared<Published>();
            ready_ = block.header.height;
            published->block = ProvableBlock(std::move(block));
            for (const Effect& effect : effects) {
                for (const Effect::Line& line : effect.lines) {
                    const Balance now{line.account, effect.asset, line.free, line.escrowed};
                    holdings_[{line.account, effect.asset}] = now;
                    published->changed.push_back(now);
                }
            }
            recent_.emplace(ready_, std::move(published));
            if (recent_.size() > blocks_in_memory) recent_.erase(recent_.begin());
        }
        for (auto reader = readers_.begin(); reader != readers_.end();) {
            if (serve(*reader)) {
                ++reader;
                continue;
            }
            leave(reader->key);
            reader = readers_.erase(reader);
        }
    }
}

void BlockFeed::leave(const PublicKey& key) {
    const std::lock_guard lock(mutex_);
    --count_;
    const auto own = of_key_.find(key);
    ASSERT(own != of_key_.end() && own->second > 0);
    if (--own->second == 0) of_key_.erase(own);
}

std::shared_ptr<const BlockFeed::Published> BlockFeed::find(std::uint64_t height) {
    const auto recent = recent_.find(height);
    if (recent != recent_.end()) return recent->second;
    const auto octets = blocks_(height);
    if (!octets) return nullptr;
    auto block = decode_decided(*octets);
    if (!block) return nullptr;
    auto published = std::make_shared<Published>();
    published->block = ProvableBlock(std::move(*block));
    return published;
}

bool BlockFeed::serve(Reader& reader) {
    const auto now = std::chrono::steady_clock::now();
    if (reader.next > ready_ && reader.has_balances &&
        now - reader.last_frame < std::chrono::microseconds(service::heartbeat_interval.us()) / 2)
        return true;
    // what is past waits for its reader; what happens now is sent anyway
    reader.full = reader.next < ready_ && !reader.sink.has_room();
    if (reader.full) return true;
    reader.accounts = accounts_of_(reader.key);
    std::sort(reader.accounts.begin(), reader.accounts.end());
    BlockFrame frame;
    frame.tip = ready_;
    std::size_t octets = 0;
    while (reader.next <= ready_ && frame.blocks.size() < blocks_a_frame &&
           octets < octets_a_frame) {
        const auto published = find(reader.next);
        if (!published) {
            reader.end(Reason::not_found);
            return false;
        }
        frame.blocks.push_back(published->block.view_for(reader.accounts));
        for (const ProvenLeaf& leaf : frame.blocks.back().leaves)
            octets += leaf.octets.size() + leaf.path.size() * Hash::size;
        for (const Balance& balance : published->changed)
            if (std::binary_search(reader.accounts.begin(), reader.accounts.end(), balance.account))
                reader.changed[{balance.account, balance.asset}] = balance;
        ++reader.next;
    }
    if (reader.next > ready_) add_balances(reader, frame);
    reader.last_frame = now;
    return reader.sink(std::make_shared<const Bytes>(encode_frame(frame)));
}

void BlockFeed::add_balances(Reader& reader, BlockFrame& frame) {
    if (!reader.has_balances) {
        reader.has_balances = true;
        reader.changed.clear();
        for (const Address& account : reader.accounts)
            for (auto it = holdings_.lower_bound({account, AssetId{}});
                 it != holdings_.end() && it->first.first == account; ++it)
                reader.changed[it->first] = it->second;
    }
    while (!reader.changed.empty() && frame.balances.size() < max_view_balances) {
        frame.balances.push_back(reader.changed.begin()->second);
        reader.changed.erase(reader.changed.begin());
    }
}

}  // namespace lockstep::securities
