// The node's log: a JSON object a line, {"time","level","event",…}. No preimage and no key is ever
// given to it.
#pragma once

#include <string>
#include <string_view>

#include "sdk/codec/json.h"

namespace lockstep::node {

// Once, before threads start: to standard error. Levels: debug, info, warn, error; what is
// critical is always logged.
void open_log(const std::string& least);
bool logs_debug();
// From any thread. `event` is a stable word; each field follows the ones that every line has.
void log_debug(std::string_view event, const Json& fields = Json::object());
void log_info(std::string_view event, const Json& fields = Json::object());
void log_warning(std::string_view event, const Json& fields = Json::object());
void log_error(std::string_view event, const Json& fields = Json::object());
void log_critical(std::string_view event, const Json& fields = Json::object());
void flush_log();

}  // namespace lockstep::node
