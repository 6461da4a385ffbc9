#include "sdk/machine/stream.h"

namespace lockstep {

Bytes encode_frame(const LedgerFrame& frame) {
    OerWriter to;
    to.u8(stream_version).time(frame.ledger_time).u64(frame.tip);
    to.quantity(frame.events.size());
    for (const LedgerEvent& event : frame.events)
        write_event(to, event);
    to.quantity(frame.balances.size());
    for (const Balance& balance : frame.balances)
        write_balance(to, balance);
    return to.take();
}

Result<LedgerFrame> decode_frame(ByteView octets) {
    OerReader from(octets);
    LedgerFrame frame;
    if (from.u8() != stream_version) from.fail(Reason::unknown_version);
    frame.ledger_time = from.time();
    frame.tip = from.u64();
    const std::size_t events = from.count(max_frame_events);
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < events && !from.failed(); ++i) {
        LedgerEvent event = read_event(from);
        if (event.sequence <= last || event.sequence > frame.tip) from.fail(Reason::malformed);
        last = event.sequence;
        frame.events.push_back(std::move(event));
    }
    const std::size_t balances = from.count(max_frame_balances);
    for (std::size_t i = 0; i < balances && !from.failed(); ++i)
        frame.balances.push_back(read_balance(from));
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return frame;
}

}  // namespace lockstep
