// What a reader needs to believe the securities ledger without trusting any one validator: it
// follows every header, checks its certificate, and accepts an event only with the proof that it
// lies under that header. Pure; the reader brings the trusted validators and keeps its place.
//
// Use: LightClient client(trust, scheme, saved place); for each frame client.accept(frame) gives
// the events in order; keep client.place() with what was learnt.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "securities/machine/block.h"

namespace lockstep::securities {

constexpr std::size_t max_view_blocks = 256;
constexpr std::size_t max_view_leaves = 65536;
constexpr std::size_t max_view_balances = 4096;

struct ProvenLeaf {
    std::uint32_t index = 0;
    Bytes octets;
    std::vector<Hash> path;  // RFC 6962, lowest level first
};
// One block as a reader sees it: the header always, the leaves that concern its accounts.
struct BlockView {
    BlockHeader header;
    Certificate certificate;
    std::uint32_t leaf_count = 0;  // of the whole block
    std::vector<ProvenLeaf> leaves;
};
// One message of GET /v1/events?cursor=HEIGHT: blocks HEIGHT+1 …, without a gap.
struct BlockFrame {
    std::vector<BlockView> blocks;
    std::uint64_t tip = 0;          // height that the sender has reached: live when it is ours
    std::vector<Balance> balances;  // of the reader's accounts after the last block; only at the
                                    // tip. Not proved: they steer, they decide nothing
};
Bytes encode_frame(const BlockFrame& frame);
Result<BlockFrame> decode_frame(ByteView octets);

// A decided block that is shown to many readers: its events are decoded and its tree is hashed
// once.
class ProvableBlock {
public:
    ProvableBlock() = default;
    explicit ProvableBlock(DecidedBlock block);

    const DecidedBlock& block() const { return block_; }
    // What concerns these accounts (as payer or payee), with proofs. Accounts are sorted.
    BlockView view_for(const std::vector<Address>& accounts) const;

private:
    struct Event {
        std::uint32_t leaf = 0;
        Address payer;
        Address payee;
    };
    DecidedBlock block_;
    std::vector<Event> events_;
    std::vector<std::vector<Hash>> levels_;  // of the Merkle tree, leaves first
};

struct Trust {
    Hash chain;  // Genesis::chain_id()
    ValidatorSet validators;
};
// The last header that was verified.
struct Place {
    std::uint64_t height = 0;
    Hash header;  // the chain's id at height 0
    Timestamp time;
    std::uint64_t sequence = 0;  // of the last event
    friend bool operator==(const Place&, const Place&) = default;
};
Bytes encode_place(const Place& place);
Result<Place> decode_place(ByteView octets);

// Why a frame is not believed. Anything but a gap is a proof that the sender lies or is broken.
enum class Doubt : std::uint8_t {
    malformed = 1,         // it cannot be decoded
    gap,                   // a height is missing: subscribe again from place()
    wrong_chain,           // another chain or validator set
    broken_link,           // the parent is not our last header
    time_not_growing,      // not later than its parent
    bad_certificate,       // fewer valid signatures than the quorum
    bad_proof,             // a leaf that is not under tx_root
    sequence_not_growing,  // events out of order
};
const char* to_string(Doubt doubt);

class LightClient {
public:
    LightClient(Trust trust, std::shared_ptr<const SignatureScheme> scheme,
                std::optional<Place> place);

    // All of the frame or nothing of it. Blocks at or below place() are passed over: a stream may
    // repeat. Events come in ledger order, each with its block and leaf as locator.
    Result<std::vector<LedgerEvent>, Doubt> accept(const BlockFrame& frame);
    // An answer of GET /v1/blocks/{height} is checked the same way but moves nothing.
    Result<void, Doubt> check_certificate(const BlockHeader& header,
                                          const Certificate& certificate) const;
    const Place& place() const { return place_; }

private:
    // `block` is the header's hash.
    bool is_certified(const BlockHeader& header, const Hash& block,
                      const Certificate& certificate) const;

    Trust trust_;
    Hash validators_hash_;
    std::shared_ptr<const SignatureScheme> scheme_;
    Place place_;
};

}  // namespace lockstep::securities
