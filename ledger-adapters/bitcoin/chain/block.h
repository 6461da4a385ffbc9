// A Bitcoin block as a value: serialisation, Merkle roots, proof of work, the witness commitment.
// Source: Bitcoin Core, primitives/block.h, consensus/merkle.cpp; BIP 141.
#pragma once

#include "bitcoin/script/transaction.h"

namespace lockstep::bitcoin {

struct BlockIdTag {};
// In the order of the bytes on the wire, as a Txid.
using BlockId = FixedBytes<32, BlockIdTag>;
std::string to_text(const BlockId& id);
std::optional<BlockId> block_id_from_text(std::string_view text);

struct BlockHeader {
    std::int32_t version = 0x20000000;
    BlockId parent;
    Hash merkle_root;
    std::uint32_t time = 0;  // seconds
    std::uint32_t bits = 0;  // the target in its compact form
    std::uint32_t nonce = 0;
    friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};
constexpr std::size_t header_size = 80;

struct Block {
    BlockHeader header;
    std::vector<Transaction> transactions;
    friend bool operator==(const Block&, const Block&) = default;
};

Bytes serialize(const BlockHeader& header);
Bytes serialize(const Block& block, WitnessForm form = WitnessForm::with);
std::optional<BlockHeader> parse_header(ByteView bytes);
std::optional<Block> parse_block(ByteView bytes);
BlockId id_of(const BlockHeader& header);

// Weight units (BIP 141): four for each byte that is no witness, one for each that is.
std::size_t weight_of(const Transaction& transaction);
std::size_t weight_of(const Block& block);

struct MerkleRoot {
    Hash root;
    // Two neighbours are the same, as where a list was lengthened without changing its root
    // (CVE-2012-2459).
    bool repeats = false;
};
MerkleRoot repeated_merkle_root(std::vector<Hash> leaves);
MerkleRoot merkle_root_of(const Block& block);
// Of the transactions with their witnesses; the coinbase counts as zeros.
Hash witness_root_of(const Block& block);
// The output of the coinbase that commits to it; the last one counts.
std::optional<std::size_t> commitment_index(const Transaction& coinbase);
// OP_RETURN, the mark of BIP 141 and SHA-256d(root ‖ nonce).
Bytes commitment_script(const Hash& witness_root, ByteView nonce);

// The id, as a number, is at most the target that `bits` stands for, which is at most `limit`'s.
bool has_work(const BlockId& id, std::uint32_t bits, std::uint32_t limit);

}  // namespace lockstep::bitcoin
