#include "sdk/service/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace lockstep::service {
namespace {

// Until then nothing is logged: without the pattern a line would be half an object.
std::atomic<bool> is_open{false};

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

}  // namespace

Result<void, Failure> open_log(const std::string& file, LogLevel least) {
    try {
        auto logger = file.empty() ? spdlog::stderr_logger_mt("ledger")
                                   : spdlog::basic_logger_mt("ledger", file);
        // the message is the rest of the object
        logger->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%fZ\",\"level\":\"%l\",%v",
                            spdlog::pattern_time_type::utc);
        logger->set_level(level_of(least));
        logger->flush_on(spdlog::level::info);
        spdlog::set_default_logger(std::move(logger));
        is_open = true;
    } catch (const spdlog::spdlog_ex& error) {
        return fail("io", std::string("the log cannot be opened: ") + error.what());
    }
    return {};
}

void log(LogLevel level, std::string_view event, const Json& fields) {
    if (!is_open || !spdlog::should_log(level_of(level))) return;
    std::string line = "\"event\":" + write_json(Json(event));
    const std::string object = write_json(fields);
    line += object == "{}" ? "}" : "," + object.substr(1);
    spdlog::default_logger_raw()->log(level_of(level), line);
}

void log_ballast(const BallastChange& change) {
    log(change.there ? LogLevel::info : LogLevel::warning, change.event(),
        Json::object({{"detail", change.detail}}));
}

void flush_log() {
    spdlog::default_logger_raw()->flush();
}

}  // namespace lockstep::service
