// True time in a simulated world, and what is to happen: in the order of (time, sequence), so that
// the same seed gives the same world.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "sdk/base/assert.h"
#include "sdk/base/time.h"

namespace lockstep::sim {

class Scheduler {
public:
    explicit Scheduler(Timestamp start) : now_(start) {}
    ~Scheduler() {
        for (const Item& item : queue_)
            delete item.task;
    }
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    Timestamp now() const { return now_; }
    // Not before now; what is due at the same time happens in the order in which it was asked for.
    // `work` is done once, and may own what it needs.
    template <class F>
    void at(Timestamp when, F work) {
        auto task = std::make_unique<TaskOf<F>>(std::move(work));
        queue_.push_back({std::max(when, now_), ++sequence_, task.release()});
        std::push_heap(queue_.begin(), queue_.end(), Later{});
    }
    template <class F>
    void after(Duration wait, F work) {
        at(now_ + wait, std::move(work));
    }
    // The next thing not after `limit`; false when there is none.
    bool step(Timestamp limit) {
        if (queue_.empty() || queue_.front().at > limit) return false;
        std::pop_heap(queue_.begin(), queue_.end(), Later{});
        const Item item = queue_.back();
        queue_.pop_back();
        now_ = item.at;
        const std::unique_ptr<Task> task(item.task);
        task->run();
        return true;
    }
    void run_until(Timestamp limit) {
        while (step(limit)) {
        }
        now_ = std::max(now_, limit);
    }
    std::uint64_t steps() const { return sequence_; }

private:
    struct Task {
        virtual ~Task() = default;
        virtual void run() = 0;
    };
    template <class F>
    struct TaskOf final : Task {
        explicit TaskOf(F f) : work(std::move(f)) {}
        void run() override { work(); }
        F work;
    };
    // Plain, because a heap moves its items often; what it points to is the scheduler's.
    struct Item {
        Timestamp at;
        std::uint64_t sequence;
        Task* task;
    };
    struct Later {  // a type, so that the heap's functions take it in
        bool operator()(const Item& a, const Item& b) const {
            return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
        }
    };

    Timestamp now_;
    std::uint64_t sequence_ = 0;
    std::vector<Item> queue_;  // a heap
};

}  // namespace lockstep::sim
