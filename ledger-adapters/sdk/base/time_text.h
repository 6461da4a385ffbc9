// Times as text: RFC 3339 in UTC, "2026-11-22T17:05:00.250000Z". For interfaces, files and logs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sdk/base/time.h"

namespace lockstep {

// Years 1970 to 9999, one to six decimals of a second or none, capital T and Z. Leap seconds do not
// occur in our time scale and are refused.
std::optional<Timestamp> parse_time(std::string_view text);
// With six decimals. What lies outside the years 1970 to 9999 gives the nearest of their ends.
std::string format_time(Timestamp time);

}  // namespace lockstep
