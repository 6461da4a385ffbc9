// Who looks on while an adapter works. An adapter is somebody else's code on the node's own thread:
// one that does not come back would keep every other ledger from being claimed on.
#pragma once

#include "sdk/base/address.h"

namespace lockstep::assembly {

class StepWatch {
public:
    virtual ~StepWatch() = default;
    // On the node's thread, in pairs, never one inside another. `ledger` stays as it is until
    // end().
    virtual void begin(const Address& ledger) = 0;
    virtual void end() = 0;
};

// One step, from here to the end of the block.
class WatchedStep {
public:
    WatchedStep(StepWatch* watch, const Address& ledger) : watch_(watch) {
        if (watch_ != nullptr) watch_->begin(ledger);
    }
    ~WatchedStep() {
        if (watch_ != nullptr) watch_->end();
    }
    WatchedStep(const WatchedStep&) = delete;
    WatchedStep& operator=(const WatchedStep&) = delete;

private:
    StepWatch* watch_;
};

}  // namespace lockstep::assembly
