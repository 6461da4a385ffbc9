// Tour 4/5: the host. Runs a program on a thread of its own, by one rule: persist, then act. It
// takes every input that arrived while the last commit was syncing as one turn, makes the turn's
// rows durable in one transaction (group commit), and only then lets the turn's effects leave.
//
// A failed sync or a second writer stops the process at once; nothing is retried, because after a
// failed sync nobody knows what is on disk. The next start recovers from the journal.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "sdk/machine/fatal.h"
#include "sdk/machine/journal.h"
#include "sdk/machine/ports.h"

namespace lockstep {

struct HostSettings {
    std::size_t max_queue = 65'536;  // inputs waiting; more are refused with overloaded
    std::size_t max_turn = 4'096;    // inputs in one transaction, which bounds its latency
    // Least time from one commit to the next while there is work; 0 is back to back. A millisecond
    // saves processor time under load and costs that much latency, an idle host commits at once.
    Duration commit_interval;
    std::uint64_t snapshot_rows = 50'000;  // how much a restart replays at most
    // The same in octets of rows, for programs whose rows differ much in size; 0: only rows count.
    std::uint64_t snapshot_octets = 0;
    std::string state_file;  // written on a clean stop; empty: none
    FatalHandler fatal = stop_process;
};

struct HostStats {
    std::uint64_t commits = 0;
    std::uint64_t rows = 0;
    std::uint64_t inputs = 0;
    std::uint64_t refusals = 0;
    std::uint64_t snapshots = 0;
    std::size_t queue = 0;
    bool disk_low = false;  // no new business
    Duration last_commit;   // how long it took
    Duration longest_commit;
};

// What hosts share whatever they run: the journal's end, the store and the figures.
class HostJournal {
public:
    HostJournal(Store& store, HostSettings settings);

    Result<Recovered, Failure> open();
    // Commits the batch and calls `release` once it is durable. False after a failure, which went
    // to the fatal handler; then nothing more may be done.
    bool commit(Batch batch, const std::function<void()>& release);
    bool snapshot_due() const;
    bool save_snapshot(Bytes state);
    bool write_state(ByteView state);
    StateDigest digest(ByteView state) const;
    // Asked before each turn, and from time to time by a host that has nothing to do: whoever waits
    // for the room sends it nothing.
    bool disk_low();

    JournalEnd& end() { return end_; }
    const JournalEnd& end() const { return end_; }
    const HostSettings& settings() const { return settings_; }
    void count_turn(std::size_t inputs, std::uint64_t refusals);
    HostStats stats() const;

private:
    bool stop(const Failure& failure);

    Store& store_;
    HostSettings settings_;
    JournalEnd end_;
    std::uint64_t rows_since_snapshot_ = 0;
    std::uint64_t octets_since_snapshot_ = 0;
    std::uint64_t snapshot_size_ = 0;  // of the last one
    mutable std::mutex stats_mutex_;
    HostStats stats_;
};

// Wakes the host's thread; what is guarded by it is the host's queue.
class HostGate {
public:
    // Until `ready` (which is called under the lock) or until the wait is over.
    template <class Ready>
    void wait(std::unique_lock<std::mutex>& lock, Duration longest, Ready ready) {
        changed_.wait_for(lock, std::chrono::microseconds(longest.us()), ready);
    }
    void notify() { changed_.notify_one(); }
    std::mutex& mutex() { return mutex_; }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
};

// P is a Program. Store, clock and program must outlive the host; after start() only the host's
// thread touches the program.
template <class P>
class Host {
public:
    using Input = typename P::Input;
    using Effect = typename P::Effect;
    // Called on the host's thread with the effects of one turn, in order. Must not block.
    using Sink = std::function<void(std::vector<Effect>)>;
    using View = std::function<void(const P&)>;

    Host(P& program, Store& store, const Clock& clock, Sink sink, HostSettings settings = {})
        : program_(program),
          clock_(clock),
          sink_(std::move(sink)),
          journal_(store, std::move(settings)) {}
    ~Host() { stop(); }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    // Recovers and starts the thread. Codes of Store::open and Program::recover.
    Result<void, Failure> start() {
        const auto recovered = journal_.open();
        if (!recovered) return unexpected<Failure>(recovered.error());
        if (auto ready = program_.recover(*recovered); !ready) return ready;
        thread_ = std::thread([this] { loop(); });
        return {};
    }

    // From any thread. Refused: overloaded, draining (after stop()).
    Result<void> submit(Input input) {
        {
            const std::lock_guard lock(gate_.mutex());
            if (stopping_ || dead_) return refuse(Reason::draining);
            if (inputs_.size() >= journal_.settings().max_queue) return refuse(Reason::overloaded);
            inputs_.push_back(std::move(input));
        }
        gate_.notify();
        return {};
    }

    // Runs `view` on the host's thread after the inputs submitted before it, at a time when all
    // that it sees is durable. From any thread; refused like submit().
    Result<void> view(View view) {
        {
            const std::lock_guard lock(gate_.mutex());
            if (stopping_ || dead_) return refuse(Reason::draining);
            if (views_.size() >= journal_.settings().max_queue) return refuse(Reason::overloaded);
            views_.push_back({submitted_ + inputs_.size(), std::move(view)});
        }
        gate_.notify();
        return {};
    }

