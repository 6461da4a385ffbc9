#include "bitcoin/chain/block.h"

#include <algorithm>

#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {
namespace {

// OP_RETURN, a push of 36 bytes, and the mark.
constexpr std::array<std::uint8_t, 6> commitment_head{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
constexpr std::size_t commitment_size = commitment_head.size() + Hash::size;

void write_header(Writer& writer, const BlockHeader& header) {
    writer.i32(header.version).raw(header.parent.view()).raw(header.merkle_root.view());
    writer.u32(header.time).u32(header.bits).u32(header.nonce);
}

BlockHeader read_header(Reader& reader) {
    BlockHeader header;
    header.version = reader.i32();
    if (const auto parent = BlockId::from(reader.raw(BlockId::size))) header.parent = *parent;
    if (const auto root = Hash::from(reader.raw(Hash::size))) header.merkle_root = *root;
    header.time = reader.u32();
    header.bits = reader.u32();
    header.nonce = reader.u32();
    return header;
}

// Highest byte first. nullopt for zero, a negative one, and one of more than 256 bits.
std::optional<std::array<std::uint8_t, 32>> target_of(std::uint32_t bits) {
    const std::size_t size = bits >> 24;
    const std::uint32_t digits = bits & 0x7fffff;
    if ((bits & 0x800000) != 0 || digits == 0) return std::nullopt;
    std::array<std::uint8_t, 32> target{};
    bool is_zero = true;
    for (std::size_t i = 0; i < 3; ++i) {
        const auto digit = static_cast<std::uint8_t>(digits >> 8 * (2 - i));
        // The i-th digit stands at this place from the lowest one.
        if (size < i + 1) break;
        const std::size_t place = size - i - 1;
        if (place >= target.size()) {
            if (digit != 0) return std::nullopt;
            continue;
        }
        target[target.size() - 1 - place] = digit;
        is_zero = is_zero && digit == 0;
    }
    if (is_zero) return std::nullopt;
    return target;
}

}  // namespace

std::string to_text(const BlockId& id) {
    return to_text(Txid{id.array()});
}

std::optional<BlockId> block_id_from_text(std::string_view text) {
    const auto id = txid_from_text(text);
    if (!id) return std::nullopt;
    return BlockId{id->array()};
}

Bytes serialize(const BlockHeader& header) {
    Writer writer;
    write_header(writer, header);
    return writer.take();
}

Bytes serialize(const Block& block, WitnessForm form) {
    Writer writer;
    write_header(writer, block.header);
    writer.compact(block.transactions.size());
    for (const Transaction& transaction : block.transactions)
        writer.raw(serialize(transaction, form));
    return writer.take();
}

std::optional<BlockHeader> parse_header(ByteView bytes) {
    Reader reader(bytes);
    const BlockHeader header = read_header(reader);
    if (!reader.at_end()) return std::nullopt;
    return header;
}

std::optional<Block> parse_block(ByteView bytes) {
    Reader reader(bytes);
    Block block;
    block.header = read_header(reader);
    constexpr std::uint64_t least_transaction = 10;
    const std::uint64_t count = reader.count(least_transaction);
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i)
        block.transactions.push_back(read_transaction(reader));
    if (!reader.at_end()) return std::nullopt;
    return block;
}

BlockId id_of(const BlockHeader& header) {
    return BlockId{hash256(serialize(header)).array()};
}

std::size_t weight_of(const Transaction& transaction) {
    return serialize(transaction, WitnessForm::without).size() * (witness_scale - 1) +
           serialize(transaction).size();
}

std::size_t weight_of(const Block& block) {
    return serialize(block, WitnessForm::without).size() * (witness_scale - 1) +
           serialize(block).size();
}

MerkleRoot repeated_merkle_root(std::vector<Hash> leaves) {
    MerkleRoot result;
    if (leaves.empty()) return result;
    while (leaves.size() > 1) {
        for (std::size_t i = 0; i + 1 < leaves.size(); i += 2)
            result.repeats = result.repeats || leaves[i] == leaves[i + 1];
        if (leaves.size() % 2 == 1) leaves.push_back(leaves.back());
        for (std::size_t i = 0; i < leaves.size() / 2; ++i) {
            Bytes pair(leaves[2 * i].view().begin(), leaves[2 * i].view().end());
            append(pair, leaves[2 * i + 1].view());
            leaves[i] = hash256(pair);
        }
        leaves.resize(leaves.size() / 2);
    }
    result.root = leaves.front();
    return result;
}

MerkleRoot merkle_root_of(const Block& block) {
    std::vector<Hash> leaves;
    for (const Transaction& transaction : block.transactions)
        leaves.push_back(Hash{txid_of(transaction).array()});
    return repeated_merkle_root(std::move(leaves));
}

Hash witness_root_of(const Block& block) {
    std::vector<Hash> leaves;
    for (const Transaction& transaction : block.transactions)
        leaves.push_back(leaves.empty() ? Hash{} : Hash{wtxid_of(transaction).array()});
    return repeated_merkle_root(std::move(leaves)).root;
}

std::optional<std::size_t> commitment_index(const Transaction& coinbase) {
    for (std::size_t i = coinbase.outputs.size(); i-- > 0;) {
        const Bytes& script = coinbase.outputs[i].script;
        if (script.size() >= commitment_size &&
            std::equal(commitment_head.begin(), commitment_head.end(), script.begin()))
            return i;
    }
    return std::nullopt;
}

Bytes commitment_script(const Hash& witness_root, ByteView nonce) {
    Bytes committed(witness_root.view().begin(), witness_root.view().end());
    append(committed, nonce);
    Bytes script(commitment_head.begin(), commitment_head.end());
    append(script, hash256(committed).view());
    return script;
}

bool has_work(const BlockId& id, std::uint32_t bits, std::uint32_t limit) {
    const auto target = target_of(bits);
    const auto most = target_of(limit);
    if (!target || !most || *target > *most) return false;
    std::array<std::uint8_t, 32> number = id.array();
    std::reverse(number.begin(), number.end());
    return number <= *target;
}

}  // namespace lockstep::bitcoin
