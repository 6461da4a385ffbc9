// A file layer for SQLite whose disk can be small, whose syncs can fail, and which can lose what
// was not synced. Registered under a name of its own while it lives; files opened through it must
// be closed before. Behind it are real files, or another layer's; what a sync would cost is spared
// where losses are modelled.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sdk/base/bytes.h"

namespace lockstep::sim {

struct DiskFaults {
    // Bytes that all files together may have; a write that needs more finds the disk full.
    std::uint64_t capacity = UINT64_MAX;
    // While this file exists so much of the capacity is taken.
    std::string ballast;
    std::uint64_t ballast_bytes = 0;
    bool syncs_fail = false;
    bool writes_fail = false;
    // Remembers what was not synced, for lose_unsynced(), and syncs nothing for real.
    bool can_lose = false;
    std::uint64_t syncs = 0;

    std::map<std::string, std::uint64_t> sizes;
    // A change of a file since its last sync; the one in which it was cut off has no octets.
    struct Change {
        std::string file;
        std::uint64_t offset = 0;
        std::uint64_t size_before = 0;
        Bytes before;  // what stood there, as far as the file went
        Bytes after;
    };
    std::vector<Change> unsynced;  // in the order of the writes

    std::uint64_t used() const;
    std::uint64_t free() const;
    bool has_room(const std::string& file, std::uint64_t size) const;
};

class FaultyFiles {
public:
    // `behind` is a layer that SQLite knows; without a name the system's own.
    explicit FaultyFiles(const std::string& behind = {});
    ~FaultyFiles();
    FaultyFiles(const FaultyFiles&) = delete;
    FaultyFiles& operator=(const FaultyFiles&) = delete;

    // Under which SQLite finds it.
    const std::string& name() const;
    DiskFaults& faults();

    // The power goes: of each change that was not synced `keeps` says how many of its `octets`
    // reached the disk. No file is open. The number of changes that were lost at least in part.
    std::size_t lose_unsynced(const std::function<std::size_t(std::size_t octets)>& keeps);

private:
    struct Layer;
    std::unique_ptr<Layer> layer_;
};

}  // namespace lockstep::sim
