// The directory that one process owns: its lock, the room that is left on its disk, and the
// ballast, a file that only takes up room until the disk is full and is then given up, so that
// claims and refunds can still be recorded.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sdk/base/result.h"
#include "sdk/machine/store.h"

namespace lockstep {

// The ballast was given up, or is there again; what that means, for people.
struct BallastChange {
    bool there = false;
    std::string detail;

    // The stable word for logs.
    std::string_view event() const { return there ? "ballast_refilled" : "ballast_released"; }
};

struct DiskLimits {
    // Below this much free space: no new business. What is open then needs a few kilobytes each.
    std::uint64_t low_bytes = 256u << 20;
    std::uint64_t ballast_bytes = 64u << 20;  // 0: none
    // On the thread that uses the store.
    std::function<void(const BallastChange&)> on_ballast = nullptr;
    // What the disk of a directory has left; without it the system is asked.
    std::function<std::uint64_t(const std::string& directory)> free_bytes = nullptr;
};

// Makes the directory, which only its owner can look into: a journal tells who trades what, and for
// how much. One that is there already keeps its mode. Codes: io.
Result<void, Failure> make_data_directory(const std::string& path);

// Files that it makes are its owner's alone too, for directories that were there before.
class DataDirectory {
public:
    DataDirectory(std::string path, DiskLimits limits);
    ~DataDirectory();
    DataDirectory(const DataDirectory&) = delete;
    DataDirectory& operator=(const DataDirectory&) = delete;

    // Makes the directory where it is missing and takes the lock, which ends with the process.
    // Codes: in_use (names the owner), io.
    Result<void, Failure> lock();
    // Makes the ballast anew where it is missing and there is room for it twice.
    void fill_ballast();
    // An empty file of this name where there is none. Code: io.
    Result<void, Failure> make_file(const std::string& name) const;
    // Gives the ballast up. False when there was none.
    bool release_ballast();
    // Makes a ballast that is gone anew once the disk has room for it and as much again above the
    // limit of low_bytes, so that making it does not end new business at once.
    void refill_ballast();
    DiskSpace space() const;
    // Makes names in the directory durable.
    Result<void, Failure> sync() const;

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::uint64_t free_bytes() const;
    bool make_ballast();
    void tell(bool there) const;

    std::string path_;
    DiskLimits limits_;
    int lock_ = -1;
    bool released_ = false;
    std::uint64_t refill_from_ = 0;  // free space below which a refill is not tried
};

}  // namespace lockstep
