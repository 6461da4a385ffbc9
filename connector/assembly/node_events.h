// What a host gives to a node and what leaves it. The host delivers events in the order in which
// they arrived; effects leave only when the turn that caused them is durable.
#pragma once

#include "connector/assembly/message_check.h"
#include "connector/assembly/peer_link.h"
#include "connector/core/inputs.h"
#include "sdk/machine/adapter.h"

namespace lockstep::assembly {

namespace event {

// A call of the API, or a notice of the process (DiskLow, Drain).
struct ForCore {
    core::NodeInput input;
};
// A batch of a peer whose signature was verified; answered with effect::AnswerPeer.
struct PeerBatchArrived {
    std::uint64_t ticket = 0;
    CheckedBatch batch;
};
// What became of an effect::SendBatch: unavailable and outcome_unknown are the transport's.
struct PeerReplied {
    PublicKey peer;
    std::uint64_t batch = 0;
    Result<PeerAck> reply;
};
// From the ledger's transport: Reply, StreamFrame or StreamDown.
struct FromLedger {
    std::size_t ledger = 0;  // index in the configuration
    AdapterInput input;
};
// An effect::Release has left, so the decision is durable: the same fields.
struct ReleaseDurable {
    Hash context;
    Hash entropy;
    Condition condition;
};

}  // namespace event

using NodeEvent = std::variant<event::ForCore, event::PeerBatchArrived, event::PeerReplied,
                               event::FromLedger, event::ReleaseDurable>;

namespace effect {

struct ToLedger {
    std::size_t ledger = 0;
    Request request;
};
// POST /v1/peer, signed with the node's key.
using SendBatch = PeerSend;
struct AnswerPeer {
    std::uint64_t ticket = 0;
    PeerAck ack;
};
struct AnswerCaller {
    std::uint64_t ticket = 0;
    Result<Bytes> body;
};
// Gives event::ReleaseDurable back, nothing else.
struct Release {
    Hash context;
    Hash entropy;
    Condition condition;
};
struct Alarm {
    std::string code;
    std::string detail;
};
// A row of the event stream for readers, now durable.
struct Published {
    std::uint64_t number = 0;
    Bytes event;  // an encoded core::EventRecord
};
// What a ledger said about itself.
struct Described {
    LedgerInfo info;
};
// The stalls that the node was started with are in the journal: whatever told of them can go.
struct StallsNoted {};

}  // namespace effect

using NodeEffect = std::variant<effect::ToLedger, effect::SendBatch, effect::AnswerPeer,
                                effect::AnswerCaller, effect::Release, effect::Alarm,
                                effect::Published, effect::Described, effect::StallsNoted>;

}  // namespace lockstep::assembly
