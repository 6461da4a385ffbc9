// An ordered map that can take back what changed since the last commit. A block is executed before
// it is decided; one that loses is rolled back at the cost of its own changes, without a copy of
// the state.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace lockstep::securities {

template <class K, class V>
class UndoMap {
public:
    using Map = std::map<K, V>;

    const V* find(const K& key) const {
        const auto it = map_.find(key);
        return it == map_.end() ? nullptr : &it->second;
    }
    const Map& all() const { return map_; }
    std::size_t size() const { return map_.size(); }

    // `key` may be a reference to something that this call changes only after reading it.
    void set(const K& key, V value) {
        const auto [it, inserted] = map_.try_emplace(key, std::move(value));
        if (inserted) {
            undo_.emplace_back(key, std::nullopt);
            return;
        }
        undo_.emplace_back(key, std::move(it->second));
        it->second = std::move(value);
    }
    // True if it was there.
    bool erase(const K& key) {
        const auto it = map_.find(key);
        if (it == map_.end()) return false;
        undo_.emplace_back(it->first, std::move(it->second));
        map_.erase(it);
        return true;
    }

    void commit() { undo_.clear(); }
    void rollback() {
        for (auto it = undo_.rbegin(); it != undo_.rend(); ++it) {
            if (it->second)
                map_.insert_or_assign(std::move(it->first), std::move(*it->second));
            else
                map_.erase(it->first);
        }
        undo_.clear();
    }
    // The keys that changed since the last commit, in order, each once.
    std::vector<K> touched() const {
        std::vector<const K*> keys;
        keys.reserve(undo_.size());
        for (const auto& [key, old] : undo_)
            keys.push_back(&key);
        std::sort(keys.begin(), keys.end(), [](const K* a, const K* b) { return *a < *b; });
        std::vector<K> once;
        for (const K* key : keys)
            if (once.empty() || once.back() < *key) once.push_back(*key);
        return once;
    }
    // From a snapshot; there is nothing to take back.
    void load(Map map) {
        map_ = std::move(map);
        undo_.clear();
    }
    void load(K key, V value) { map_.insert_or_assign(std::move(key), std::move(value)); }
    void clear() {
        map_.clear();
        undo_.clear();
    }

private:
    Map map_;
    std::vector<std::pair<K, std::optional<V>>> undo_;
};

struct Nothing {};
template <class K>
using UndoSet = UndoMap<K, Nothing>;

}  // namespace lockstep::securities
