#include "sdk/net/io_loop.h"

#include <csignal>

#include "sdk/base/assert.h"
#include "sdk/net/io_loop_impl.h"

namespace lockstep::net {

IoLoop::IoLoop(unsigned threads) : impl_(std::make_unique<Impl>(threads == 0 ? 1 : threads)) {
    for (unsigned i = 0; i < (threads == 0 ? 1 : threads); ++i)
        impl_->threads.emplace_back([impl = impl_.get()]() noexcept { impl->context.run(); });
}

IoLoop::~IoLoop() {
    stop();
    impl_->leave_signals();
}

void IoLoop::post(std::function<void()> function) {
    asio::post(impl_->context, std::move(function));
}

TimerId IoLoop::after(Duration delay, std::function<void()> function) {
    Impl& impl = *impl_;
    const std::lock_guard lock{impl.mutex};
    const std::uint64_t id = ++impl.last_timer;
    auto& timer =
        impl.timers.try_emplace(id, impl.context.get_executor(), to_chrono(delay)).first->second;
    timer.async_wait([&impl, id, function = std::move(function)](error_code) {
        {
            // Whoever takes the entry out decides: this, or cancel().
            const std::lock_guard taken{impl.mutex};
            if (impl.timers.erase(id) == 0) return;
        }
        function();
    });
    return TimerId{id};
}

bool IoLoop::cancel(TimerId timer) {
    const std::lock_guard lock{impl_->mutex};
    return impl_->timers.erase(static_cast<std::uint64_t>(timer)) != 0;
}

void IoLoop::Impl::wait_for_signal() {
    signals->async_wait([this](error_code error, int) {
        if (error) return;
        wait_for_signal();
        terminate();
    });
}

void IoLoop::on_terminate(std::function<void()> callback) {
    ASSERT(!impl_->signals);
    impl_->terminate = std::move(callback);
    impl_->signals.emplace(impl_->context, SIGTERM, SIGINT);
    impl_->wait_for_signal();
}

// Told to end, the process is about to: a second signal must not kill it, which the default
// handling that asio restores would do, and hide what its exit code says. The mask covers the
// moment between, for this thread: one that has others by now must have blocked the signals there.
void IoLoop::Impl::leave_signals() {
    if (!signals) return;
    sigset_t both;
    sigset_t before;
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    pthread_sigmask(SIG_BLOCK, &both, &before);
    signals.reset();
    struct sigaction action {};
    action.sa_handler = [](int) {};  // unlike SIG_IGN, not inherited by programs started later
    action.sa_flags = SA_RESTART;
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void IoLoop::stop() {
    ASSERT(!runs_here());
    impl_->work.reset();
    impl_->context.stop();
    for (std::thread& thread : impl_->threads)
        if (thread.joinable()) thread.join();
}

bool IoLoop::runs_here() const {
    return impl_->context.get_executor().running_in_this_thread();
}

}  // namespace lockstep::net
