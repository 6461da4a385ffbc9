#include "securities/machine/merkle_map.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::securities {
namespace {

std::size_t bit_of(const Hash& key, std::uint8_t bit) {
    return key.array()[bit / 8] >> (7 - bit % 8) & 1;
}

// The first bit in which they differ; nullopt for equal keys.
std::optional<std::uint8_t> first_difference(const Hash& a, const Hash& b) {
    for (std::size_t i = 0; i < Hash::size; ++i) {
        const unsigned different = a.array()[i] ^ b.array()[i];
        if (different == 0) continue;
        return static_cast<std::uint8_t>(i * 8 +
                                         static_cast<std::size_t>(__builtin_clz(different)) - 24);
    }
    return std::nullopt;
}

Hash hash_leaf(const Hash& key, const Hash& value) {
    std::array<std::uint8_t, 1 + 2 * Hash::size> bytes;
    bytes[0] = 0;
    std::memcpy(bytes.data() + 1, key.view().data(), Hash::size);
    std::memcpy(bytes.data() + 1 + Hash::size, value.view().data(), Hash::size);
    return sha256(bytes);
}

Hash hash_node(std::uint8_t bit, const Hash& left, const Hash& right) {
    std::array<std::uint8_t, 2 + 2 * Hash::size> bytes;
    bytes[0] = 1;
    bytes[1] = bit;
    std::memcpy(bytes.data() + 2, left.view().data(), Hash::size);
    std::memcpy(bytes.data() + 2 + Hash::size, right.view().data(), Hash::size);
    return sha256(bytes);
}

}  // namespace

MerkleMap::Ref MerkleMap::new_leaf(const Hash& key, const Hash& value) {
    if (!free_leaves_.empty()) {
        const Ref ref = free_leaves_.back();
        free_leaves_.pop_back();
        leaves_[ref & ~leaf_flag] = {key, value};
        return ref;
    }
    ASSERT(leaves_.size() < leaf_flag);
    leaves_.push_back({key, value});
    return static_cast<Ref>(leaves_.size() - 1) | leaf_flag;
}

MerkleMap::Ref MerkleMap::closest(const Hash& key) const {
    Ref at = root_;
    while (at != none && !is_leaf(at))
        at = nodes_[at].child[bit_of(key, nodes_[at].bit)];
    return at;
}

void MerkleMap::set(const Hash& key, const Hash& value) {
    const Ref near = closest(key);
    if (near == none) {
        root_ = new_leaf(key, value);
        return;
    }
    const auto difference = first_difference(key, leaf(near).key);
    Ref parent = none;
    Ref at = root_;
    // down to where the key's leaf hangs, or is to be inserted; the way there needs new hashes
    while (!is_leaf(at) && (!difference || nodes_[at].bit < *difference)) {
        nodes_[at].dirty = true;
        parent = at;
        at = nodes_[at].child[bit_of(key, nodes_[at].bit)];
    }
    if (!difference) {
        leaves_[at & ~leaf_flag].value = value;
        return;
    }
    Ref node = none;
    if (free_nodes_.empty()) {
        node = static_cast<Ref>(nodes_.size());
        nodes_.emplace_back();
        hashes_.emplace_back();
    } else {
        node = free_nodes_.back();
        free_nodes_.pop_back();
    }
    const std::size_t side = bit_of(key, *difference);
    nodes_[node].bit = *difference;
    nodes_[node].dirty = true;
    nodes_[node].child[side] = new_leaf(key, value);
    nodes_[node].child[1 - side] = at;
    if (parent == none)
        root_ = node;
    else
        nodes_[parent].child[bit_of(key, nodes_[parent].bit)] = node;
}

