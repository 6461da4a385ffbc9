// How a stored snapshot begins: whose state it is and in which form it is written, so that a
// program refuses what another program or another version wrote instead of misreading it. Part of
// what the digest covers.
#pragma once

#include <string_view>

#include "sdk/base/bytes.h"
#include "sdk/machine/store.h"

namespace lockstep {

struct SnapshotForm {
    std::string_view of;        // what the state is of, at most max_snapshot_owner octets
    std::uint16_t version = 0;  // grows with each change of how the state is written
};
constexpr std::size_t max_snapshot_owner = 32;

Bytes in_form(const SnapshotForm& form, ByteView state);

// The state behind a form that must be this one; it lives as long as the snapshot. Codes: corrupt
// (another machine's state, or none with a form), older_format, newer_format.
Result<ByteView, Failure> state_in(const SnapshotForm& form, const Snapshot& snapshot);

}  // namespace lockstep
