// The demonstration as a person runs it: what `--keep` leaves behind and prints to type.
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <sstream>

#include "deploy/demo/process.h"
#include "tests/integration/demo_world.h"
#include "tests/integration/process.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

// Ours to wait for when the demonstration has ended, and gone with the test.
class Kept {
public:
    explicit Kept(const std::string& kill_line) {
        std::istringstream words(kill_line.substr(kill_line.find("kill") + 4));
        for (pid_t pid = 0; words >> pid;)
            pids_.push_back(pid);
    }
    ~Kept() {
        for (const pid_t pid : pids_) {
            kill(pid, SIGKILL);
            waitpid(pid, nullptr, 0);
        }
    }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;

    std::size_t count() const { return pids_.size(); }
    // Whether each has ended by itself with exit code 0.
    bool ended_well() {
        bool well = true;
        for (const pid_t pid : pids_) {
            int status = -1;
            well = waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
                   WEXITSTATUS(status) == 0 && well;
        }
        pids_.clear();
        return well;
    }

private:
    std::vector<pid_t> pids_;
};

int run_in_shell(const std::string& line) {
    const auto finished = demo::run_program({"/bin/sh", "-c", line}, Duration::seconds(30));
    REQUIRE(finished.has_value());
    CAPTURE(finished->output);
    return finished->status;
}

}  // namespace

TEST_CASE("--keep leaves the processes running, and what it prints to type can be typed") {
    REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    const TemporaryDirectory directory;
    Process demo("lockstep-demo",
                 {"--keep", "--trades", "20", "--speed-trades", "40", "--latency-trades", "10",
                  "--dir", (directory.path() / "a folder").string()},
                 directory.path() / "demo.txt");
    demo.start();
    const auto status = demo.wait(120'000);
    const std::string said = read_file(demo.log());
    const auto last = said.rfind("  kill ");
    REQUIRE_MESSAGE(last != std::string::npos, said);
    const std::string stop = said.substr(last, said.find('\n', last) - last);
    Kept kept(stop);
    REQUIRE_MESSAGE(status == 0, said);
    CHECK(kept.count() == 7);
    std::istringstream lines(said.substr(said.find("6. The processes go on")));
    std::size_t typed = 0;
    for (std::string line; std::getline(lines, line);) {
        const bool endless = line.ends_with(" watch");
        const bool wants_more = line.find("INVOICE") != std::string::npos;
        if (!line.starts_with("  '") || endless || wants_more) continue;
        CAPTURE(line);
        CHECK(run_in_shell(line) == 0);
        ++typed;
    }
    CHECK(typed == 8);
    CHECK(run_in_shell(stop) == 0);
    CHECK(kept.ended_well());
}
