// What a host runs: a machine, or a node made of a machine and adapters. One turn takes the inputs
// that arrived meanwhile, changes the state, and says what must be durable before which effects
// leave.
#pragma once

#include <optional>
#include <vector>

#include "sdk/base/result.h"
#include "sdk/base/time.h"
#include "sdk/machine/store.h"

namespace lockstep {

// A row to be journalled; the host gives it its sequence, epoch and chain value.
struct Entry {
    RowKind kind = RowKind::input;
    Timestamp at;
    Bytes body;
    std::uint16_t rules = 0;  // under which it was applied; 0: those of the program after the turn
};

template <class Effect>
struct Turn {
    bool disk_low = false;  // set by the host: take no new business
    std::vector<Entry> entries;
    std::vector<Record> records;
    std::vector<Put> puts;
    std::vector<Effect> effects;  // leave, in this order, once all of the above is durable
    std::uint64_t refusals = 0;   // for statistics
};

template <class InputType, class EffectType>
class Program {
public:
    using Input = InputType;
    using Effect = EffectType;

    virtual ~Program() = default;

    // Before anything else, once: the state of the snapshot, then each row in order, then the puts.
    // A difference between a recorded output and the recomputed one is a failure that names the
    // row.
    virtual Result<void, Failure> recover(const Recovered& recovered) = 0;
    // Called once after recover, at the host's time, before the first turn.
    virtual void start(Timestamp at, Turn<Effect>& turn) = 0;
    // Inputs in order of arrival, all stamped `at`; also called with no input when next_wake is
    // due.
    virtual void run(Timestamp at, std::vector<Input> inputs, Turn<Effect>& turn) = 0;
    virtual std::optional<Timestamp> next_wake() const = 0;

    virtual std::uint16_t rules() const = 0;
    // The form and the canonical state after the last turn; SHA-256 of it is the state digest.
    virtual Bytes snapshot() const = 0;
};

}  // namespace lockstep
