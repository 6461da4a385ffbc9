// Files for SQLite that are memory: nobody else's, gone with this. Registered under a name of its
// own while it lives; files opened through it must be closed before. It asks nothing of the system,
// so that worlds with real data bases cost little. For one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sdk/base/bytes.h"

namespace lockstep::sim {

class MemoryFiles {
public:
    MemoryFiles();
    ~MemoryFiles();
    MemoryFiles(const MemoryFiles&) = delete;
    MemoryFiles& operator=(const MemoryFiles&) = delete;

    // Under which SQLite finds it.
    const std::string& name() const;

    // A file's octets, or nothing where there is none.
    std::optional<Bytes> read(const std::string& path) const;
    bool has(const std::string& path) const;
    // Makes the file, or replaces it.
    void write(const std::string& path, Bytes octets);
    // None is open.
    void remove_all();

private:
    struct Layer;
    std::unique_ptr<Layer> layer_;
};

}  // namespace lockstep::sim
