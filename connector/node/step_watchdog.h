// Ends the process when an adapter does not come back from a step, and remembers for the next start
// which ledger it was: that one is paused then. Nothing else is saved; what is durable is in the
// journal, and the turn that the step belonged to never happened.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "connector/assembly/step_watch.h"
#include "sdk/base/time.h"
#include "sdk/machine/fatal.h"

namespace lockstep::node {

// The longest that an adapter may take. A step computes and signs and waits for nothing: the
// slowest, a full frame of a stream, takes some ten milliseconds. While it lasts no ledger is
// claimed on, so the worst that a stall costs is this and the restart, both inside one outage K.
constexpr Duration longest_step = Duration::seconds(1);

// Ledgers whose adapters stalled and whose pause is not in the journal yet: "stalled-ledgers" in
// the data directory, an address a line.
class StallFile {
public:
    explicit StallFile(const std::filesystem::path& directory);

    // Nothing where there is no file. Codes: io, malformed.
    Result<std::vector<Address>, Failure> read() const;
    // Durable when it returns; a crash leaves the old list or the new one. Codes: io, malformed.
    Result<void, Failure> add(const Address& ledger) const;
    Result<void, Failure> clear() const;

private:
    Result<void, Failure> sync_directory() const;

    std::filesystem::path directory_;
    std::filesystem::path file_;
};

class StepWatchdog final : public assembly::StepWatch {
public:
    // `ended` does not return in production.
    explicit StepWatchdog(StallFile file, Duration limit = longest_step,
                          FatalHandler ended = stop_process);
    ~StepWatchdog() override;

    void begin(const Address& ledger) override;
    void end() override;

private:
    void watch();
    void stalled(const Address& ledger);

    const StallFile file_;
    const Duration limit_;
    const FatalHandler ended_;

    std::mutex mutex_;
    std::condition_variable stopping_changed_;
    bool stopping_ = false;            // under the mutex
    const Address* ledger_ = nullptr;  // of the step that runs; under the mutex
    std::uint64_t steps_ = 0;          // begun so far; under the mutex
    std::thread thread_;
};

}  // namespace lockstep::node
