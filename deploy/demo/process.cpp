#include "deploy/demo/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <fstream>
#include <thread>

#include "sdk/base/assert.h"

extern char** environ;

namespace lockstep::demo {

namespace {

using Steady = std::chrono::steady_clock;

Steady::time_point in(Duration duration) {
    return Steady::now() + std::chrono::microseconds(duration.us());
}

int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct SpawnFiles {
    SpawnFiles() { posix_spawn_file_actions_init(&actions); }
    ~SpawnFiles() { posix_spawn_file_actions_destroy(&actions); }
    SpawnFiles(const SpawnFiles&) = delete;
    SpawnFiles& operator=(const SpawnFiles&) = delete;
    posix_spawn_file_actions_t actions{};
};

// A group of its own, so that the terminal's Ctrl-C reaches the demonstration alone, which then
// stops its children in order; and the default handling of signals.
struct SpawnAttributes {
    SpawnAttributes() {
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        posix_spawnattr_setpgroup(&attributes, 0);
        sigset_t defaults;
        sigemptyset(&defaults);
        for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGPIPE})
            sigaddset(&defaults, number);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes, &none);
    }
    ~SpawnAttributes() { posix_spawnattr_destroy(&attributes); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    posix_spawnattr_t attributes{};
};

Result<pid_t, Failure> spawn(const std::vector<std::string>& words, SpawnFiles& files) {
    ASSERT(!words.empty());
    const SpawnAttributes attributes;
    std::vector<std::string> copies = words;
    std::vector<char*> arguments;
    for (std::string& word : copies)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, words[0].c_str(), &files.actions, &attributes.attributes,
                                  arguments.data(), environ);
    if (error != 0) return fail("io", words[0] + ": " + std::strerror(error));
    return pid;
}

}  // namespace

Process::~Process() {
    if (pid_ != 0) kill();
}

Result<void, Failure> Process::start(const Command& command) {
    ASSERT(pid_ == 0);
    SpawnFiles files;
    posix_spawn_file_actions_addopen(&files.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files.actions, STDOUT_FILENO, command.log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&files.actions, STDOUT_FILENO, STDERR_FILENO);
    if (!command.directory.empty())
        posix_spawn_file_actions_addchdir_np(&files.actions, command.directory.c_str());
    const auto pid = spawn(command.words, files);
    if (!pid) return unexpected<Failure>(pid.error());
    pid_ = *pid;
    status_.reset();
    return {};
}

bool Process::is_running() {
    return pid_ != 0 && !wait(Duration{});
}

void Process::signal(int number) const {
    if (pid_ != 0) ::kill(pid_, number);
}

void Process::kill() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    status_ = exit_code(status);
}

int Process::finish(Duration grace) {
    if (!wait(grace)) kill();
    return status_.value_or(0);
}

std::optional<int> Process::wait(Duration longest) {
    if (pid_ == 0) return status_;
    const auto until = in(longest);
    while (true) {
        int status = 0;
        const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
        if (ended == pid_) {
            pid_ = 0;
            status_ = exit_code(status);
            return status_;
        }
        if (Steady::now() >= until) return std::nullopt;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

void Process::release() {
    pid_ = 0;
}

Result<Finished, Failure> run_program(const std::vector<std::string>& words, Duration longest) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail("io", std::strerror(errno));
    SpawnFiles files;
    posix_spawn_file_actions_addopen(&files.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files.actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files.actions, ends[1], STDERR_FILENO);
    const auto pid = spawn(words, files);
    ::close(ends[1]);
    if (!pid) {
        ::close(ends[0]);
        return unexpected<Failure>(pid.error());
    }
    Finished finished;
    const auto until = in(longest);
    bool late = false;
    std::array<char, 4096> chunk{};
    while (!late) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now());
        pollfd ready{ends[0], POLLIN, 0};
        const int count = left.count() > 0 ? ::poll(&ready, 1, static_cast<int>(left.count())) : 0;
        if (count < 0 && errno == EINTR) continue;
        late = count == 0;
        if (late) break;
        const ssize_t got = ::read(ends[0], chunk.data(), chunk.size());
        if (got <= 0) break;
        finished.output.append(chunk.data(), static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    if (late) ::kill(*pid, SIGKILL);
    int status = 0;
    while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (late) return fail("unavailable", words[0] + ": did not end in time");
    finished.status = exit_code(status);
    return finished;
}

std::string last_lines(const std::filesystem::path& file, std::size_t count) {
    std::ifstream in_file(file);
    std::deque<std::string> lines;
    for (std::string line; std::getline(in_file, line);) {
        lines.push_back(line);
        if (lines.size() > count) lines.pop_front();
    }
    std::string text;
    for (const std::string& line : lines)
        text += line + "\n";
    return text;
}

}  // namespace lockstep::demo
