// The Merkle tree of RFC 6962: a tree over n leaves splits at the largest power of two below n.
// Built from the leaves up this means: pair neighbours, and a last one without a neighbour moves up
// as it is.
#include <array>
#include <cstring>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep {
namespace {

// The level above, in place.
void reduce(std::vector<Hash>& level) {
    const std::size_t pairs = level.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i)
        level[i] = merkle_node(level[2 * i], level[2 * i + 1]);
    if (level.size() % 2 != 0) level[pairs] = level.back();
    level.resize(pairs + level.size() % 2);
}

}  // namespace

Hash merkle_leaf(ByteView leaf) {
    static constexpr std::array<std::uint8_t, 1> prefix = {0};
    thread_local Sha256 hasher;
    return hasher.add(prefix).add(leaf).finish();
}

Hash merkle_node(const Hash& left, const Hash& right) {
    std::array<std::uint8_t, 1 + 2 * Hash::size> bytes;
    bytes[0] = 1;
    std::memcpy(bytes.data() + 1, left.view().data(), Hash::size);
    std::memcpy(bytes.data() + 1 + Hash::size, right.view().data(), Hash::size);
    return sha256(bytes);
}

Hash merkle_root(const std::vector<Hash>& leaf_hashes) {
    if (leaf_hashes.empty()) return sha256({});
    std::vector<Hash> level = leaf_hashes;
    while (level.size() > 1)
        reduce(level);
    return level.front();
}

std::vector<Hash> merkle_path(const std::vector<Hash>& leaf_hashes, std::size_t index) {
    ASSERT(index < leaf_hashes.size());
    std::vector<Hash> path;
    std::vector<Hash> level = leaf_hashes;
    while (level.size() > 1) {
        const std::size_t neighbour = index ^ 1;
        if (neighbour < level.size()) path.push_back(level[neighbour]);
        reduce(level);
        index /= 2;
    }
    return path;
}

bool merkle_verify(const Hash& leaf_hash, std::size_t index, std::size_t size,
                   const std::vector<Hash>& path, const Hash& root) {
    if (index >= size) return false;
    Hash hash = leaf_hash;
    std::size_t used = 0;
    for (; size > 1; index /= 2, size = (size + 1) / 2) {
        if ((index ^ 1) >= size) continue;  // the last one, without a neighbour
        if (used == path.size()) return false;
        const Hash& neighbour = path[used++];
        hash = index % 2 == 0 ? merkle_node(hash, neighbour) : merkle_node(neighbour, hash);
    }
    return used == path.size() && hash == root;
}

}  // namespace lockstep
