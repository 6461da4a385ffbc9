// The connections of one server or client, and the gate through which their callbacks run.
// After shut() returns no callback runs; wait_empty() tells when all connections have ended.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace lockstep::net {

// From any thread; the connection does it on its own strand.
class Tracked {
public:
    virtual ~Tracked() = default;
    // Take nothing new, end when what runs has ended.
    virtual void drain() = 0;
    // End at once.
    virtual void cut() = 0;
};

// Lets callbacks run until it is shut.
class Gate {
public:
    // False, and nothing was called, when the gate is shut.
    template <class Callback>
    bool run(Callback&& callback) {
        if (!enter()) return false;
        const Leave leave{*this};
        callback();
        return true;
    }
    // Waits for the callbacks that run on other threads; may be called from within one.
    void shut();

private:
    struct Leave {
        explicit Leave(Gate& g) : gate(g) {}
        Leave(const Leave&) = delete;
        Leave& operator=(const Leave&) = delete;
        ~Leave() { gate.leave(); }
        Gate& gate;
    };
    bool enter();
    void leave();

    std::mutex mutex_;
    std::condition_variable left_;
    bool open_ = true;
    std::size_t running_ = 0;
};

class Registry {
public:
    Gate gate;
    std::atomic<std::uint64_t> slow_readers{0};

    // Connections open at a time, and those of one origin (any text; empty is none).
    struct Bounds {
        std::size_t all = 0;
        std::size_t of_origin = SIZE_MAX;
    };
    enum class Added : std::uint8_t { yes, draining, full, origin_full };
    // Anything but yes: the connection must not begin.
    Added add(const std::shared_ptr<Tracked>& connection, Bounds most, std::string origin = {});
    // A connection that goes on as another one (an upgrade) keeps its place.
    void replace(const Tracked* from, const std::shared_ptr<Tracked>& to);
    void remove(const Tracked* connection);
    std::size_t size() const;
    bool draining() const;

    // No add() succeeds from here on.
    void drain_all();
    void cut_all();
    bool wait_empty(std::chrono::steady_clock::duration limit);

private:
    std::vector<std::shared_ptr<Tracked>> all() const;

    mutable std::mutex mutex_;
    std::condition_variable removed_;
    bool draining_ = false;
    struct Entry {
        std::weak_ptr<Tracked> connection;
        std::string origin;
    };
    std::unordered_map<const Tracked*, Entry> connections_;
    std::unordered_map<std::string, std::size_t> origins_;  // how many connections from each
};

}  // namespace lockstep::net
