#include "connector/node/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "sdk/base/time_text.h"
#include "sdk/net/system_time.h"

namespace lockstep::node {

namespace {

std::shared_ptr<spdlog::logger> logger() {
    static const auto instance = [] {
        auto made = spdlog::stderr_logger_mt("lockstepd");
        made->set_pattern("%v");
        return made;
    }();
    return instance;
}

void write(spdlog::level::level_enum level, std::string_view name, std::string_view event,
           const Json& fields) {
    if (!logger()->should_log(level)) return;
    const Timestamp now = net::system_time();
    Json line = Json::object({{"time", format_time(now)}, {"level", name}, {"event", event}});
    if (const auto* members = fields.as_object()) {
        for (const auto& member : *members)
            line.set(member.key, member.value);
    }
    logger()->log(level, "{}", write_json(line));
}

}  // namespace

void open_log(const std::string& least) {
    logger()->set_level(spdlog::level::from_str(least));
}
bool logs_debug() {
    return logger()->should_log(spdlog::level::debug);
}

void log_debug(std::string_view event, const Json& fields) {
    write(spdlog::level::debug, "debug", event, fields);
}
void log_info(std::string_view event, const Json& fields) {
    write(spdlog::level::info, "info", event, fields);
}
void log_warning(std::string_view event, const Json& fields) {
    write(spdlog::level::warn, "warn", event, fields);
}
void log_error(std::string_view event, const Json& fields) {
    write(spdlog::level::err, "error", event, fields);
}
void log_critical(std::string_view event, const Json& fields) {
    write(spdlog::level::critical, "critical", event, fields);
}
void flush_log() {
    logger()->flush();
}

}  // namespace lockstep::node
