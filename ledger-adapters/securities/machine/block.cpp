#include "securities/machine/block.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::securities {
namespace {

constexpr std::size_t max_leaf_octets = max_instruction_octets + 16;
constexpr std::size_t max_block_leaves = 1 << 20;

// The zero octet at the end of a domain is part of what is signed.
constexpr std::string_view prevote_domain{"lockstep/prevote/v1\0", 20};
constexpr std::string_view precommit_domain{"lockstep/precommit/v1\0", 22};
constexpr std::string_view chain_domain{"lockstep/chain/v1\0", 18};

}  // namespace

std::optional<std::uint32_t> ValidatorSet::index_of(const PublicKey& key) const {
    const auto it = std::find(keys.begin(), keys.end(), key);
    if (it == keys.end()) return std::nullopt;
    return static_cast<std::uint32_t>(it - keys.begin());
}

Hash ValidatorSet::hash() const {
    OerWriter to;
    write_validators(to, *this);
    return sha256(to.bytes());
}

void write_validators(OerWriter& to, const ValidatorSet& validators) {
    to.u32(validators.quorum).quantity(validators.keys.size());
    for (const PublicKey& key : validators.keys)
        to.fixed(key);
}

ValidatorSet read_validators(OerReader& from) {
    ValidatorSet validators;
    validators.quorum = from.u32();
    const std::size_t count = from.count(max_validators);
    for (std::size_t i = 0; i < count && !from.failed(); ++i)
        validators.keys.push_back(from.fixed<PublicKey>());
    if (validators.quorum > count || std::size_t{3} * validators.quorum <= 2 * count)
        from.fail(Reason::malformed);  // two quorums might not share an honest validator
    return validators;
}

Hash Genesis::chain_id() const {
    OerWriter to;
    to.raw(as_bytes(chain_domain));
    write_genesis(to, *this);
    return sha256(to.bytes());
}

void write_genesis(OerWriter& to, const Genesis& genesis) {
    to.address(genesis.ledger).fixed(genesis.operator_key);
    write_validators(to, genesis.validators);
}

Genesis read_genesis(OerReader& from) {
    Genesis genesis;
    genesis.ledger = from.address();
    genesis.operator_key = from.fixed<PublicKey>();
    genesis.validators = read_validators(from);
    return genesis;
}

Hash BlockHeader::hash() const {
    OerWriter to;
    write_header(to, *this);
    return sha256(to.bytes());
}

void write_header(OerWriter& to, const BlockHeader& header) {
    to.u8(header_version).fixed(header.chain).u64(header.height).u32(header.round);
    to.time(header.time).fixed(header.parent).fixed(header.tx_root).fixed(header.state_root);
    to.fixed(header.validators);
}

BlockHeader read_header(OerReader& from) {
    BlockHeader header;
    if (from.u8() != header_version) from.fail(Reason::unknown_version);
    header.chain = from.fixed<Hash>();
    header.height = from.u64();
    header.round = from.u32();
    header.time = from.time();
    header.parent = from.fixed<Hash>();
    header.tx_root = from.fixed<Hash>();
    header.state_root = from.fixed<Hash>();
    header.validators = from.fixed<Hash>();
    return header;
}

void write_signatures(OerWriter& to, const std::vector<ValidatorSignature>& signatures) {
    to.quantity(signatures.size());
    for (const ValidatorSignature& signature : signatures)
        to.u32(signature.validator).fixed(signature.signature);
}

std::vector<ValidatorSignature> read_signatures(OerReader& from) {
    std::vector<ValidatorSignature> signatures;
    const std::size_t count = from.count(max_validators);
    for (std::size_t i = 0; i < count && !from.failed(); ++i) {
        ValidatorSignature signature;
        signature.validator = from.u32();
        signature.signature = from.fixed<Signature>();
        if (!signatures.empty() && signatures.back().validator >= signature.validator)
            from.fail(Reason::not_canonical);
        signatures.push_back(signature);
    }
    return signatures;
}

void write_certificate(OerWriter& to, const Certificate& certificate) {
    to.u32(certificate.round);
    write_signatures(to, certificate.signatures);
}

