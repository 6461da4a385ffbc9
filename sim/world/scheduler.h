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

// Something to do once. Move-only, so that it may own messages.
class Task {
public:
    Task() = default;
    template <class F>
    explicit Task(F work) : work_(std::make_unique<Of<F>>(std::move(work))) {}
    void operator()() { work_->run(); }

private:
    struct Work {
        virtual ~Work() = default;
        virtual void run() = 0;
    };
    template <class F>
    struct Of final : Work {
        explicit Of(F f) : work(std::move(f)) {}
        void run() override { work(); }
        F work;
    };
    std::unique_ptr<Work> work_;
};

class Scheduler {
public:
    explicit Scheduler(Timestamp start) : now_(start) {}

    Timestamp now() const { return now_; }
    // Not before now; what is due at the same time happens in the order in which it was asked for.
    template <class F>
    void at(Timestamp when, F work) {
        queue_.push_back({std::max(when, now_), ++sequence_, Task(std::move(work))});
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
        Item item = std::move(queue_.back());
        queue_.pop_back();
        now_ = item.at;
        item.task();
        return true;
    }
    void run_until(Timestamp limit) {
        while (step(limit)) {
        }
        now_ = std::max(now_, limit);
    }
    std::uint64_t steps() const { return sequence_; }

private:
    struct Item {
        Timestamp at;
        std::uint64_t sequence = 0;
        Task task;
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