    // The digest of the present state; blocks, so never from the host's thread. Refused like
    // view().
    Result<StateDigest> digest() {
        auto promise = std::make_shared<std::promise<StateDigest>>();
        auto future = promise->get_future();
        // Kept by the view alone: where that is dropped unseen, the wait ends too.
        const auto asked = view([this, promise = std::move(promise)](const P& program) {
            promise->set_value(journal_.digest(program.snapshot()));
        });
        if (!asked) return unexpected<Reason>(asked.error());
        try {
            return future.get();
        } catch (const std::future_error&) {
            return refuse(Reason::draining);  // the host stopped before it came to it
        }
    }

    // Takes no more inputs, finishes those that are queued, saves a snapshot and the state file.
    void stop() {
        {
            const std::lock_guard lock(gate_.mutex());
            stopping_ = true;
        }
        gate_.notify();
        if (thread_.joinable()) thread_.join();
    }

    HostStats stats() const {
        HostStats stats = journal_.stats();
        const std::lock_guard lock(gate_.mutex());
        stats.queue = inputs_.size();
        return stats;
    }

private:
    // A clock that was set, and a disk that got room, are noticed after this long.
    static constexpr Duration longest_sleep = Duration::seconds(1);

    struct PendingView {
        std::uint64_t after = 0;  // inputs that must have been applied
        View view;
    };

    void loop() {
        bool alive =
            turn([this](Timestamp at, Turn<Effect>& turn) { program_.start(at, turn); }, 0);
        while (alive) {
            std::vector<Input> inputs = wait_for_work();
            const std::size_t count = inputs.size();
            if (count > 0 || is_due()) {
                alive = turn([&](Timestamp at,
                                 Turn<Effect>& turn) { program_.run(at, std::move(inputs), turn); },
                             count);
            } else {
                journal_.disk_low();
            }
            if (alive) run_views();
            if (alive && journal_.snapshot_due())
                alive = journal_.save_snapshot(program_.snapshot());
            if (alive && finished()) break;
        }
        if (alive) {
            const Bytes state = program_.snapshot();
            alive = journal_.save_snapshot(state) && journal_.write_state(state);
        }
        abandon_views();
    }

    // One turn: run, make durable, release. False when the process must stop.
    template <class Run>
    bool turn(Run run, std::size_t count) {
        const Timestamp at = journal_.end().stamp(clock_.now());
        Turn<Effect> turn;
        turn.disk_low = journal_.disk_low();
        run(at, turn);
        journal_.count_turn(count, turn.refusals);
        return journal_.commit(journal_.end().seal(turn, program_.rules()), [&] {
            if (!turn.effects.empty()) sink_(std::move(turn.effects));
        });
    }

    std::vector<Input> wait_for_work() {
        const auto ready = [this] { return !inputs_.empty() || !views_.empty() || stopping_; };
        std::unique_lock lock(gate_.mutex());
        if (!ready()) gate_.wait(lock, until_wake(), ready);
        gather(lock);
        const std::size_t count = std::min(inputs_.size(), journal_.settings().max_turn);
        std::vector<Input> taken;
        taken.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            taken.push_back(std::move(inputs_.front()));
            inputs_.pop_front();
        }
        submitted_ += count;
        return taken;
    }

    // Lets inputs arrive until the last turn is commit_interval ago.
    void gather(std::unique_lock<std::mutex>& lock) {
        const Duration interval = journal_.settings().commit_interval;
        if (interval.us() <= 0) return;
        const auto turn_from = last_turn_ + std::chrono::microseconds(interval.us());
        const auto now = std::chrono::steady_clock::now();
        if (now < turn_from && !stopping_) {
            const auto us =
                std::chrono::duration_cast<std::chrono::microseconds>(turn_from - now).count();
            gate_.wait(lock, Duration{us}, [this] {
                return stopping_ || inputs_.size() >= journal_.settings().max_turn;
            });
        }
        last_turn_ = std::chrono::steady_clock::now();
    }

    Duration until_wake() const {
        const auto wake = program_.next_wake();
        if (!wake) return longest_sleep;
        const Duration left = *wake - journal_.end().stamp(clock_.now());
        return std::clamp(left, Duration{0}, longest_sleep);
    }
    bool is_due() const {
        const auto wake = program_.next_wake();
        return wake && *wake <= journal_.end().stamp(clock_.now());
    }

    void run_views() {
        while (true) {
            View view;
            {
                const std::lock_guard lock(gate_.mutex());
                if (views_.empty() || views_.front().after > submitted_) return;
                view = std::move(views_.front().view);
                views_.pop_front();
            }
            view(program_);
        }
    }
    bool finished() {
        const std::lock_guard lock(gate_.mutex());
        return stopping_ && inputs_.empty() && views_.empty();
    }
    // After a failure the views that wait are dropped unseen.
    void abandon_views() {
        const std::lock_guard lock(gate_.mutex());
        dead_ = true;
        views_.clear();
    }

    P& program_;
    const Clock& clock_;
    Sink sink_;
    HostJournal journal_;
    mutable HostGate gate_;
    std::deque<Input> inputs_;       // under the gate's mutex
    std::deque<PendingView> views_;  // under the gate's mutex
    std::uint64_t submitted_ = 0;    // inputs taken from the queue so far; under the gate's mutex
    bool stopping_ = false;          // under the gate's mutex
    bool dead_ = false;              // under the gate's mutex
    std::chrono::steady_clock::time_point last_turn_;  // the host's thread only
    std::thread thread_;
};

}  // namespace lockstep
