// A directory of its own for one test, gone afterwards. In memory where there is such a file
// system: what the tests look at does not depend on how long a sync takes.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "sdk/machine/store.h"
#include "sdk/store/sqlite_store.h"
#include "sim/files/temporary_directory.h"

namespace lockstep::testing {

class TemporaryDirectory : public sim::TemporaryDirectory {
public:
    TemporaryDirectory() : sim::TemporaryDirectory(parent()) {}

private:
    static std::filesystem::path parent() {
        return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                               : std::filesystem::temp_directory_path();
    }
};

// Small ballast, and no wish for 256 MiB on the machine that runs the tests.
inline SqliteOptions test_store(const std::string& directory) {
    SqliteOptions options;
    options.directory = directory;
    options.disk = {.low_bytes = 0, .ballast_bytes = 1u << 20};
    return options;
}

}  // namespace lockstep::testing
