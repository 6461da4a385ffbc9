// ASSERT states what must hold whatever the input is: a failure is a bug of ours and stops the
// process, in every build. Input is never asserted, it is refused.
#pragma once

namespace lockstep::detail {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

#define ASSERT(expression)               \
    ((expression) ? static_cast<void>(0) \
                  : ::lockstep::detail::assertion_failed(#expression, __FILE__, __LINE__))
#define UNREACHABLE() ::lockstep::detail::assertion_failed("unreachable", __FILE__, __LINE__)
