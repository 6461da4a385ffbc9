#include "sdk/machine/snapshot_form.h"

#include "sdk/base/assert.h"
#include "sdk/codec/oer.h"

namespace lockstep {

Bytes in_form(const SnapshotForm& form, ByteView state) {
    ASSERT(form.of.size() <= max_snapshot_owner && form.version > 0);
    Bytes octets = OerWriter().text(form.of).u16(form.version).take();
    append(octets, state);
    return octets;
}

Result<ByteView, Failure> state_in(const SnapshotForm& form, const Snapshot& snapshot) {
    OerReader from(snapshot.state);
    const std::string_view of = from.text(max_snapshot_owner);
    const std::uint16_t version = from.u16();
    const std::string name = "the snapshot after journal row " + std::to_string(snapshot.seq);
    if (from.failed() || of != form.of) {
        return fail("corrupt", name + " does not hold the state of a " + std::string(form.of) +
                                   "; use the program and version that wrote it, or restore the "
                                   "data directory from a backup");
    }
    if (version != form.version) {
        return fail(version < form.version ? "older_format" : "newer_format",
                    name + " is in form " + std::to_string(version) + ", this program reads form " +
                        std::to_string(form.version) + "; use the version that wrote it");
    }
    return from.raw(from.remaining());
}

}  // namespace lockstep
