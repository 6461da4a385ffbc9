#include "sdk/base/exit_code.h"

#include "sdk/base/reason.h"

namespace lockstep {

int exit_code_of(const Failure& failure) {
    if (failure.code == "corrupt") return exit_fatal;  // as where it shows while it runs
    if (failure.code == "diverged") return exit_diverged;
    const auto reason = reason_from_string(failure.code);
    const bool no_answer = reason == Reason::unavailable || reason == Reason::outcome_unknown;
    return no_answer ? exit_no_answer : exit_failed;
}

}  // namespace lockstep
