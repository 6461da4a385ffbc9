#include "bitcoin/rpc/txout_proof.h"

#include <algorithm>

#include "bitcoin/chain/block_rules.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::size_t least_transaction_weight = 60 * witness_scale;
constexpr std::size_t most_transactions = max_block_weight / least_transaction_weight;

// Level 0 are the leaves.
std::size_t width_of(std::size_t leaves, int level) {
    return (leaves + (std::size_t{1} << level) - 1) >> level;
}

int levels_of(std::size_t leaves) {
    int level = 0;
    while (width_of(leaves, level) > 1)
        ++level;
    return level;
}

Hash pair_hash(const Hash& left, const Hash& right) {
    Bytes pair(left.view().begin(), left.view().end());
    append(pair, right.view());
    return hash256(pair);
}

struct Node {
    int level = 0;
    std::size_t place = 0;
};

class ProofBuilder {
public:
    ProofBuilder(std::vector<Hash> leaves, std::vector<bool> wanted) {
        hashes_.push_back(std::move(leaves));
        wanted_.push_back(std::move(wanted));
        while (hashes_.back().size() > 1)
            add_level();
        visit({static_cast<int>(hashes_.size()) - 1, 0});
    }
    const std::vector<Hash>& hashes() const { return kept_; }
    Bytes flags() const {
        Bytes bytes((bits_.size() + 7) / 8);
        for (std::size_t i = 0; i < bits_.size(); ++i)
            if (bits_[i]) bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | 1U << i % 8);
        return bytes;
    }

private:
    void add_level() {
        const std::vector<Hash>& below = hashes_.back();
        std::vector<Hash> hashes;
        std::vector<bool> wanted;
        for (std::size_t i = 0; i < below.size(); i += 2) {
            const std::size_t right = std::min(i + 1, below.size() - 1);
            hashes.push_back(pair_hash(below[i], below[right]));
            wanted.push_back(wanted_.back()[i] || wanted_.back()[right]);
        }
        hashes_.push_back(std::move(hashes));
        wanted_.push_back(std::move(wanted));
    }
    // Depth first: a bit for each node, a hash where nothing below it is wanted, and for leaves.
    void visit(Node node) {
        const auto level = static_cast<std::size_t>(node.level);
        const bool wanted = wanted_[level][node.place];
        bits_.push_back(wanted);
        if (node.level == 0 || !wanted) {
            kept_.push_back(hashes_[level][node.place]);
            return;
        }
        visit({node.level - 1, 2 * node.place});
        if (2 * node.place + 1 < hashes_[level - 1].size())
            visit({node.level - 1, 2 * node.place + 1});
    }

    std::vector<std::vector<Hash>> hashes_;  // by level
    std::vector<std::vector<bool>> wanted_;
    std::vector<bool> bits_;
    std::vector<Hash> kept_;
};

class ProofWalk {
public:
    explicit ProofWalk(const TxoutProof& proof) : proof_(proof) {}

    ProofMatches run() {
        const Hash root = visit({levels_of(proof_.transactions), 0});
        // All hashes and all bits but the padding of the last octet have to be used.
        if (failed_ || hashes_used_ != proof_.hashes.size() ||
            (bits_used_ + 7) / 8 != proof_.flags.size())
            return {};
        return {root, std::move(found_)};
    }

private:
    Hash fail() {
        failed_ = true;
        return {};
    }
    Hash visit(Node node) {
        if (failed_ || bits_used_ >= 8 * proof_.flags.size()) return fail();
        const bool wanted = (proof_.flags[bits_used_ / 8] >> bits_used_ % 8 & 1) != 0;
        ++bits_used_;
        if (node.level == 0 || !wanted) {
            if (hashes_used_ >= proof_.hashes.size()) return fail();
            const Hash hash = proof_.hashes[hashes_used_++];
            if (node.level == 0 && wanted) found_.emplace_back(hash.array());
            return hash;
        }
        const Hash left = visit({node.level - 1, 2 * node.place});
        if (2 * node.place + 1 >= width_of(proof_.transactions, node.level - 1))
            return pair_hash(left, left);
        const Hash right = visit({node.level - 1, 2 * node.place + 1});
        // The same on both sides would let one transaction stand at two places (CVE-2012-2459).
        if (left == right) return fail();
        return pair_hash(left, right);
    }

    const TxoutProof& proof_;
    std::vector<Txid> found_;
    std::size_t bits_used_ = 0;
    std::size_t hashes_used_ = 0;
    bool failed_ = false;
};

}  // namespace

Bytes write_txout_proof(const Block& block, const std::set<Txid>& txids) {
    std::vector<Hash> leaves;
    std::vector<bool> wanted;
    for (const Transaction& transaction : block.transactions) {
        const Txid txid = txid_of(transaction);
        leaves.emplace_back(txid.array());
        wanted.push_back(txids.contains(txid));
    }
    const std::size_t count = leaves.size();
    const ProofBuilder builder(std::move(leaves), std::move(wanted));
    Writer writer;
    writer.raw(serialize(block.header)).u32(static_cast<std::uint32_t>(count));
    writer.compact(builder.hashes().size());
    for (const Hash& hash : builder.hashes())
        writer.raw(hash.view());
    return writer.string(builder.flags()).take();
}

std::optional<TxoutProof> read_txout_proof(ByteView bytes) {
    Reader reader(bytes);
    const auto header = parse_header(reader.raw(header_size));
    if (!header) return std::nullopt;
    TxoutProof proof{*header, reader.u32(), {}, {}};
    const std::uint64_t count = reader.count(Hash::size);
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i)
        if (const auto hash = Hash::from(reader.raw(Hash::size))) proof.hashes.push_back(*hash);
    const ByteView flags = reader.string();
    proof.flags.assign(flags.begin(), flags.end());
    if (!reader.ok()) return std::nullopt;
    return proof;
}

ProofMatches matches_of(const TxoutProof& proof) {
    // What no block can be, or what could not be walked without hashes and bits enough.
    if (proof.transactions == 0 || proof.transactions > most_transactions ||
        proof.hashes.size() > proof.transactions || 8 * proof.flags.size() < proof.hashes.size())
        return {};
    return ProofWalk(proof).run();
}

}  // namespace lockstep::bitcoin
