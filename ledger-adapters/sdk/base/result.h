// Expected failures are values. A Result holds what was asked for or the reason why not.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "sdk/base/reason.h"

namespace lockstep {

template <class T, class E = Reason>
using Result = tl::expected<T, E>;

using tl::unexpected;

inline auto refuse(Reason reason) {
    return tl::unexpected<Reason>(reason);
}

// A failure outside the machines (files, sockets, configuration): a stable code and a sentence that
// says what was wrong and what to do.
struct Failure {
    std::string code;
    std::string detail;
};

inline auto fail(std::string code, std::string detail) {
    return tl::unexpected<Failure>(Failure{std::move(code), std::move(detail)});
}

}  // namespace lockstep
