// How a program takes memory from the system.
#pragma once

#ifdef LOCKSTEP_MIMALLOC
#include <mimalloc.h>
#endif

namespace lockstep {

// In pages of 2 MiB where the system has them, and ahead of use: a state is read back in a race
// against the ledger's or the node's profile, and a fault for each 4 KiB of it takes two fifths of
// that time. The first thing in main(); without mimalloc nothing happens.
inline void use_large_pages() {
#ifdef LOCKSTEP_MIMALLOC
    mi_option_enable(mi_option_large_os_pages);
    mi_option_set(mi_option_eager_commit_delay, 0);
#endif
}

}  // namespace lockstep
