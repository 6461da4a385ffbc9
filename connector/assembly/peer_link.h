// Delivery of messages to and from one peer: at least once on the wire, in order and once for the
// node. What waits to be sent and what was last received are puts, committed with the node's
// journal before a batch or an acknowledgement leaves. A batch is in flight at a time, so that
// messages gather into larger batches while the peer is busy.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "connector/assembly/peer_batch.h"
#include "sdk/base/time.h"
#include "sdk/machine/store.h"

namespace lockstep::assembly {

constexpr std::uint16_t outbox_space = 2;
constexpr std::uint16_t inbox_space = 3;
// What may wait for one peer. A message only says where to look, so one that does not fit is
// dropped and counted; the escrows it spoke of expire or are found on their ledgers.
constexpr std::size_t max_outbox = 65'536;
// Between two attempts at a peer that does not answer.
constexpr Duration first_retry = Duration::milliseconds(100);
constexpr Duration longest_retry = longest_outage_pause;
// A batch without a reply for this long is sent again; transports give up earlier.
constexpr Duration reply_patience = Duration::seconds(10);

struct PeerSend {
    PublicKey peer;
    std::uint64_t batch = 0;  // echoed with the reply
    Bytes body;
};

// The sending end.
class PeerLink {
public:
    PeerLink(const PublicKey& self, const PublicKey& peer, std::uint64_t epoch)
        : self_(self), peer_(peer), epoch_(epoch) {}

    // A put of outbox_space whose key begins with this peer's key; in key order, before the first
    // step.
    void restore(const Put& put);
    // The number that this process drew when it started; before the first step.
    void begin(std::uint64_t life) {
        life_ = life;
        life_from_ = next_;
    }

    // False when the outbox is full.
    bool send(Bytes message, std::vector<Put>& puts);
    // The reply to a batch: an acknowledgement, or why there is none. True when messages were
    // acknowledged. A peer that knows of a later epoch, or of another life in this one, says so:
    // our data is an older copy, and what waits is said again in an epoch that is later still.
    // Whoever was replaced gets no further: its journal takes no put any more.
    bool replied(Timestamp at, std::uint64_t batch, const Result<PeerAck>& reply,
                 std::vector<Put>& puts);
    // At the end of each turn: the batch that is due.
    std::optional<PeerSend> poll(Timestamp at, std::vector<Put>& puts);
    std::optional<Timestamp> next_wake() const;

    std::size_t waiting() const { return outbox_.size(); }
    bool reachable() const { return !failing_since_; }
    const PublicKey& peer() const { return peer_; }
    std::uint64_t epoch() const { return epoch_; }

private:
    Bytes key(std::uint64_t sequence) const;
    void failed(Timestamp at);

    PublicKey self_;
    PublicKey peer_;
    std::uint64_t epoch_;
    std::uint64_t life_ = 0;
    std::uint64_t life_from_ = 1;
    std::uint64_t taken_epoch_ = 0;  // the last one that the peer made us take
    std::uint64_t next_ = 1;         // sequence of the next message
    std::deque<Bytes> outbox_;       // the last of them has sequence next_ - 1
    bool next_changed_ = false;      // and is not a put yet
    std::uint64_t batches_ = 0;
    bool in_flight_ = false;
    Timestamp retry_at_;  // of the batch in flight, or earliest time for the next one
    std::optional<Timestamp> failing_since_;
};

// The receiving end.
class PeerInbox {
public:
    struct Taken {
        std::size_t skip = 0;  // messages of the batch that came before
        PeerAck ack;
        bool lost = false;  // the sender no longer has messages that never came here
    };
    void restore(const Put& put);
    // Decides what of a batch is new and remembers that it came. With ack.refused nothing is taken:
    // not_permitted for an older epoch or another life in the same, not_found for a gap. A later
    // life gives out sequences that came already when its data went back: those are new.
    Taken take(const PeerBatch& batch, std::vector<Put>& puts);
    std::uint64_t last() const { return last_; }

private:
    std::uint64_t epoch_ = 0;
    std::uint64_t life_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace lockstep::assembly
