// Numbers for the requests of one adapter, so that a reply finds who asked.
#pragma once

#include <cstdint>

namespace lockstep {

class RequestIds {
public:
    std::uint64_t next() { return ++last_; }

private:
    std::uint64_t last_ = 0;
};

}  // namespace lockstep
