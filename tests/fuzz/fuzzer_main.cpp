// The entry of libFuzzer. LOCKSTEP_FUZZ_TARGET names the target.
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/targets.h"

namespace {

const lockstep::fuzz::Target& chosen() {
    static const lockstep::fuzz::Target* target = [] {
        const char* name = std::getenv("LOCKSTEP_FUZZ_TARGET");
        const auto* found = name == nullptr ? nullptr : lockstep::fuzz::find_target(name);
        if (found != nullptr) return found;
        std::fputs("set LOCKSTEP_FUZZ_TARGET to one of:", stderr);
        for (const auto& each : lockstep::fuzz::targets())
            std::fprintf(stderr, " %.*s", static_cast<int>(each.name.size()), each.name.data());
        std::fputs("\n", stderr);
        std::exit(2);
    }();
    return *target;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size <= chosen().max_octets) chosen().run({data, size});
    return 0;
}
