#include "bitcoin/adapter/chain_follower.h"

#include <algorithm>

#include "bitcoin/adapter/chain_answers.h"
#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint8_t block_key = 'b';
constexpr std::size_t median_stamps = 11;
constexpr std::size_t next_blocks = 200;  // hashes that are asked for at a time

Bytes key_of_height(int height) {
    const auto number = static_cast<std::uint32_t>(height);
    return {block_key, static_cast<std::uint8_t>(number >> 24),
            static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
            static_cast<std::uint8_t>(number)};
}

}  // namespace

// A hash more than the last that is known: there must be room for two.
ChainFollower::ChainFollower(const BitcoinSettings& settings)
    : settings_(settings), hashes_(next_blocks, 2), blocks_(settings.blocks_per_batch) {}

bool ChainFollower::owns(ByteView key) {
    return key.size() == 5 && key[0] == block_key;
}

// In the order of their heights.
void ChainFollower::restore(ByteView key, ByteView value) {
    int height = 0;
    for (const std::uint8_t byte : key.subspan(1))
        height = height << 8 | byte;
    const auto known = decode_fields<Known>(value);
    ASSERT(known && (known_.empty() || height == this->height() + 1));
    if (known_.empty()) known_from_ = height;
    known_.push_back(*known);
}

int ChainFollower::height() const {
    if (known_.empty()) return first_height() - 1;
    return known_from_ + static_cast<int>(known_.size()) - 1;
}

int ChainFollower::first_height() const {
    return static_cast<int>(settings_.start_height);
}

Timestamp ChainFollower::ledger_time() const {
    if (known_.empty()) return {};
    const std::size_t count = std::min(known_.size(), median_stamps);
    std::vector<std::uint32_t> stamps;
    for (std::size_t i = known_.size() - count; i < known_.size(); ++i)
        stamps.push_back(known_[i].stamp);
    std::sort(stamps.begin(), stamps.end());
    // Of a chain that is shorter the median of all counts; where it only is not known, the lowest.
    const bool is_whole = count == median_stamps || known_from_ == 0;
    return Timestamp{std::int64_t{is_whole ? stamps[count / 2] : stamps[0]} * 1'000'000};
}

RpcBatch ChainFollower::ask(bool with_pool) {
    RpcBatch batch;
    with_pool_ = with_pool;
    switch (phase_) {
        case Phase::poll:
            // The pool before the tip: what left it for a block has left it for a block that the
            // tip knows of.
            if (with_pool) batch.add("getrawmempool", Json::array().push(false));
            batch.add("getblockchaininfo");
            batch.add("getblockhash", Json::array().push(0));
            batch.add("estimatesmartfee", Json::array().push(settings_.confirmation_target));
            batch.add("getmempoolinfo");
            break;
        case Phase::next_hashes: {
            const int from = std::max(height(), first_height());
            const int to = std::min(node_height_, from + static_cast<int>(hashes_.now()) - 1);
            for (int height = from; height <= to; ++height)
                batch.add("getblockhash", Json::array().push(height));
            break;
        }
        case Phase::all_hashes: {
            const int room = static_cast<int>(hashes_.now());
            for (int at = std::max(known_from_, walk_top_ - room + 1); at <= walk_top_; ++at)
                batch.add("getblockhash", Json::array().push(at));
            break;
        }
        case Phase::blocks:
            for (std::size_t i = 0; i < std::min(wanted_.size(), blocks_.now()); ++i)
                batch.add("getblock", Json::array().push(to_text(wanted_[i])).push(0));
            break;
    }
    asked_calls_ = batch.size();
    asked_first_ = batch.first_call();
    return batch;
}

void ChainFollower::lost(bool has_left) {
    const Phase phase = std::exchange(phase_, Phase::poll);
    if (!has_left || phase == Phase::poll) return;
    (phase == Phase::blocks ? blocks_ : hashes_).failed(asked_calls_, asked_first_);
}

const std::string& ChainFollower::failing() const {
    return blocks_.failing().empty() ? hashes_.failing() : blocks_.failing();
}

ChainNews ChainFollower::take(const std::vector<RpcResult>& results) {
    ChainNews news;
    const Phase phase = std::exchange(phase_, Phase::poll);
    switch (phase) {
        case Phase::poll:
            take_tip(results, news);
            break;
        case Phase::next_hashes:
            hashes_.answered();
            take_next_hashes(results, news);
            break;
        case Phase::all_hashes:
            hashes_.answered();
            take_all_hashes(results, news);
            break;
        case Phase::blocks:
            blocks_.answered();
            take_blocks(results, news);
            break;
    }
    return news;
}

void ChainFollower::refuse_chain(std::string why) {
    standing_ = Standing::refused;
    detail_ = std::move(why);
}

