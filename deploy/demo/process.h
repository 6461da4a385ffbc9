// One child process: started in a group of its own with its output in a file, ended by signals that
// reach it alone. Never touches a process that it did not start.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sdk/base/result.h"
#include "sdk/base/time.h"

namespace lockstep::demo {

struct Command {
    std::vector<std::string> words;   // the program's path first
    std::filesystem::path log;        // both outputs are appended here
    std::filesystem::path directory;  // to work in; empty: ours
};

class Process {
public:
    Process() = default;
    // Kills it if it still runs.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    // It must not be running. Codes: io.
    Result<void, Failure> start(const Command& command);
    // False once it has ended and was waited for.
    bool is_running();
    void signal(int number) const;
    // Kills it (SIGKILL) and waits.
    void kill();
    // Waits for one that was told to end; SIGKILL after the grace. The exit status; 128 + signal
    // when a signal ended it.
    int finish(Duration grace);
    // nullopt when it still runs after that time.
    std::optional<int> wait(Duration longest);
    // It lives on when this object goes.
    void release();

    pid_t pid() const { return pid_; }
    // Of the last end; nullopt while it runs or before it ever ran.
    std::optional<int> exit_status() const { return status_; }

private:
    pid_t pid_ = 0;  // 0: not running
    std::optional<int> status_;
};

// Runs a program to its end: exit status and what it wrote to standard output.
struct Finished {
    int status = 0;
    std::string output;
};
Result<Finished, Failure> run_program(const std::vector<std::string>& words, Duration longest);

// The last lines of a file, for messages about a process that failed.
std::string last_lines(const std::filesystem::path& file, std::size_t count);

}  // namespace lockstep::demo
