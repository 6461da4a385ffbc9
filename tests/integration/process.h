// Programs of the build as child processes, each with a log file, killed at the latest by the
// destructor.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::test {

class Process {
public:
    // `program` is a name in the build's bin/, or an absolute path.
    Process(std::string program, std::vector<std::string> arguments, std::filesystem::path log);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void start();
    void kill();       // SIGKILL, and waits
    void terminate();  // SIGTERM
    // The exit code; 128 and the signal for one that was killed. nullopt when it still runs after
    // the time.
    std::optional<int> wait(int milliseconds);
    bool running() const { return pid_ > 0; }
    const std::filesystem::path& log() const { return log_; }

private:
    std::string program_;
    std::vector<std::string> arguments_;
    std::filesystem::path log_;
    pid_t pid_ = -1;
};

// A port that was free a moment ago.
std::uint16_t free_port();
// A fresh directory that is removed with the object, unless LOCKSTEP_KEEP is set.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, const std::string& text);
std::string read_file(const std::filesystem::path& path);

}  // namespace lockstep::test
