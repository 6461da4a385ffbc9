#include "sdk/machine/fatal.h"

#include <unistd.h>

#include <cstdlib>

namespace lockstep {

void stop_process(const Failure& failure) {
    const std::string line = "fatal: " + failure.code + ": " + failure.detail + "\n";
    // One call, so that lines of several threads do not mix.
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    static_cast<void>(written);
    std::_Exit(exit_fatal);
}

}  // namespace lockstep
