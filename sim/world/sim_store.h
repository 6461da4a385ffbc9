// The disks of simulated processes. A store behaves like the real one as far as a program can tell;
// faults are armed by the world and strike at the next occasion.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "sdk/machine/memory_store.h"
#include "sim/world/rng.h"

namespace lockstep::sim {

// How much room others leave on a disk. A store keeps a reserve of its own, as the real one does.
enum class Room : std::uint8_t {
    ample,
    low,   // everything can be written, and new business is to stop
    full,  // nothing beside the reserve
    none   // nor the reserve
};
constexpr std::uint64_t reserve_octets = 4u << 20;

// What the process on a disk met since it was asked last.
struct SpaceMet {
    bool low = false;           // it was told that little is left
    bool reserve_used = false;  // something was recorded on the reserve
    bool used_up = false;       // something did not fit
};

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
    virtual void set_room(Room room) = 0;
    virtual const SpaceMet& met() const = 0;
    virtual SpaceMet take_met() = 0;
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
