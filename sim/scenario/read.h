// Scenarios as files. README.md of sim/scenarios says what a file looks like.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.h"
#include "sim/scenario/toml_tree.h"

namespace lockstep::sim {

// Every mistake of the file, by line: what is no TOML, unknown keys, values of a wrong form, and
// what check_scenario finds.
Result<Scenario, std::vector<Mistake>> read_scenario(const std::filesystem::path& path);
// `file` is what mistakes call it and where the scenario's name comes from.
Result<Scenario, std::vector<Mistake>> parse_scenario(std::string_view text,
                                                      const std::string& file);

// A file that reads as this scenario, all defaults written out.
std::string write_scenario(const Scenario& scenario);

}  // namespace lockstep::sim
