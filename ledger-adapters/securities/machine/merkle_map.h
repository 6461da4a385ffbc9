// A Merkle commitment to a map from 32-byte keys to 32-byte value hashes: a binary Patricia trie,
// whose shape follows from the set of keys alone. A change costs O(log n) hashes, put off until the
// root is asked for, so that the changes of a block share the upper levels.
//
//   leaf = SHA-256(0 ‖ key ‖ value)      node = SHA-256(1 ‖ bit ‖ left ‖ right)
// `bit` is the first bit, counted from the most significant, in which the two sides differ. The
// empty map has the root of 32 zero octets.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sdk/base/ids.h"

namespace lockstep::securities {

// The way from the root to the one leaf that could hold a key.
struct StateProof {
    struct Step {
        std::uint8_t bit = 0;
        Hash sibling;
        friend bool operator==(const Step&, const Step&) = default;
    };
    struct Leaf {
        Hash key;
        Hash value;
        friend bool operator==(const Leaf&, const Leaf&) = default;
    };
    std::vector<Step> steps;   // root first
    std::optional<Leaf> leaf;  // of another key where the key is absent; none in an empty map
};

class MerkleMap {
public:
    struct Leaf {
        Hash key;
        Hash value;
    };
    // Instead of what it held; the keys grow from leaf to leaf.
    void load(std::vector<Leaf> sorted);
    void set(const Hash& key, const Hash& value);
    void erase(const Hash& key);

    Hash root() const;
    StateProof prove(const Hash& key) const;
    std::size_t size() const { return leaves_.size() - free_leaves_.size(); }

private:
    using Ref = std::uint32_t;  // a node, or a leaf with the highest bit set
    static constexpr Ref none = 0xffffffff;
    static constexpr Ref leaf_flag = 0x80000000;

    struct Node {  // small, because a lookup touches many
        Ref child[2] = {none, none};
        std::uint8_t bit = 0;
        mutable bool dirty = true;
    };

    static bool is_leaf(Ref ref) { return (ref & leaf_flag) != 0; }
    const Leaf& leaf(Ref ref) const { return leaves_[ref & ~leaf_flag]; }
    Ref new_leaf(const Hash& key, const Hash& value);
    Ref join(std::size_t from, std::size_t to);
    Ref closest(const Hash& key) const;
    Hash hash_of(Ref ref) const;

    Ref root_ = none;
    std::vector<Leaf> leaves_;
    std::vector<Node> nodes_;
    mutable std::vector<Hash> hashes_;  // of the nodes
    std::vector<Ref> free_leaves_;
    std::vector<Ref> free_nodes_;
};

// True if `proof` shows that under `root` the key has this value, or, with nullopt, that it is
// absent.
bool verify_state(const Hash& root, const Hash& key, const std::optional<Hash>& value,
                  const StateProof& proof);

}  // namespace lockstep::securities