Certificate read_certificate(OerReader& from) {
    Certificate certificate;
    certificate.round = from.u32();
    certificate.signatures = read_signatures(from);
    return certificate;
}

Bytes ballot_message(const Hash& chain, const Ballot& ballot) {
    OerWriter to;
    to.raw(as_bytes(ballot.kind == VoteKind::prevote ? prevote_domain : precommit_domain));
    to.fixed(chain).u64(ballot.height).u32(ballot.round).fixed(ballot.block);
    return to.take();
}

bool verify_ballot(const ValidatorSet& validators, const Hash& chain, const Ballot& ballot,
                   const std::vector<ValidatorSignature>& signatures,
                   const SignatureScheme& scheme) {
    if (signatures.size() < validators.quorum) return false;
    const Bytes message = ballot_message(chain, ballot);
    std::uint32_t next = 0;  // validators grow, so that none counts twice
    for (const ValidatorSignature& signature : signatures) {
        if (signature.validator < next || signature.validator >= validators.keys.size())
            return false;
        next = signature.validator + 1;
        if (!scheme.verify(validators.keys[signature.validator], message, signature.signature))
            return false;
    }
    return true;
}

Bytes instruction_leaf(ByteView octets) {
    OerWriter to;
    to.u8(static_cast<std::uint8_t>(LeafTag::instruction)).octets(octets);
    return to.take();
}

Bytes operation_leaf(const OperationLeaf& leaf) {
    OerWriter to;
    to.u8(static_cast<std::uint8_t>(LeafTag::operation)).fixed(leaf.instruction).u32(leaf.index);
    to.fixed(leaf.answer.id).boolean(leaf.answer.done);
    if (leaf.answer.done)
        to.u64(leaf.answer.sequence);
    else
        to.reason(leaf.answer.reason);
    to.boolean(leaf.event.has_value());
    if (leaf.event) write_event(to, *leaf.event);
    return to.take();
}

Bytes refund_leaf(const LedgerEvent& event) {
    OerWriter to;
    to.u8(static_cast<std::uint8_t>(LeafTag::refund));
    write_event(to, event);
    return to.take();
}

Result<std::optional<LedgerEvent>> event_of_leaf(ByteView leaf) {
    OerReader from(leaf);
    std::optional<LedgerEvent> event;
    switch (from.u8()) {
        case static_cast<std::uint8_t>(LeafTag::instruction):
            from.octets(max_instruction_octets);
            break;
        case static_cast<std::uint8_t>(LeafTag::operation):
            from.fixed<Hash>();
            from.u32();
            from.fixed<CommandId>();
            if (from.boolean())
                from.u64();
            else
                from.reason();
            if (from.boolean()) event = read_event(from);
            break;
        case static_cast<std::uint8_t>(LeafTag::refund):
            event = read_event(from);
            break;
        default:
            from.fail(Reason::malformed);
    }
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return event;
}

std::optional<ByteView> instruction_of_leaf(ByteView leaf) {
    OerReader from(leaf);
    if (from.u8() != static_cast<std::uint8_t>(LeafTag::instruction)) return std::nullopt;
    const ByteView octets = from.octets(max_instruction_octets);
    if (!from.finish()) return std::nullopt;
    return octets;
}

Bytes encode_decided(const DecidedBlock& block) {
    OerWriter to;
    write_header(to, block.header);
    write_certificate(to, block.certificate);
    to.quantity(block.leaves.size());
    for (const Bytes& leaf : block.leaves)
        to.octets(leaf);
    return to.take();
}

Result<DecidedBlock> decode_decided(ByteView octets) {
    OerReader from(octets);
    DecidedBlock block;
    block.header = read_header(from);
    block.certificate = read_certificate(from);
    const std::size_t count = from.count(max_block_leaves);
    for (std::size_t i = 0; i < count && !from.failed(); ++i) {
        const ByteView leaf = from.octets(max_leaf_octets);
        block.leaves.emplace_back(leaf.begin(), leaf.end());
    }
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return block;
}

}  // namespace lockstep::securities
