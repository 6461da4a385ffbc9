#include <doctest/doctest.h>

#include "sdk/crypto/hash.h"

using namespace lockstep;

namespace {

// The leaves that Certificate Transparency's reference implementation is tested with.
std::vector<Hash> reference_leaves() {
    std::vector<Hash> leaves;
    for (const char* text : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                             "606162636465666768696a6b6c6d6e6f"})
        leaves.push_back(merkle_leaf(*from_hex(text)));
    return leaves;
}

std::vector<Hash> leaves_of(std::size_t size) {
    std::vector<Hash> leaves;
    for (std::size_t i = 0; i < size; ++i)
        leaves.push_back(merkle_leaf(as_bytes(std::to_string(i))));
    return leaves;
}

// Section 2.1 of RFC 6962 word for word: split at the largest power of two below n.
Hash defined_root(const Hash* leaves, std::size_t size) {
    if (size == 1) return leaves[0];
    std::size_t k = 1;
    while (2 * k < size)
        k *= 2;
    return merkle_node(defined_root(leaves, k), defined_root(leaves + k, size - k));
}

Hash flipped(const Hash& hash, std::size_t bit) {
    auto bytes = hash.array();
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
    return Hash{bytes};
}

}  // namespace

TEST_CASE("the roots are those of Certificate Transparency") {
    const char* roots[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    const auto leaves = reference_leaves();
    for (std::size_t size = 0; size <= leaves.size(); ++size) {
        CAPTURE(size);
        CHECK(merkle_root({leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(size)})
                  .hex() == roots[size]);
    }
}

TEST_CASE("the paths are those of Certificate Transparency") {
    struct Row {
        std::size_t size;
        std::size_t index;
        std::vector<std::string> path;
    };
    const Row rows[] = {
        {1, 0, {}},
        {8,
         0,
         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {8,
         5,
         {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {3, 2, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
        {5,
         1,
         {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
    };
    for (const Row& row : rows) {
        auto leaves = reference_leaves();
        leaves.resize(row.size);
        std::vector<std::string> path;
        for (const Hash& hash : merkle_path(leaves, row.index))
            path.push_back(hash.hex());
        CHECK(path == row.path);
    }
}

TEST_CASE("a path proves its leaf at its place, and nothing else") {
    for (std::size_t size = 1; size <= 33; ++size) {
        const auto leaves = leaves_of(size);
        const Hash root = merkle_root(leaves);
        REQUIRE(root == defined_root(leaves.data(), size));
        for (std::size_t index = 0; index < size; ++index) {
            CAPTURE(size);
            CAPTURE(index);
            const auto path = merkle_path(leaves, index);
            REQUIRE(merkle_verify(leaves[index], index, size, path, root));

            REQUIRE(!merkle_verify(flipped(leaves[index], index), index, size, path, root));
            REQUIRE(!merkle_verify(leaves[index], index, size, path, flipped(root, size)));
            for (std::size_t other = 0; other <= size; ++other)
                if (other != index) REQUIRE(!merkle_verify(leaves[index], other, size, path, root));
            REQUIRE(!merkle_verify(leaves[index], SIZE_MAX, size, path, root));
            REQUIRE(!merkle_verify(leaves[index], index, 0, path, root));
            for (std::size_t at = 0; at < path.size(); ++at) {
                auto tampered = path;
                tampered[at] = flipped(path[at], 255);
                REQUIRE(!merkle_verify(leaves[index], index, size, tampered, root));
                auto shorter = path;
                shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(at));
                REQUIRE(!merkle_verify(leaves[index], index, size, shorter, root));
            }
            auto longer = path;
            longer.push_back(root);
            REQUIRE(!merkle_verify(leaves[index], index, size, longer, root));
        }
    }
}

TEST_CASE("a node cannot be passed off as a leaf") {
    const auto leaves = leaves_of(4);
    const Hash left = merkle_node(leaves[0], leaves[1]);
    const Hash right = merkle_node(leaves[2], leaves[3]);
    Bytes both;
    append(both, leaves[0].view());
    append(both, leaves[1].view());
    CHECK(merkle_leaf(both) != left);
    CHECK(merkle_node(leaves[0], leaves[1]) != merkle_node(leaves[1], leaves[0]));
    CHECK(merkle_root(leaves) == merkle_node(left, right));
    // A tree of the two inner nodes has the same root: who verifies must know the size.
    CHECK(merkle_verify(left, 0, 2, {right}, merkle_root(leaves)));
    CHECK(!merkle_verify(left, 0, 4, {right}, merkle_root(leaves)));
}
