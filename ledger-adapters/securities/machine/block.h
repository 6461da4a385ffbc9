// Blocks of the securities ledger: what is hashed, signed and proved. A block is final once
// validators with the quorum signed a precommit for it.
//
//   header      = version 1, chain 32, height, round, time, parent 32, tx_root 32, state_root 32,
//                 validators 32
//   certificate = round, (validator, signature)… over
//                 "lockstep/precommit/v1\0" ‖ chain ‖ height ‖ round ‖ header hash
//   tx_root     = Merkle tree of RFC 6962 over the leaves of the block: the refunds that the
//   block's
//                 time made due, then for each instruction its signed octets and one leaf an
//                 operation
// A leaf an operation, and not an instruction, lets a reader be shown what concerns it and no more.
// All in canonical OER. `round` in the header is the round in which the block was first proposed;
// the certificate's is that in which it was decided.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sdk/base/ids.h"
#include "sdk/machine/instruction.h"

namespace lockstep::securities {

constexpr std::uint8_t header_version = 1;
constexpr std::size_t max_validators = 100;
constexpr std::size_t max_block_instructions = 4096;
constexpr std::size_t max_block_octets = 4 << 20;
// All of them may concern one account, whose reader gets what a block did to it in one message: see
// light_client.cpp for what that comes to.
constexpr std::size_t max_block_operations = 3072;
constexpr std::size_t max_block_refunds = 1024;  // that its time made due

// The most octets of an event, of the leaf of an operation with one, and of a balance.
constexpr std::size_t max_event_octets =
    8 + 8 + 32 + 2 * (3 + max_address) + (1 + max_asset_code + 1) + 8 + 32 + 8 + 1 + 32;
constexpr std::size_t max_operation_leaf = 1 + 32 + 4 + 32 + 1 + 8 + 1 + max_event_octets;
constexpr std::size_t max_balance_octets = (3 + max_address) + (1 + max_asset_code + 1) + 8 + 8;

// Who signs blocks and how many of them it takes.
struct ValidatorSet {
    std::vector<PublicKey> keys;
    std::uint32_t quorum = 0;

    // More than two thirds, the least that two quorums share an honest validator with.
    static std::uint32_t default_quorum(std::size_t validators) {
        return static_cast<std::uint32_t>(validators * 2 / 3 + 1);
    }
    std::optional<std::uint32_t> index_of(const PublicKey& key) const;
    Hash hash() const;
    friend bool operator==(const ValidatorSet&, const ValidatorSet&) = default;
};
void write_validators(OerWriter& to, const ValidatorSet& validators);
ValidatorSet read_validators(OerReader& from);

// What a chain is: its hash is the chain's id and the parent of block 1.
struct Genesis {
    Address ledger;
    PublicKey operator_key;  // opens accounts and registers assets
    ValidatorSet validators;

    Hash chain_id() const;
    friend bool operator==(const Genesis&, const Genesis&) = default;
};
void write_genesis(OerWriter& to, const Genesis& genesis);
Genesis read_genesis(OerReader& from);

struct BlockHeader {
    Hash chain;
    std::uint64_t height = 0;  // 1, 2, 3 …
    std::uint32_t round = 0;
    Timestamp time;  // the ledger's clock; grows with each block
    Hash parent;
    Hash tx_root;
    Hash state_root;
    Hash validators;

    Hash hash() const;
    friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};
void write_header(OerWriter& to, const BlockHeader& header);
BlockHeader read_header(OerReader& from);

struct ValidatorSignature {
    std::uint32_t validator = 0;  // index in the set
    Signature signature;
    friend bool operator==(const ValidatorSignature&, const ValidatorSignature&) = default;
};
void write_signatures(OerWriter& to, const std::vector<ValidatorSignature>& signatures);
std::vector<ValidatorSignature> read_signatures(OerReader& from);

struct Certificate {
    std::uint32_t round = 0;
    std::vector<ValidatorSignature> signatures;  // by growing validator
    friend bool operator==(const Certificate&, const Certificate&) = default;
};
void write_certificate(OerWriter& to, const Certificate& certificate);
Certificate read_certificate(OerReader& from);

// What a vote signs. The zero hash is a vote for no block.
enum class VoteKind : std::uint8_t { prevote = 1, precommit = 2 };
struct Ballot {
    VoteKind kind = VoteKind::prevote;
    std::uint64_t height = 0;
    std::uint32_t round = 0;
    Hash block;
    friend auto operator<=>(const Ballot&, const Ballot&) = default;
};
Bytes ballot_message(const Hash& chain, const Ballot& ballot);

// A quorum of distinct validators signed this ballot.
bool verify_ballot(const ValidatorSet& validators, const Hash& chain, const Ballot& ballot,
                   const std::vector<ValidatorSignature>& signatures,
                   const SignatureScheme& scheme);

// The leaves under tx_root.
enum class LeafTag : std::uint8_t { instruction = 1, operation = 2, refund = 3 };
// What became of one operation. `event` is there where it changed an escrow.
struct OperationLeaf {
    Hash instruction;  // SHA-256 of the signed octets
    std::uint32_t index = 0;
    OpAnswer answer;
    std::optional<LedgerEvent> event;
};
Bytes instruction_leaf(ByteView octets);
Bytes operation_leaf(const OperationLeaf& leaf);
Bytes refund_leaf(const LedgerEvent& event);

// The event that a leaf tells of; none for an instruction or an operation without one. Reasons:
// malformed, not_canonical.
Result<std::optional<LedgerEvent>> event_of_leaf(ByteView leaf);
// The signed octets of an instruction leaf; none for another leaf.
std::optional<ByteView> instruction_of_leaf(ByteView leaf);

// A decided block with everything that hangs under its tx_root: what validators send to those who
// lag, and readers are served from.
struct DecidedBlock {
    BlockHeader header;
    Certificate certificate;
    std::vector<Bytes> leaves;
};
Bytes encode_decided(const DecidedBlock& block);
Result<DecidedBlock> decode_decided(ByteView octets);

}  // namespace lockstep::securities