void MerkleMap::erase(const Hash& key) {
    const Ref near = closest(key);
    if (near == none || leaf(near).key != key) return;
    Ref grandparent = none;
    Ref parent = none;
    for (Ref at = root_; !is_leaf(at);) {
        nodes_[at].dirty = true;
        grandparent = parent;
        parent = at;
        at = nodes_[at].child[bit_of(key, nodes_[at].bit)];
    }
    free_leaves_.push_back(near);
    if (parent == none) {
        root_ = none;
        return;
    }
    const Ref sibling = nodes_[parent].child[1 - bit_of(key, nodes_[parent].bit)];
    if (grandparent == none)
        root_ = sibling;
    else
        nodes_[grandparent].child[bit_of(key, nodes_[grandparent].bit)] = sibling;
    free_nodes_.push_back(parent);
}

void MerkleMap::load(std::vector<Leaf> sorted) {
    ASSERT(sorted.size() < leaf_flag);
    *this = MerkleMap{};
    leaves_ = std::move(sorted);
    if (leaves_.empty()) return;
    nodes_.reserve(leaves_.size() - 1);
    root_ = join(0, leaves_.size());
    hashes_.resize(nodes_.size());
}

// The leaves of a range hang under the first bit in which they differ: in which the first of them
// and the last do, since they are in order.
MerkleMap::Ref MerkleMap::join(std::size_t from, std::size_t to) {
    if (to - from == 1) return static_cast<Ref>(from) | leaf_flag;
    const auto bit = first_difference(leaves_[from].key, leaves_[to - 1].key);
    ASSERT(bit.has_value());
    const auto begin = leaves_.begin();
    const auto split = std::partition_point(
        begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to),
        [&](const Leaf& each) { return bit_of(each.key, *bit) == 0; });
    const auto middle = static_cast<std::size_t>(split - begin);
    const auto node = static_cast<Ref>(nodes_.size());
    nodes_.emplace_back();
    nodes_[node].bit = *bit;
    const Ref left = join(from, middle);  // at most 256 levels deep
    const Ref right = join(middle, to);
    nodes_[node].child[0] = left;
    nodes_[node].child[1] = right;
    return node;
}

Hash MerkleMap::hash_of(Ref ref) const {
    if (is_leaf(ref)) return hash_leaf(leaf(ref).key, leaf(ref).value);
    const Node& node = nodes_[ref];
    if (node.dirty) {
        const Hash left = hash_of(node.child[0]);  // at most 256 levels deep
        const Hash right = hash_of(node.child[1]);
        hashes_[ref] = hash_node(node.bit, left, right);
        node.dirty = false;
    }
    return hashes_[ref];
}

Hash MerkleMap::root() const {
    return root_ == none ? Hash{} : hash_of(root_);
}

StateProof MerkleMap::prove(const Hash& key) const {
    StateProof proof;
    Ref at = root_;
    if (at == none) return proof;
    while (!is_leaf(at)) {
        const Node& node = nodes_[at];
        const std::size_t side = bit_of(key, node.bit);
        proof.steps.push_back({node.bit, hash_of(node.child[1 - side])});
        at = node.child[side];
    }
    proof.leaf = StateProof::Leaf{leaf(at).key, leaf(at).value};
    return proof;
}

bool verify_state(const Hash& root, const Hash& key, const std::optional<Hash>& value,
                  const StateProof& proof) {
    if (!proof.leaf) return !value && proof.steps.empty() && root.is_zero();
    if (value ? proof.leaf->key != key || proof.leaf->value != *value : proof.leaf->key == key)
        return false;
    Hash hash = hash_leaf(proof.leaf->key, proof.leaf->value);
    int below = 256;
    for (auto step = proof.steps.rbegin(); step != proof.steps.rend(); ++step) {
        // bits grow on the way down, and the leaf lies on the key's side of each
        if (step->bit >= below) return false;
        below = step->bit;
        const std::size_t side = bit_of(key, step->bit);
        if (bit_of(proof.leaf->key, step->bit) != side) return false;
        hash = side == 0 ? hash_node(step->bit, hash, step->sibling)
                         : hash_node(step->bit, step->sibling, hash);
    }
    return hash == root;
}

}  // namespace lockstep::securities
