// A file layer for SQLite whose disk can be small and whose syncs can fail. Registered under a name
// while it lives; files opened through it must be closed before.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace lockstep::testing {

struct DiskFaults {
    // Bytes that all files together may have; a write that needs more finds the disk full.
    std::uint64_t capacity = UINT64_MAX;
    // While this file exists so much of the capacity is taken.
    std::string ballast;
    std::uint64_t ballast_bytes = 0;
    bool syncs_fail = false;
    bool writes_fail = false;
    std::uint64_t syncs = 0;

    std::map<std::string, std::uint64_t> sizes;
    bool has_room(const std::string& file, std::uint64_t size) const;
};

class FaultyFiles {
public:
    FaultyFiles();
    ~FaultyFiles();
    FaultyFiles(const FaultyFiles&) = delete;
    FaultyFiles& operator=(const FaultyFiles&) = delete;

    static constexpr const char* name = "faulty";
    DiskFaults& faults();

private:
    struct Layer;
    std::unique_ptr<Layer> layer_;
};

}  // namespace lockstep::testing
