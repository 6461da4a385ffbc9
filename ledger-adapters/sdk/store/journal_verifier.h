// Checks a whole journal in the background after a start, which itself checks only what it reads: a
// row that was damaged behind the last snapshot must stop the process, not wait for a restore.
#pragma once

#include <thread>

#include "sdk/machine/fatal.h"
#include "sdk/store/sqlite_store.h"

namespace lockstep {

class JournalVerifier {
public:
    // After store.open(). The store must outlive this; the destructor breaks an unfinished check
    // off.
    explicit JournalVerifier(const SqliteStore& store, FatalHandler fatal = stop_process)
        : thread_([&store, fatal = std::move(fatal)](const std::stop_token& stop) {
              if (const auto verified = store.verify_all(stop); !verified) fatal(verified.error());
          }) {}

private:
    std::jthread thread_;
};

}  // namespace lockstep
