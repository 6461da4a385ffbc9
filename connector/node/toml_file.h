// A TOML file as the JSON value that it stands for. Times and dates are refused: no setting is one.
#pragma once

#include <filesystem>

#include "sdk/codec/json.h"

namespace lockstep::node {

// Codes: io, malformed (the detail names line and column).
Result<Json, Failure> read_toml_file(const std::filesystem::path& path);
Result<Json, Failure> parse_toml(std::string_view text, std::string_view name);

}  // namespace lockstep::node
