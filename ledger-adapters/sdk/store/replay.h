// Recomputes a state from the journal's first row, without any snapshot: what a program had live it
// must have again, bit for bit.
#pragma once

#include "sdk/crypto/hash.h"
#include "sdk/machine/journal.h"
#include "sdk/machine/state_file.h"

namespace lockstep {

// The whole verified journal and the puts of a stopped process. Takes no lock and writes nothing.
// Codes: not_found, newer_format, corrupt, io.
Result<Recovered, Failure> read_whole_journal(const std::string& directory);

std::string state_file(const std::string& directory);

// The state after the last row. `program` is as it was before its first start. Also codes of
// recover.
template <class P>
Result<StateDigest, Failure> replay_digest(const std::string& directory, P& program) {
    const auto whole = read_whole_journal(directory);
    if (!whole) return unexpected<Failure>(whole.error());
    if (const auto replayed = program.recover(*whole); !replayed) {
        return unexpected<Failure>(replayed.error());
    }
    return StateDigest{whole->last_seq, sha256(program.snapshot())};
}

// Replays and compares with the state that the process wrote when it stopped. Also codes not_found
// (it did not stop cleanly) and diverged.
template <class P>
Result<StateDigest, Failure> replay_and_compare(const std::string& directory, P& program) {
    const auto live = read_state_file(state_file(directory));
    if (!live) return unexpected<Failure>(live.error());
    auto replayed = replay_digest(directory, program);
    if (replayed && *replayed != *live) {
        return fail("diverged", directory + ": the journal gives " + to_json(*replayed) +
                                    "the process had " + to_json(*live));
    }
    return replayed;
}

}  // namespace lockstep
