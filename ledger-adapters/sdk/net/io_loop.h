// The threads and timers that everything in this folder runs on.
// An IoLoop outlives every server, client and session made on it: stop those first, then the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sdk/base/time.h"

namespace lockstep::net {

enum class TimerId : std::uint64_t {};

class IoLoop {
public:
    // Starts `threads` threads (at least one), which run until stop().
    explicit IoLoop(unsigned threads = 1);
    ~IoLoop();
    IoLoop(const IoLoop&) = delete;
    IoLoop& operator=(const IoLoop&) = delete;

    // Runs the function on a thread of the loop, later. From any thread. With more than one thread,
    // two posted functions may run at the same time. A function that throws ends the process.
    void post(std::function<void()> function);

    // Runs the function once, when the time has gone by on the steady clock.
    TimerId after(Duration delay, std::function<void()> function);
    // True when the timer's function will not run; false when it ran, runs or was cancelled before.
    bool cancel(TimerId timer);

    // Calls back on a thread of the loop at each SIGTERM or SIGINT; those that come when the loop
    // has gone do nothing. Once a process, at most.
    void on_terminate(std::function<void()> callback);

    // Ends the threads and waits for them; what was posted and not begun is dropped. May be called
    // again; not from a thread of the loop.
    void stop();

    // True on a thread of this loop.
    bool runs_here() const;

    struct Impl;
    Impl& impl() { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::net
