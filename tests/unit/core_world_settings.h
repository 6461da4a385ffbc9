// The profile of every ledger of the core's world: that of the demo.
#pragma once

#include "connector/core/ladder.h"
#include "sdk/crypto/hash.h"
#include "sdk/crypto/signature.h"

namespace lockstep::test {

constexpr TimingProfile world_profile{Duration::seconds(1), Duration{0},          Duration{0},
                                      Duration::seconds(1), Duration::seconds(1), Duration{0}};
constexpr core::Endurance world_endurance{Duration::seconds(2), 3, 0};

inline KeySeed world_seed(std::string_view name) {
    return KeySeed{sha256(as_bytes(name)).array()};
}

}  // namespace lockstep::test
