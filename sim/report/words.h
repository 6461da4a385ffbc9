// How times, amounts and moments are put into words, for every kind of report.
#pragma once

#include <string>
#include <string_view>

#include "sim/world/trace.h"

namespace lockstep::sim {

// "0:12:03.250", with days where there are any ("2 d 1:00:00.000") and microseconds where they are
// not zero; "-" before negative ones.
std::string elapsed(Duration time);
// "1 234 567": thousands apart.
std::string spaced(std::uint64_t number);
// The text with every control character replaced by '?', so that a name from a file cannot drive a
// terminal.
std::string printable(std::string_view text);

std::string_view to_string(ActorKind kind);
std::string_view to_string(MomentKind kind);

// One line on a moment without its time: "test.sek  prepared 100.00 SEK, buyer to seller, ...".
std::string describe(const Moment& moment, const Trace& trace);

}  // namespace lockstep::sim
