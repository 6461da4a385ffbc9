#include "securities/machine/light_client.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::securities {
namespace {

constexpr std::uint8_t frame_version = 1;
constexpr std::uint8_t place_version = 1;
constexpr std::size_t max_path = 64;

void write_view(OerWriter& to, const BlockView& view) {
    write_header(to, view.header);
    write_certificate(to, view.certificate);
    to.u32(view.leaf_count).quantity(view.leaves.size());
    for (const ProvenLeaf& leaf : view.leaves) {
        to.u32(leaf.index).octets(leaf.octets).quantity(leaf.path.size());
        for (const Hash& hash : leaf.path)
            to.fixed(hash);
    }
}

BlockView read_view(OerReader& from) {
    BlockView view;
    view.header = read_header(from);
    view.certificate = read_certificate(from);
    view.leaf_count = from.u32();
    const std::size_t count = from.count(max_view_leaves);
    for (std::size_t i = 0; i < count && !from.failed(); ++i) {
        ProvenLeaf leaf;
        leaf.index = from.u32();
        const ByteView octets = from.octets(max_instruction_octets);
        leaf.octets.assign(octets.begin(), octets.end());
        const std::size_t steps = from.count(max_path);
        for (std::size_t step = 0; step < steps && !from.failed(); ++step)
            leaf.path.push_back(from.fixed<Hash>());
        view.leaves.push_back(std::move(leaf));
    }
    return view;
}

}  // namespace

Bytes encode_frame(const BlockFrame& frame) {
    OerWriter to;
    to.u8(frame_version).quantity(frame.blocks.size());
    for (const BlockView& view : frame.blocks)
        write_view(to, view);
    to.u64(frame.tip).quantity(frame.balances.size());
    for (const Balance& balance : frame.balances)
        write_balance(to, balance);
    return to.take();
}

Result<BlockFrame> decode_frame(ByteView octets) {
    OerReader from(octets);
    BlockFrame frame;
    if (from.u8() != frame_version) from.fail(Reason::unknown_version);
    const std::size_t blocks = from.count(max_view_blocks);
    for (std::size_t i = 0; i < blocks && !from.failed(); ++i)
        frame.blocks.push_back(read_view(from));
    frame.tip = from.u64();
    const std::size_t balances = from.count(max_view_balances);
    for (std::size_t i = 0; i < balances && !from.failed(); ++i)
        frame.balances.push_back(read_balance(from));
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return frame;
}

ProvableBlock::ProvableBlock(DecidedBlock block) : block_(std::move(block)) {
    for (std::uint32_t i = 0; i < block_.leaves.size(); ++i) {
        auto event = event_of_leaf(block_.leaves[i]);
        ASSERT(event.has_value());  // a quorum made it
        if (*event)
            events_.push_back(
                {i, std::move((*event)->terms.payer), std::move((*event)->terms.payee)});
    }
    if (events_.empty()) return;
    std::vector<Hash>& leaves = levels_.emplace_back();
    leaves.reserve(block_.leaves.size());
    for (const Bytes& leaf : block_.leaves)
        leaves.push_back(merkle_leaf(leaf));
    while (levels_.back().size() > 1) {
        const std::vector<Hash>& below = levels_.back();
        std::vector<Hash> above;
        above.reserve((below.size() + 1) / 2);
        for (std::size_t i = 0; i + 1 < below.size(); i += 2)
            above.push_back(merkle_node(below[i], below[i + 1]));
        if (below.size() % 2 != 0) above.push_back(below.back());
        levels_.push_back(std::move(above));
    }
    ASSERT(levels_.back().front() == block_.header.tx_root);
}

BlockView ProvableBlock::view_for(const std::vector<Address>& accounts) const {
    ASSERT(std::is_sorted(accounts.begin(), accounts.end()));
    BlockView view;
    view.header = block_.header;
    view.certificate = block_.certificate;
    view.leaf_count = static_cast<std::uint32_t>(block_.leaves.size());
    const auto ours = [&](const Address& account) {
        return std::binary_search(accounts.begin(), accounts.end(), account);
    };
    for (const Event& event : events_) {
        if (!ours(event.payer) && !ours(event.payee)) continue;
        ProvenLeaf leaf{event.leaf, block_.leaves[event.leaf], {}};
        std::size_t index = event.leaf;
        for (const std::vector<Hash>& level : levels_) {
            if ((index ^ 1) < level.size()) leaf.path.push_back(level[index ^ 1]);
            index /= 2;
        }
        view.leaves.push_back(std::move(leaf));
    }
    return view;
}

