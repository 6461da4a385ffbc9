#include "sdk/net/registry.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::net {
namespace {

// The gates that this thread is inside of, so that shut() does not wait for its own caller.
thread_local std::vector<const Gate*> inside;

}  // namespace

bool Gate::enter() {
    {
        const std::lock_guard lock{mutex_};
        if (!open_) return false;
        ++running_;
    }
    inside.push_back(this);
    return true;
}

void Gate::leave() {
    inside.pop_back();
    const std::lock_guard lock{mutex_};
    --running_;
    if (!open_) left_.notify_all();
}

void Gate::shut() {
    const auto own = static_cast<std::size_t>(std::count(inside.begin(), inside.end(), this));
    std::unique_lock lock{mutex_};
    open_ = false;
    left_.wait(lock, [&] { return running_ <= own; });
}

Registry::Added Registry::add(const std::shared_ptr<Tracked>& connection, Bounds most,
                              std::string origin) {
    const std::lock_guard lock{mutex_};
    if (draining_) return Added::draining;
    if (connections_.size() >= most.all) return Added::full;
    if (!origin.empty()) {
        const auto known = origins_.find(origin);
        if (known != origins_.end() && known->second >= most.of_origin) return Added::origin_full;
        ++origins_[origin];
    }
    connections_.emplace(connection.get(), Entry{connection, std::move(origin)});
    return Added::yes;
}

void Registry::replace(const Tracked* from, const std::shared_ptr<Tracked>& to) {
    const std::lock_guard lock{mutex_};
    const auto found = connections_.find(from);
    ASSERT(found != connections_.end());
    Entry entry{to, std::move(found->second.origin)};
    connections_.erase(found);
    connections_.emplace(to.get(), std::move(entry));
}

void Registry::remove(const Tracked* connection) {
    const std::lock_guard lock{mutex_};
    const auto found = connections_.find(connection);
    if (found == connections_.end()) return;
    if (const auto origin = origins_.find(found->second.origin); origin != origins_.end()) {
        if (--origin->second == 0) origins_.erase(origin);
    }
    connections_.erase(found);
    if (connections_.empty()) removed_.notify_all();
}

std::size_t Registry::size() const {
    const std::lock_guard lock{mutex_};
    return connections_.size();
}

bool Registry::draining() const {
    const std::lock_guard lock{mutex_};
    return draining_;
}

std::vector<std::shared_ptr<Tracked>> Registry::all() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::shared_ptr<Tracked>> found;
    for (const auto& [key, entry] : connections_)
        if (auto alive = entry.connection.lock()) found.push_back(std::move(alive));
    return found;
}

void Registry::drain_all() {
    {
        const std::lock_guard lock{mutex_};
        draining_ = true;
    }
    for (const auto& connection : all())
        connection->drain();
}

void Registry::cut_all() {
    {
        const std::lock_guard lock{mutex_};
        draining_ = true;
    }
    for (const auto& connection : all())
        connection->cut();
}

bool Registry::wait_empty(std::chrono::steady_clock::duration limit) {
    std::unique_lock lock{mutex_};
    return removed_.wait_for(lock, limit, [&] { return connections_.empty(); });
}

}  // namespace lockstep::net
