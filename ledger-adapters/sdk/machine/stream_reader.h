// How an adapter understands the event stream of its ledger: the part of an InstructionAdapter that
// differs between ledgers. It decodes and verifies; what it returns is believed.
#pragma once

#include <string>

#include "sdk/machine/instruction.h"

namespace lockstep {

// No frame has more octets: what the ledger's service queues for a reader and what the reader's
// connection takes must hold one.
constexpr std::size_t max_stream_frame_octets = std::size_t{16} << 20;

// What one frame said, all of it final.
struct StreamNews {
    std::vector<LedgerEvent> events;  // not read before, in ledger order
    std::vector<Balance> balances;    // those that changed
    Timestamp ledger_time;
    bool at_tip = false;  // nothing that happened before ledger_time is still to come
};

// Why a frame was not taken.
struct StreamFault {
    enum class Kind : std::uint8_t {
        gap = 1,  // something is missing: subscribe again from cursor()
        lie = 2,  // it cannot be true: believe nothing more
    } kind = Kind::lie;
    std::string detail;
};

class StreamReader {
public:
    virtual ~StreamReader() = default;

    // All of the frame or nothing of it. Events at or before the place are passed over.
    virtual Result<StreamNews, StreamFault> read(ByteView frame) = 0;

    // What GET /v1/events?cursor= resumes from.
    virtual std::uint64_t cursor() const = 0;
    // What must be remembered with the events that were read so far.
    virtual Bytes place() const = 0;
    // Continues from a remembered place; before the first frame.
    virtual Result<void> restore(ByteView place) = 0;

    // Whether events come with proofs that read() verifies.
    virtual bool proofs() const = 0;
};

// What must be true of an event on any ledger: its accounts are the ledger's, a fulfilled escrow
// shows the 32 octets that fulfil the condition, no other shows any. nullptr, or what is wrong.
const char* find_lie(const LedgerEvent& event, const Address& ledger);

}  // namespace lockstep
