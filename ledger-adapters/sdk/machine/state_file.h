// state.json: what the state was when the process stopped, so that a replay of the journal can be
// compared with it.
#pragma once

#include <string>

#include "sdk/machine/journal.h"

namespace lockstep {

// {"seq": 12, "digest": "64 hexadecimal digits"}
std::string to_json(const StateDigest& digest);
// Replaces the file as a whole; a crash leaves the old one or the new one.
Result<void, Failure> write_state_file(const std::string& path, const StateDigest& digest);
// Codes: not_found, io, malformed.
Result<StateDigest, Failure> read_state_file(const std::string& path);

}  // namespace lockstep
