// The end of a journal as the one who writes it knows it: gives entries their sequence, epoch and
// chain value, and times that never go back. Used by every host, real or simulated.
#pragma once

#include "sdk/machine/program.h"

namespace lockstep {

// What identifies a state: the last row applied and SHA-256 of the canonical snapshot after it.
struct StateDigest {
    std::uint64_t seq = 0;
    Hash digest;
    friend bool operator==(const StateDigest&, const StateDigest&) = default;
};

class JournalEnd {
public:
    void begin(const Recovered& recovered);

    // Never less than the time of any row before.
    Timestamp stamp(Timestamp clock) const { return std::max(clock, last_at_); }

    // One transaction from one turn. `rules` is for entries that name none.
    template <class Effect>
    Batch seal(Turn<Effect>& turn, std::uint16_t rules) {
        return {link(std::move(turn.entries), rules), std::move(turn.records),
                std::move(turn.puts)};
    }

    // The state after the last row.
    Snapshot snapshot(Bytes state) const;

    std::uint64_t seq() const { return seq_; }
    Timestamp last_at() const { return last_at_; }

private:
    std::vector<JournalRow> link(std::vector<Entry> entries, std::uint16_t rules);

    std::uint64_t epoch_ = 0;
    std::uint64_t seq_ = 0;
    Hash chain_;
    Timestamp last_at_;
};

}  // namespace lockstep
