// A directory of its own for one test, gone afterwards. In memory where there is such a file
// system: what the tests look at does not depend on how long a sync takes.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "sdk/base/assert.h"
#include "sdk/machine/store.h"
#include "sdk/store/sqlite_store.h"

namespace lockstep::testing {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        const bool shm = ::access("/dev/shm", W_OK) == 0;
        const auto parent = shm ? "/dev/shm" : std::filesystem::temp_directory_path();
        std::string name = (parent / "lockstep-XXXXXX").string();
        ASSERT(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

// Small ballast, and no wish for 256 MiB on the machine that runs the tests.
inline SqliteOptions test_store(const std::string& directory) {
    SqliteOptions options;
    options.directory = directory;
    options.disk = {.low_bytes = 0, .ballast_bytes = 1u << 20};
    return options;
}

}  // namespace lockstep::testing
