// The log of a ledger's program: a JSON object a line, {"time","level","event",…}. No preimage and
// no key is ever given to it.
#pragma once

#include <string>
#include <string_view>

#include "sdk/base/result.h"
#include "sdk/codec/json.h"
#include "sdk/store/data_directory.h"

namespace lockstep::service {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// Once, before threads start. An empty file is standard error. Codes: io.
Result<void, Failure> open_log(const std::string& file, LogLevel least);
// From any thread, nothing before open_log. `event` is a stable word, `fields` an object.
void log(LogLevel level, std::string_view event, const Json& fields = Json::object());
void flush_log();
// For DiskLimits::on_ballast.
void log_ballast(const BallastChange& change);

}  // namespace lockstep::service
