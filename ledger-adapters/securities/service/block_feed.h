// Streams decided blocks to readers, from a thread of its own: every header, and of the leaves
// those that concern the reader's accounts, with their proofs. Blocks that a reader missed come
// from the records, the newest from memory.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "sdk/service/ledger_backend.h"
#include "securities/machine/light_client.h"
#include "securities/machine/validator.h"

namespace lockstep::securities {

class BlockFeed {
public:
    static constexpr std::size_t max_readers = 1'024;
    static constexpr std::size_t blocks_in_memory = 256;

    using BlockSource = std::function<std::optional<Bytes>(std::uint64_t height)>;
    using AccountsOf = std::function<std::vector<Address>(const PublicKey& key)>;

    BlockFeed(BlockSource blocks, AccountsOf accounts_of);
    ~BlockFeed();
    BlockFeed(const BlockFeed&) = delete;
    BlockFeed& operator=(const BlockFeed&) = delete;

    // The ledger at its tip; before the first block is published.
    void begin(std::uint64_t tip, const Ledger& ledger);
    // In order of height, without a gap.
    void publish(DecidedBlock block, const std::vector<Effect>& effects);
    // limit_reached, in all or by this key; too_far_ahead for a cursor beyond the tip.
    Result<void> subscribe(const PublicKey& reader, std::uint64_t cursor, service::FrameSink sink,
                           service::FrameEnd end);
    std::size_t readers() const { return count_; }
    void stop();

private:
    using Holdings = std::map<std::pair<Address, AssetId>, Balance>;
    struct Published {
        ProvableBlock block;
        std::vector<Balance> changed;
    };
    struct Reader {
        PublicKey key;
        std::uint64_t next = 0;  // height
        service::FrameSink sink;
        service::FrameEnd end;
        std::vector<Address> accounts;  // sorted
        bool has_balances = false;      // all were sent once
        bool full = false;              // had no room for its past when last asked
        std::map<std::pair<Address, AssetId>, Balance> changed;  // since the last at the tip
        std::chrono::steady_clock::time_point last_frame;
    };

    void loop();
    // Sends what there is; false when the reader is gone.
    bool serve(Reader& reader);
    void leave(const PublicKey& key);
    std::shared_ptr<const Published> find(std::uint64_t height);
    void add_balances(Reader& reader, BlockFrame& frame);

    BlockSource blocks_;
    AccountsOf accounts_of_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::pair<DecidedBlock, std::vector<Effect>>> arrived_;
    std::list<Reader> joining_;
    std::map<PublicKey, std::size_t> of_key_;  // streams
    bool stopping_ = false;
    std::atomic<std::uint64_t> tip_{0};
    std::atomic<std::size_t> count_{0};

    // the thread's own
    std::list<Reader> readers_;
    std::map<std::uint64_t, std::shared_ptr<const Published>> recent_;
    std::uint64_t ready_ = 0;  // height up to which blocks can be served
    Holdings holdings_;        // after the block at ready_
    std::thread thread_;
};

}  // namespace lockstep::securities
