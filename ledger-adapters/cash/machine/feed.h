// One reader's stream of events: first the past from the records, then what happens, without a gap.
// Pure; whoever sends the frames keeps this order:
//   1. at one moment, between two inputs: makes the Feed, and from then on gives it every Changed
//   2. sends past() until it is empty
//   3. sends what take() gives, then and after each Changed and heartbeat
#pragma once

#include <optional>

#include "cash/machine/machine.h"
#include "sdk/machine/stream.h"

namespace lockstep::cash {

class Feed {
public:
    // Frames that wait while the past is sent; a reader that is slower loses its stream.
    static constexpr std::size_t max_waiting = 65'536;

    // The reader made everything up to the cursor durable. too_far_ahead: the cursor lies beyond
    // the ledger's tip, so the ledger has lost what the reader has seen.
    static Result<Feed> begin(const CashMachine& machine, const PublicKey& reader,
                              std::uint64_t cursor, Timestamp at);

    // The next frame of what happened before the feed began; nullopt when there is no more. The
    // last one has the reader's balances; where there are none it only moves the time.
    std::optional<LedgerFrame> past(const RecordReader& records);

    // What one input changed. False when too much is waiting.
    bool add(const output::Changed& changed);
    // Everything up to the tip at this time has been added.
    bool beat(Timestamp at, std::uint64_t tip);
    // What waits, in as few frames as the limits allow.
    std::vector<LedgerFrame> take();

private:
    Feed() = default;

    PublicKey reader_;
    std::uint64_t cursor_ = 0;  // of what past() gave
    std::uint64_t start_ = 0;   // the tip when the feed began
    Timestamp started_at_;
    bool caught_up_ = false;
    std::vector<Balance> balances_;
    std::vector<LedgerFrame> waiting_;
};

}  // namespace lockstep::cash
