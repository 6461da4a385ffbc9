// Where on the chain this adapter is, and how it goes on: asks a node for its tip, walks back to
// the last block that both know, then forward block by block. It knows blocks and no escrows.
//
// What is remembered: 'b' height (4 bytes, big endian): id of the block and its stamp, of the last
// `depth` + `reorg_window` blocks. A reorganisation that goes deeper is refused, loudly.
#pragma once

#include <deque>

#include "bitcoin/adapter/batch_size.h"
#include "bitcoin/adapter/bitcoin_settings.h"
#include "bitcoin/adapter/rpc_batch.h"
#include "sdk/machine/store.h"

namespace lockstep::bitcoin {

struct ConnectedBlock {
    int height = 0;
    Block block;
    Timestamp median;  // of the last eleven stamps
};
// What an answer of the node changed, in this order.
struct ChainNews {
    std::optional<int> back_to;  // every block above it is gone
    std::vector<ConnectedBlock> blocks;
    std::optional<std::vector<Txid>> pool;  // the node's, at a time when its tip was ours
    std::optional<FeePerKvb> estimate;
    // What a transaction must pay to be in the node's next block or its pool at all, as the pool
    // is.
    std::optional<FeePerKvb> going_rate;
    bool again = false;    // there is more to ask at once
    bool answered = true;  // false: the node gave no answer that says anything
};

class ChainFollower {
public:
    enum class Standing : std::uint8_t {
        unknown,  // nothing is known of the node's tip
        behind,   // blocks are still to come
        at_tip,
        syncing,  // the node itself is not at its network's tip, or knows less than it did
        refused,  // its chain cannot be followed; `detail` says why
    };

    explicit ChainFollower(const BitcoinSettings& settings);

    static bool owns(ByteView key);
    void restore(ByteView key, ByteView value);

    // The calls that come next; one batch at a time. `with_pool`: the pool's ids too, where it is
    // the tip's turn.
    RpcBatch ask(bool with_pool);
    bool has_asked_for_pool() const { return phase_ == Phase::poll && with_pool_; }
    ChainNews take(const std::vector<RpcResult>& results);
    // No answer came: begins with the tip again. `has_left`: the calls may have reached the node.
    void lost(bool has_left);
    // As BatchSize.
    const std::string& failing() const;
    void remember(std::vector<Put>& puts);

    // -1 before the first block.
    int height() const;
    Standing standing() const { return standing_; }
    const std::string& detail() const { return detail_; }
    // The median of the last eleven stamps, less where not all of them are known.
    Timestamp ledger_time() const;

private:
    enum class Phase : std::uint8_t { poll, next_hashes, all_hashes, blocks };
    struct Known {
        BlockId id;
        std::uint32_t stamp = 0;
        template <class S, class A>
        static void fields(S& s, A& a) {
            a(s.id, s.stamp);
        }
    };

    void take_tip(const std::vector<RpcResult>& results, ChainNews& news);
    void take_next_hashes(const std::vector<RpcResult>& results, ChainNews& news);
    void take_all_hashes(const std::vector<RpcResult>& results, ChainNews& news);
    void take_blocks(const std::vector<RpcResult>& results, ChainNews& news);
    static bool is_refused(const std::vector<RpcResult>& results, ChainNews& news);
    bool connect(const BlockId& id, const Json& hexadecimal, ChainNews& news);
    void refuse_chain(std::string why);
    int first_height() const;

    const BitcoinSettings& settings_;
    std::deque<Known> known_;
    int known_from_ = 0;  // height of the first of them
    std::vector<int> changed_;

    Phase phase_ = Phase::poll;
    int node_height_ = -1;
    BlockId node_tip_;
    std::vector<BlockId> wanted_;
    int walk_top_ = -1;  // of all_hashes: no block above it is on the node's chain
    bool with_pool_ = false;
    std::size_t asked_calls_ = 0;
    std::string asked_first_;
    BatchSize hashes_;
    BatchSize blocks_;
    Standing standing_ = Standing::unknown;
    std::string detail_;
};

}  // namespace lockstep::bitcoin
