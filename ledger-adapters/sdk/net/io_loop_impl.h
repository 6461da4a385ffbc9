// What an IoLoop is made of, for the .cpp files of this folder.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "sdk/net/asio_types.h"
#include "sdk/net/io_loop.h"

namespace lockstep::net {

struct IoLoop::Impl {
    explicit Impl(unsigned count)
        : context(static_cast<int>(count)), work(context.get_executor()) {}

    Strand strand() { return Strand{context.get_executor()}; }

    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> work;
    using LoopTimer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>,
                                                 asio::io_context::executor_type>;
    std::mutex mutex;
    std::uint64_t last_timer = 0;
    std::unordered_map<std::uint64_t, LoopTimer> timers;
    std::optional<asio::signal_set> signals;
    std::function<void()> terminate;
    std::vector<std::thread> threads;

    void wait_for_signal();
    void leave_signals();
};

}  // namespace lockstep::net