void ChainFollower::take_tip(const std::vector<RpcResult>& results, ChainNews& news) {
    const std::size_t first = with_pool_ ? 1 : 0;
    const RpcResult& info = results[first];
    const auto genesis = id_in(results[first + 1]);
    const auto tip = info ? block_id_from_text((*info)["bestblockhash"].text_or("")) : std::nullopt;
    const std::int64_t blocks = info ? (*info)["blocks"].as_int64().value_or(-1) : -1;
    if (!genesis || !tip || blocks < 0 || blocks > INT32_MAX) {
        news.answered = false;
        return;
    }
    const ChainIdentity& identity = identity_of(*settings_.network);
    if ((*info)["chain"].text_or("") != identity.chain || to_text(*genesis) != identity.genesis)
        return refuse_chain("the node follows the chain \"" + (*info)["chain"].text_or("") +
                            "\" with the first block " + to_text(*genesis) + ", not " +
                            std::string(identity.network));
    node_height_ = static_cast<int>(blocks);
    node_tip_ = *tip;
    news.estimate = rate_in(results[first + 2]);
    news.going_rate = going_rate_in(results[first + 3]);
    if (!known_.empty() && known_.back().id == *tip) {
        const bool is_syncing = (*info)["initialblockdownload"].as_bool().value_or(true);
        standing_ = is_syncing ? Standing::syncing : Standing::at_tip;
        if (with_pool_ && results[0]) news.pool = ids_in(*results[0]);
        return;
    }
    // A node that begins anew has less of the same chain for a while: nothing is taken back.
    if (!known_.empty() && node_height_ >= known_from_ && node_height_ < height() &&
        known_[static_cast<std::size_t>(node_height_ - known_from_)].id == *tip) {
        standing_ = Standing::syncing;
        return;
    }
    if (node_height_ < first_height()) {
        standing_ = Standing::syncing;
        return;
    }
    // Who was refused is so until his tip is reached.
    if (standing_ != Standing::refused) standing_ = Standing::behind;
    phase_ = Phase::next_hashes;
    news.again = true;
}

void ChainFollower::take_next_hashes(const std::vector<RpcResult>& results, ChainNews& news) {
    wanted_.clear();
    if (is_refused(results, news)) return;
    news.again = true;
    for (const RpcResult& result : results) {
        const auto id = id_in(result);
        if (!id) break;
        wanted_.push_back(*id);
    }
    if (!known_.empty()) {
        if (wanted_.empty() || wanted_[0] != known_.back().id) {
            phase_ = Phase::all_hashes;
            walk_top_ = height();
            return;
        }
        wanted_.erase(wanted_.begin());
    }
    if (!wanted_.empty()) phase_ = Phase::blocks;
}

// A node that begins anew refuses every call for a while, which says nothing about its chain.
bool ChainFollower::is_refused(const std::vector<RpcResult>& results, ChainNews& news) {
    const bool is_answered = std::any_of(results.begin(), results.end(),
                                         [](const RpcResult& result) { return bool(result); });
    news.answered = is_answered || results.empty();
    return !news.answered;
}

void ChainFollower::take_all_hashes(const std::vector<RpcResult>& results, ChainNews& news) {
    if (is_refused(results, news)) return;
    // From the top down, as many at a time as fit: the fork is where the first one is the node's.
    const int from = walk_top_ - static_cast<int>(results.size()) + 1;
    const auto begin = static_cast<std::size_t>(from - known_from_);
    std::size_t common = 0;
    for (std::size_t i = 0; i < results.size(); ++i)
        if (id_in(results[i]) == known_[begin + i].id) common = begin + i + 1;
    if (common == 0 && from > known_from_) {
        walk_top_ = from - 1;
        phase_ = Phase::all_hashes;
        news.again = true;
        return;
    }
    if (common == 0)
        return refuse_chain("none of the last " + std::to_string(known_.size()) +
                            " blocks is on the node's chain: a reorganisation deeper than is "
                            "followed, or another chain");
    for (std::size_t i = common; i < known_.size(); ++i)
        changed_.push_back(known_from_ + static_cast<int>(i));
    known_.resize(common);
    news.back_to = height();
    news.again = true;
    phase_ = Phase::next_hashes;
}

void ChainFollower::take_blocks(const std::vector<RpcResult>& results, ChainNews& news) {
    for (std::size_t i = 0; i < results.size() && i < wanted_.size(); ++i) {
        if (!results[i]) {
            const std::string& message = results[i].error().message;
            if (message.find("pruned") != std::string::npos)
                return refuse_chain("the node is pruned and lacks block " +
                                    std::to_string(height() + 1) + ", which is needed: " + message);
            break;
        }
        if (!connect(wanted_[i], *results[i], news)) break;
    }
    const auto taken = static_cast<std::ptrdiff_t>(news.blocks.size());
    wanted_.erase(wanted_.begin(), wanted_.begin() + taken);
    // A block that was not there, or does not fit, is asked for again with the next poll.
    news.again = taken > 0;
    if (taken == static_cast<std::ptrdiff_t>(results.size()) && !wanted_.empty())
        phase_ = Phase::blocks;
}

bool ChainFollower::connect(const BlockId& id, const Json& hexadecimal, ChainNews& news) {
    const auto octets = octets_of(hexadecimal);
    auto block = octets ? parse_block(*octets) : std::nullopt;
    if (!block || !is_what_its_id_says(*block, id)) {
        refuse_chain("block " + to_text(id) + " is not what its id says");
        return false;
    }
    if (!known_.empty() && block->header.parent != known_.back().id) return false;
    if (known_.empty()) known_from_ = first_height();
    known_.push_back({id, block->header.time});
    changed_.push_back(height());
    // One more than may be taken back: the block that both branches have.
    const auto most = static_cast<std::size_t>(settings_.depth + settings_.reorg_window + 1);
    while (known_.size() > std::max(most, median_stamps)) {
        changed_.push_back(known_from_);
        known_.pop_front();
        ++known_from_;
    }
    news.blocks.push_back({height(), std::move(*block), ledger_time()});
    return true;
}

void ChainFollower::remember(std::vector<Put>& puts) {
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    for (const int at : changed_) {
        const bool is_known = at >= known_from_ && at <= height() && !known_.empty();
        std::optional<Bytes> value;
        if (is_known) value = encode_fields(known_[static_cast<std::size_t>(at - known_from_)]);
        puts.push_back({0, key_of_height(at), std::move(value)});
    }
    changed_.clear();
}

}  // namespace lockstep::bitcoin
