// Proofs that transactions are in a block: its header and the part of the Merkle tree that leads to
// them. Source: BIP 37; Bitcoin Core 29, merkleblock.cpp, rpc/txoutproof.cpp.
#pragma once

#include <set>
#include <vector>

#include "bitcoin/chain/block.h"

namespace lockstep::bitcoin {

// Of those transactions of the block that are in `txids`.
Bytes write_txout_proof(const Block& block, const std::set<Txid>& txids);

struct TxoutProof {
    BlockHeader header;
    std::uint32_t transactions = 0;  // in the block, as the proof says
    std::vector<Hash> hashes;
    std::vector<std::uint8_t> flags;  // eight bits each, the lowest first
};
// What stands behind the proof is not looked at. nullopt where it ends too early.
std::optional<TxoutProof> read_txout_proof(ByteView bytes);

struct ProofMatches {
    Hash root;  // zeros where the tree is not well formed
    std::vector<Txid> txids;
};
// It proves something of a block where the root is its header's and it has as many transactions.
ProofMatches matches_of(const TxoutProof& proof);

}  // namespace lockstep::bitcoin
