#include "connector/assembly/peer_link.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/codec/oer.h"

namespace lockstep::assembly {

// outbox_space: peer -> last sequence given out, epoch that the peer made us take or 0; peer and
// sequence -> message.
Bytes PeerLink::key(std::uint64_t sequence) const {
    OerWriter writer;
    writer.fixed(peer_).u64(sequence);
    return writer.take();
}

void PeerLink::restore(const Put& put) {
    if (!put.value) return;
    if (put.key.size() == PublicKey::size) {
        OerReader reader(*put.value);
        next_ = reader.u64() + 1;
        taken_epoch_ = reader.u64();
        epoch_ = std::max(epoch_, taken_epoch_ + 1);
        return;
    }
    // Keys sort, so that the messages come in order and behind the last sequence given out.
    outbox_.push_back(*put.value);
}

bool PeerLink::send(Bytes message, std::vector<Put>& puts) {
    if (outbox_.size() >= max_outbox || message.size() > max_message_octets) return false;
    puts.push_back({outbox_space, key(next_), message});
    outbox_.push_back(std::move(message));
    ++next_;
    next_changed_ = true;
    return true;
}

bool PeerLink::replied(Timestamp at, std::uint64_t batch, const Result<PeerAck>& reply,
                       std::vector<Put>& puts) {
    if (!in_flight_ || batch != batches_) return false;
    in_flight_ = false;
    if (!reply) {
        failed(at);
        return false;
    }
    if (reply->refused == Reason::not_permitted && reply->epoch >= epoch_ &&
        reply->epoch < UINT64_MAX - 1) {
        epoch_ = taken_epoch_ = reply->epoch + 1;
        next_changed_ = true;
        failed(at);
        return false;
    }
    bool any = false;
    // An acknowledgement of what was never sent is a peer's mistake and means nothing.
    if (reply->acknowledged < next_) {
        std::uint64_t oldest = next_ - outbox_.size();
        for (; oldest <= reply->acknowledged; ++oldest) {
            puts.push_back({outbox_space, key(oldest), std::nullopt});
            outbox_.pop_front();
            any = true;
        }
    }
    if (any) {
        failing_since_.reset();
        retry_at_ = at;
    } else {
        failed(at);
    }
    return any;
}

void PeerLink::failed(Timestamp at) {
    if (!failing_since_) failing_since_ = at;
    retry_at_ = at + outage_pause(at - *failing_since_, first_retry, longest_retry);
}

std::optional<PeerSend> PeerLink::poll(Timestamp at, std::vector<Put>& puts) {
    if (next_changed_) {
        OerWriter writer;
        writer.u64(next_ - 1).u64(taken_epoch_);
        puts.push_back(
            {outbox_space, Bytes(peer_.view().begin(), peer_.view().end()), writer.take()});
        next_changed_ = false;
    }
    if (in_flight_ && at >= retry_at_) {
        in_flight_ = false;
        failed(at);
    }
    if (in_flight_ || outbox_.empty() || (failing_since_ && at < retry_at_)) return std::nullopt;
    PeerBatch batch;
    batch.sender = self_;
    batch.epoch = epoch_;
    batch.life = life_;
    batch.life_from = life_from_;
    batch.oldest = next_ - outbox_.size();
    batch.first = batch.oldest;
    std::size_t octets = 0;
    for (const Bytes& message : outbox_) {
        octets += message.size() + 8;
        // Leaves room for the head of the batch.
        if (batch.messages.size() == max_batch_messages || octets > max_batch_octets - 1024) break;
        batch.messages.push_back(message);
    }
    ASSERT(!batch.messages.empty());
    in_flight_ = true;
    retry_at_ = at + reply_patience;
    return PeerSend{peer_, ++batches_, encode_batch(batch)};
}

std::optional<Timestamp> PeerLink::next_wake() const {
    if (outbox_.empty()) return std::nullopt;
    return retry_at_;
}

void PeerInbox::restore(const Put& put) {
    if (!put.value) return;
    OerReader reader(*put.value);
    epoch_ = reader.u64();
    life_ = reader.u64();
    last_ = reader.u64();
}

PeerInbox::Taken PeerInbox::take(const PeerBatch& batch, std::vector<Put>& puts) {
    Taken taken;
    taken.ack.acknowledged = last_;
    taken.ack.epoch = epoch_;
    taken.skip = batch.messages.size();
    const bool first_word = epoch_ == 0 && last_ == 0;
    if (batch.epoch < epoch_ || (batch.epoch == epoch_ && batch.life != life_ && !first_word)) {
        taken.ack.refused = Reason::not_permitted;
        return taken;
    }
    std::uint64_t last = last_;
    if (batch.epoch > epoch_) last = std::min(last, batch.life_from - 1);
    if (batch.oldest > last + 1) {
        // What lies between was acknowledged by an earlier life of this node that its store has
        // lost. It cannot come again, and waiting for it would stop everything after it.
        taken.lost = true;
        last = batch.oldest - 1;
    }
    if (batch.first > last + 1) {
        taken.ack.refused = Reason::not_found;
        return taken;
    }
    const std::uint64_t end = batch.first + batch.messages.size();  // one past the batch
    taken.skip = std::min<std::uint64_t>(last + 1 - batch.first, batch.messages.size());
    last = std::max(last, end - 1);
    if (last != last_ || batch.epoch != epoch_ || batch.life != life_) {
        epoch_ = batch.epoch;
        life_ = batch.life;
        last_ = last;
        OerWriter writer;
        writer.u64(epoch_).u64(life_).u64(last_);
        puts.push_back({inbox_space, Bytes(batch.sender.view().begin(), batch.sender.view().end()),
                        writer.take()});
    }
    taken.ack.acknowledged = last_;
    taken.ack.epoch = epoch_;
    return taken;
}

}  // namespace lockstep::assembly
