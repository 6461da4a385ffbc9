// Disks on which the real store works: SQLite in a directory of its own, over a file layer that
// loses what was not synced. As slow as that is, a few worlds have them.
#pragma once

#include "sim/world/sim_store.h"

namespace lockstep::sim {

// What `rng` draws is how much of what was not synced survives a crash. The directory goes with the
// disk.
std::unique_ptr<SimDisk> make_sqlite_disk(Rng rng);

}  // namespace lockstep::sim
