// TOML for configurations, as the JSON value that it stands for. What a setting may be is its
// reader's to say; here only what no setting is gets told apart: times, dates, and, for those who
// want whole numbers alone, fractions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/codec/json.h"

namespace lockstep {

struct TomlRules {
    std::size_t max_octets = std::size_t{1} << 20;
    bool fractions = true;
};

struct TomlDocument {
    Json values;  // an object
    // Keys, as "listen.port", of what is no setting; it reads as null.
    std::vector<std::string> refused;
};

enum class TomlTrouble : std::uint8_t { unreadable, too_large, malformed };

struct TomlMistake {
    TomlTrouble trouble = TomlTrouble::malformed;
    std::uint32_t line = 0, column = 0;  // of what is malformed
    std::string what;
};

Result<TomlDocument, TomlMistake> parse_toml(std::string_view text, const TomlRules& rules = {});
Result<TomlDocument, TomlMistake> read_toml_file(const std::filesystem::path& path,
                                                 const TomlRules& rules = {});

}  // namespace lockstep
