#include "sdk/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace lockstep::detail {

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "lockstep: assertion failed: %s at %s:%d\n", expression, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace lockstep::detail
