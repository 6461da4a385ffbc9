// What the cash ledger's event stream carries: frames of events, each with the ledger's time and
// tip and with the balances that the events left behind. A reader subscribes with the cursor of the
// last event that it has made durable and gets everything after it, without a gap.
#pragma once

#include <vector>

#include "sdk/machine/instruction.h"

namespace lockstep {

constexpr std::uint8_t stream_version = 1;
constexpr std::size_t max_frame_events = 1024;
constexpr std::size_t max_frame_balances = 4096;

// Events are those of the reader's accounts, in ledger order, strictly after the cursor. Once a
// frame was sent, everything of the reader's accounts up to its tip has been sent. A frame without
// events is the heartbeat: it moves time and tip.
struct LedgerFrame {
    Timestamp ledger_time;
    std::uint64_t tip = 0;
    std::vector<LedgerEvent> events;
    // The reader's balances that changed since the frame before, as they stand at the tip; all of
    // them in the first frame.
    std::vector<Balance> balances;
};

Bytes encode_frame(const LedgerFrame& frame);
// malformed, not_canonical, unknown_version, too_large; events out of order are malformed.
Result<LedgerFrame> decode_frame(ByteView octets);

}  // namespace lockstep
