// What every program of Lockstep ends with, so that scripts and service units can go by it. A
// number means one thing everywhere; each program's --help lists those that it uses.
#pragma once

#include "sdk/base/result.h"

namespace lockstep {

constexpr int exit_done = 0;
constexpr int exit_failed = 1;         // refused, impossible, or not as it should be
constexpr int exit_usage = 2;          // a mistake in the command line or a configuration
constexpr int exit_no_answer = 3;      // nobody there, or no answer: it may have been done
constexpr int exit_not_settled = 4;    // done, but a trade or payment ended otherwise than wanted
constexpr int exit_diverged = 5;       // a journal that replays to another state than was recorded
constexpr int exit_fatal = 70;         // ended at once, as going on could lose money (EX_SOFTWARE)
constexpr int exit_interrupted = 130;  // by Ctrl-C, as shells have it

// Of a failure with one of these codes; else exit_failed.
int exit_code_of(const Failure& failure);

}  // namespace lockstep
