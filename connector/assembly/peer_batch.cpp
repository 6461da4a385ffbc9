#include "connector/assembly/peer_batch.h"

#include "sdk/base/assert.h"
#include "sdk/codec/oer.h"

namespace lockstep::assembly {

Bytes encode_batch(const PeerBatch& batch) {
    ASSERT(batch.messages.size() <= max_batch_messages);
    OerWriter writer;
    writer.u8(peer_batch_version).fixed(batch.sender).u64(batch.epoch).u64(batch.life);
    writer.u64(batch.life_from).u64(batch.oldest).u64(batch.first).quantity(batch.messages.size());
    for (const Bytes& message : batch.messages)
        writer.octets(message);
    return writer.take();
}

Result<PeerBatch> decode_batch(ByteView octets) {
    if (octets.size() > max_batch_octets) return refuse(Reason::too_large);
    OerReader reader(octets);
    if (reader.u8() != peer_batch_version) reader.fail(Reason::unknown_version);
    PeerBatch batch;
    batch.sender = reader.fixed<PublicKey>();
    batch.epoch = reader.u64();
    batch.life = reader.u64();
    batch.life_from = reader.u64();
    batch.oldest = reader.u64();
    batch.first = reader.u64();
    // Sequences start at 1, and none of a batch may pass the end of the numbers.
    if (batch.life_from == 0 || batch.oldest == 0 || batch.first < batch.oldest ||
        batch.first > UINT64_MAX - max_batch_messages)
        reader.fail(Reason::malformed);
    for (std::size_t n = reader.count(max_batch_messages); n > 0 && !reader.failed(); --n) {
        const ByteView message = reader.octets(max_message_octets);
        batch.messages.emplace_back(message.begin(), message.end());
    }
    if (const auto done = reader.finish(); !done) return unexpected(done.error());
    return batch;
}

Bytes encode_ack(const PeerAck& ack) {
    OerWriter writer;
    writer.u8(peer_batch_version).u64(ack.epoch).u64(ack.acknowledged);
    writer.boolean(ack.refused.has_value());
    if (ack.refused) writer.reason(*ack.refused);
    return writer.take();
}

Result<PeerAck> decode_ack(ByteView octets) {
    OerReader reader(octets);
    if (reader.u8() != peer_batch_version) reader.fail(Reason::unknown_version);
    PeerAck ack;
    ack.epoch = reader.u64();
    ack.acknowledged = reader.u64();
    if (reader.boolean()) ack.refused = reader.reason();
    if (const auto done = reader.finish(); !done) return unexpected(done.error());
    return ack;
}

}  // namespace lockstep::assembly
