// A TOML file as plain values that know their lines. The only place that knows the TOML library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/base/result.h"

namespace lockstep::sim {

// A line of a file that is wrong: where, which key, what was expected there.
struct Mistake {
    std::string file;
    std::uint32_t line = 0;  // 0: of no line
    std::string key;         // "node.behaviour"; empty: of no key
    std::string what;        // "expected one of honest, late, ..."

    // "sim/scenarios/x.toml:14: node.behaviour: expected one of honest, late, ..."
    std::string text() const;
};

struct TomlValue {
    enum class Kind : std::uint8_t { text, integer, flag, list, table, other };
    Kind kind = Kind::other;
    std::uint32_t line = 0;
    std::string key;  // of a table's member
    std::string text;
    std::int64_t integer = 0;
    bool flag = false;
    std::vector<TomlValue> children;  // of a list or a table

    const TomlValue* find(std::string_view name) const;
};

Result<TomlValue, Mistake> parse_toml(std::string_view text, const std::string& file);

}  // namespace lockstep::sim
