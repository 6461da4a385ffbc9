// Octets and scripts as the tests write them.
#pragma once

#include <doctest/doctest.h>

#include "bitcoin/script/script_text.h"

namespace lockstep::test {

inline Bytes hex(std::string_view text) {
    const auto bytes = from_hex(text);
    REQUIRE_MESSAGE(bytes, std::string(text));
    return *bytes;
}
inline Bytes script(std::string_view text) {
    const auto bytes = bitcoin::parse_script(text);
    REQUIRE_MESSAGE(bytes, std::string(text));
    return *bytes;
}

}  // namespace lockstep::test