Bytes encode_place(const Place& place) {
    OerWriter to;
    to.u8(place_version).u64(place.height).fixed(place.header).time(place.time);
    to.u64(place.sequence);
    return to.take();
}

Result<Place> decode_place(ByteView octets) {
    OerReader from(octets);
    Place place;
    if (from.u8() != place_version) from.fail(Reason::unknown_version);
    place.height = from.u64();
    place.header = from.fixed<Hash>();
    place.time = from.time();
    place.sequence = from.u64();
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return place;
}

const char* to_string(Doubt doubt) {
    switch (doubt) {
        case Doubt::malformed:
            return "malformed";
        case Doubt::gap:
            return "gap";
        case Doubt::wrong_chain:
            return "wrong_chain";
        case Doubt::broken_link:
            return "broken_link";
        case Doubt::time_not_growing:
            return "time_not_growing";
        case Doubt::bad_certificate:
            return "bad_certificate";
        case Doubt::bad_proof:
            return "bad_proof";
        case Doubt::sequence_not_growing:
            return "sequence_not_growing";
    }
    UNREACHABLE();
}

LightClient::LightClient(Trust trust, std::shared_ptr<const SignatureScheme> scheme,
                         std::optional<Place> place)
    : trust_(std::move(trust)),
      validators_hash_(trust_.validators.hash()),
      scheme_(std::move(scheme)) {
    if (place)
        place_ = *place;
    else
        place_.header = trust_.chain;
}

Result<void, Doubt> LightClient::check_certificate(const BlockHeader& header,
                                                   const Certificate& certificate) const {
    if (header.chain != trust_.chain || header.validators != validators_hash_)
        return unexpected(Doubt::wrong_chain);
    if (!is_certified(header, header.hash(), certificate))
        return unexpected(Doubt::bad_certificate);
    return {};
}

bool LightClient::is_certified(const BlockHeader& header, const Hash& block,
                               const Certificate& certificate) const {
    const Ballot ballot{VoteKind::precommit, header.height, certificate.round, block};
    return verify_ballot(trust_.validators, trust_.chain, ballot, certificate.signatures, *scheme_);
}

Result<std::vector<LedgerEvent>, Doubt> LightClient::accept(const BlockFrame& frame) {
    Place place = place_;
    std::vector<LedgerEvent> events;
    for (const BlockView& view : frame.blocks) {
        const BlockHeader& header = view.header;
        if (header.height <= place.height) continue;
        if (header.height != place.height + 1) return unexpected(Doubt::gap);
        if (header.chain != trust_.chain) return unexpected(Doubt::wrong_chain);
        if (header.parent != place.header) return unexpected(Doubt::broken_link);
        if (header.time <= place.time) return unexpected(Doubt::time_not_growing);
        if (header.validators != validators_hash_) return unexpected(Doubt::wrong_chain);
        const Hash block = header.hash();
        if (!is_certified(header, block, view.certificate))
            return unexpected(Doubt::bad_certificate);
        for (const ProvenLeaf& leaf : view.leaves) {
            if (!merkle_verify(merkle_leaf(leaf.octets), leaf.index, view.leaf_count, leaf.path,
                               header.tx_root))
                return unexpected(Doubt::bad_proof);
            auto event = event_of_leaf(leaf.octets);
            if (!event) return unexpected(Doubt::malformed);
            if (!*event) continue;
            if ((*event)->sequence <= place.sequence)
                return unexpected(Doubt::sequence_not_growing);
            place.sequence = (*event)->sequence;
            (*event)->locator =
                "block " + std::to_string(header.height) + ", leaf " + std::to_string(leaf.index);
            events.push_back(std::move(**event));
        }
        place.height = header.height;
        place.header = block;
        place.time = header.time;
    }
    place_ = place;
    return events;
}

}  // namespace lockstep::securities
