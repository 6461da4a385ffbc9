// What travels between two nodes: a batch of messages one way, an acknowledgement the other. The
// batch is the body of POST /v1/peer, whose signature (RFC 9421) is the sender's.
//
//   batch           = version 1, sender 32, epoch, life, life_from, oldest, first, count,
//                     messages (octets)
//   acknowledgement = version 1, epoch, acknowledged, refused (optional reason)
// Canonical OER. Message i of a batch has the sequence first + i; sequences of a pair start at 1
// and have no gap. A process draws its life when it starts: one whose data was put back from an
// older copy may have an epoch that its peer knows already, and gives out sequences once more.
#pragma once

#include <optional>
#include <vector>

#include "sdk/base/ids.h"
#include "sdk/base/result.h"

namespace lockstep::assembly {

constexpr std::uint8_t peer_batch_version = 1;
constexpr std::size_t max_batch_messages = 256;
constexpr std::size_t max_message_octets = 64 * 1024;
constexpr std::size_t max_batch_octets = 1024 * 1024;

struct PeerBatch {
    PublicKey sender;
    std::uint64_t epoch =
        0;  // of the sender's journal; an older one is a process that was replaced
    std::uint64_t oldest = 1;  // the sender keeps nothing before this: it was acknowledged
    std::uint64_t first = 1;
    std::vector<Bytes> messages;
    std::uint64_t life = 0;
    std::uint64_t life_from = 1;  // the first sequence that this life gave out
};
struct PeerAck {
    std::uint64_t acknowledged = 0;  // everything up to here is durable at the receiver
    std::optional<Reason> refused;   // the batch was not taken, and why
    std::uint64_t epoch = 0;         // the latest of the sender that the receiver knows
};

Bytes encode_batch(const PeerBatch& batch);
// malformed, not_canonical, unknown_version, too_large.
Result<PeerBatch> decode_batch(ByteView octets);
Bytes encode_ack(const PeerAck& ack);
Result<PeerAck> decode_ack(ByteView octets);

}  // namespace lockstep::assembly
