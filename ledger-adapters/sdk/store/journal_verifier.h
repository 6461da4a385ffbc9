// Checks whole journals in the background after a start, which itself checks only what it reads: a
// row that was damaged behind the last snapshot must stop the process, not wait for a restore.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "sdk/machine/fatal.h"
#include "sdk/store/sqlite_store.h"

namespace lockstep {

class JournalVerifier {
public:
    // After open() of each store, whose journals are checked one after the other, behind all other
    // work: who has just started has to catch up. The stores must outlive this; the destructor
    // breaks an unfinished check off.
    explicit JournalVerifier(std::vector<const SqliteStore*> stores,
                             FatalHandler fatal = stop_process)
        : thread_(
              [stores = std::move(stores), fatal = std::move(fatal)](const std::stop_token& stop) {
                  // On Linux a priority is a thread's; lowering it needs no right and cannot fail.
                  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), lowest_priority);
                  for (const SqliteStore* store : stores) {
                      if (const auto verified = store->verify_all(stop); !verified)
                          return fatal(verified.error());
                  }
              }) {}

private:
    static constexpr int lowest_priority = 19;

    std::jthread thread_;
};

}  // namespace lockstep
