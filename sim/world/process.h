// A process of a simulated world: a program on a simulated host, with a disk that survives it and a
// clock that may be wrong. Inputs that arrive within a commit are one turn; a process that is down
// hears nothing; what it armed dies with it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sdk/machine/sim_host.h"
#include "sim/world/scheduler.h"
#include "sim/world/sim_store.h"
#include "sim/world/trace.h"

namespace lockstep::sim {

// What a process's own clock shows.
class ProcessClock {
public:
    Timestamp show(Timestamp truth) const { return frozen_ ? *frozen_ : truth + offset_; }
    // When it will show this, as long as nobody touches it.
    Timestamp truth_at(Timestamp shown) const { return shown - offset_; }
    void set_offset(Duration offset) { offset_ = offset; }
    Duration offset() const { return offset_; }
    void freeze(Timestamp truth) { frozen_ = truth + offset_; }
    void thaw() { frozen_.reset(); }
    bool frozen() const { return frozen_.has_value(); }

private:
    Duration offset_;
    std::optional<Timestamp> frozen_;
};

// A restart replays at most this many rows: worlds restart often.
constexpr std::uint64_t snapshot_rows = 256;
constexpr Duration commit_time = Duration::milliseconds(2);
// How often a frozen clock is looked at.
constexpr Duration frozen_look = Duration::seconds(1);

template <class P>
class Process {
public:
    using Input = typename P::Input;
    using Effect = typename P::Effect;
    using Host = SimHost<P, SimStore>;
    struct Parts {
        Scheduler& scheduler;
        Trace& trace;
        ActorId actor = the_world;
        SimDisk& disk;
        typename Host::Make make;
        std::uint64_t snapshot_rows = 500;
        // Each turn's effects, in order, once they are durable.
        std::function<void(std::vector<Effect>)> effects;
        // It died by itself: at a persistence point, or because its store failed.
        std::function<void()> died;
    };

    explicit Process(Parts parts) : parts_(std::move(parts)) { mount(); }
    ~Process() { ++*generation_; }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    bool up() const { return host_->running(); }
    bool paused() const { return parts_.scheduler.now() < paused_until_; }
    ProcessClock& clock() { return clock_; }
    const P& program() const { return host_->program(); }
    SimStore& store() { return host_->store(); }
    StateDigest digest() const { return host_->digest(); }
    std::uint64_t starts() const { return starts_; }
    std::uint64_t turns() const { return turns_; }
    SimDisk& disk() { return parts_.disk; }

    // Codes of Store::open and Program::recover. It may die on the way.
    Result<void, Failure> start() {
        ASSERT(!up());
        ++starts_;
        ++*generation_;
        auto effects = host_->start(shown());
        if (!effects) return unexpected<Failure>(effects.error());
        settle(std::move(*effects));
        return {};
    }
    // Dies at once, losing all but the disk.
    void kill() {
        ++*generation_;
        inputs_.clear();
        turn_armed_ = false;
        wake_armed_ = false;
        if (host_->running()) host_->crash();
    }
    // Dies at the n-th persistence point from here.
    void kill_at_point(std::uint64_t n) { host_->crash_at_point(n); }
    // Does nothing until then, and loses nothing.
    void pause(Timestamp until) { paused_until_ = std::max(paused_until_, until); }

    // False when there is nobody to hear it.
    bool give(Input input) {
        if (!up()) return false;
        inputs_.push_back(std::move(input));
        arm_turn();
        return true;
    }
    // At once, with everything that waits: for whoever answers a caller in this very moment.
    void run_now(Input input) {
        if (!up()) return;
        inputs_.push_back(std::move(input));
        turn();
    }
    // The clock was touched: what was to happen by it is looked at again.
    void clock_changed() {
        if (up()) arm_turn();
    }

    // A second process on the same disk, as after a takeover: the first is fenced when it next
    // writes. What the first still had to say is given to `last_words`.
    Result<void, Failure> take_over(
        const std::function<void(const std::vector<Effect>&)>& last_words) {
        ASSERT(up());
        std::unique_ptr<Host> first = std::move(host_);
        std::vector<Input> pending = std::move(inputs_);
        inputs_.clear();
        ++*generation_;
        turn_armed_ = false;
        wake_armed_ = false;
        mount();
        ++starts_;
        auto effects = host_->start(shown());
        last_words(first->run(shown(), std::move(pending)));
        first->crash();
        if (!effects) return unexpected<Failure>(effects.error());
        settle(std::move(*effects));
        return {};
    }

private:
    void mount() {
        host_ = std::make_unique<Host>(
            [this](SimDisk::Alive alive) { return parts_.disk.mount(std::move(alive)); },
            parts_.make, parts_.snapshot_rows);
    }
    Timestamp shown() const { return clock_.show(parts_.scheduler.now()); }

    void arm_turn() {
        if (turn_armed_) return;
        turn_armed_ = true;
        const Timestamp when = std::max(parts_.scheduler.now() + commit_time, paused_until_);
        parts_.scheduler.at(when, [this, counter = generation_, generation = *generation_] {
            if (generation == *counter && turn_armed_) turn();
        });
    }
    void turn() {
        turn_armed_ = false;
        if (paused()) return arm_turn();
        std::vector<Input> inputs = std::move(inputs_);
        inputs_.clear();
        ++turns_;
        settle(host_->run(shown(), std::move(inputs)));
    }
    void settle(std::vector<Effect> effects) {
        const bool died = !host_->running();
        if (died) {
            kill();
        } else {
            arm_wake();
        }
        const std::uint64_t generation = *generation_;
        if (!effects.empty()) parts_.effects(std::move(effects));
        if (died && generation == *generation_) parts_.died();
    }
    void arm_wake() {
        const auto next = host_->next_wake();
        if (!next || *next == Timestamp::never()) return;
        const Timestamp now = parts_.scheduler.now();
        Timestamp when = host_->stamp(shown()) >= *next ? now : clock_.truth_at(*next);
        if (clock_.frozen()) when = std::max(when, now + frozen_look);
        when = std::max(when, now + commit_time);
        if (wake_armed_ && wake_at_ <= when) return;
        wake_armed_ = true;
        wake_at_ = when;
        parts_.scheduler.at(when, [this, counter = generation_, generation = *generation_, when] {
            if (generation != *counter || !wake_armed_ || wake_at_ != when) return;
            wake_armed_ = false;
            const auto due = host_->next_wake();
            if (!due) return;
            if (*due <= host_->stamp(shown())) return turn_now();
            arm_wake();
        });
    }
    void turn_now() {
        if (!turn_armed_) {
            turn_armed_ = true;
            turn();
        }
    }

    Parts parts_;
    ProcessClock clock_;
    std::unique_ptr<Host> host_;
    std::vector<Input> inputs_;
    // What an earlier one armed is not for this one. Shared with it, since it may outlive the
    // process.
    std::shared_ptr<std::uint64_t> generation_ = std::make_shared<std::uint64_t>(0);
    bool turn_armed_ = false;
    bool wake_armed_ = false;
    Timestamp wake_at_;
    Timestamp paused_until_;
    std::uint64_t starts_ = 0;
    std::uint64_t turns_ = 0;
};

}  // namespace lockstep::sim
