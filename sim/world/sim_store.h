// The disks of simulated processes. A store behaves like the real one as far as a program can tell;
// faults are armed by the world and strike at the next occasion.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "sdk/machine/memory_store.h"
#include "sim/world/rng.h"

namespace lockstep::sim {

class SimStore : public Store, public RecordReader {};

// What survives a process, and what can be wrong with it.
class SimDisk {
public:
    using Alive = std::function<bool(PersistencePoint)>;

    virtual ~SimDisk() = default;
    virtual std::unique_ptr<SimStore> mount(Alive alive) = 0;
    // For readers beside the process, as the API has them.
    virtual const RecordReader& records() const = 0;
    virtual std::vector<JournalRow> journal() const = 0;

    // The next sync fails: the process stops. What was written is there afterwards, or not.
    virtual void fail_next_sync(bool written) = 0;
    virtual void set_space(DiskSpace space, bool full) = 0;
    // Changes an octet of a row drawn; false where there is none yet.
    virtual bool rot(Rng& rng) = 0;
    // One row lands on another.
    virtual bool misdirect(Rng& rng) = 0;
    // What it holds now, on a disk of its own.
    virtual std::unique_ptr<SimDisk> copy() const = 0;
    // Keeps a copy of everything; `restore` puts it back. The process is down meanwhile.
    virtual void back_up() = 0;
    virtual bool has_backup() const = 0;
    virtual void restore() = 0;
};

// In memory: a fast model at the granularity of transactions, which the real store keeps whole.
std::unique_ptr<SimDisk> make_memory_disk();

}  // namespace lockstep::sim
